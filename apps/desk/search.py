"""The search box of every page (Ctrl+K): releases, trains and configuration items by key or name, people by name."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext as _
from unfold.dataclasses import SearchResult

from apps.accounts.models import User
from apps.accounts.permissions import may_read
from apps.cmdb.models import ConfigurationItem
from apps.core.display import page_of
from apps.releases.models import Release, Train

MOST = 12


def records(request: HttpRequest, term: str) -> list[SearchResult]:
    """What matches, at most a dozen of each kind: the box is for going there, the lists are for looking through."""
    if not may_read(None, request.user) or len(term) < 2:
        return []
    return [*_releases(term), *_trains(term), *_configuration_items(term), *_people(term)]


def _releases(term: str) -> list[SearchResult]:
    found = Release.objects.filter(key__icontains=term) | Release.objects.filter(title__icontains=term)
    return [
        SearchResult(str(one), f"{_('Release')}, {one.get_status_display().lower()}", page_of(one), "rocket_launch")
        for one in found.order_by("-id")[:MOST]
    ]


def _trains(term: str) -> list[SearchResult]:
    found = Train.objects.filter(key__icontains=term) | Train.objects.filter(title__icontains=term)
    return [
        SearchResult(str(one), f"{_('Release train')}, {one.get_status_display().lower()}", page_of(one), "train")
        for one in found.order_by("-id")[:MOST]
    ]


def _configuration_items(term: str) -> list[SearchResult]:
    named = ConfigurationItem.objects.filter(key__icontains=term) | ConfigurationItem.objects.filter(
        name__icontains=term
    )
    return [
        SearchResult(f"{one.key} {one.name}", _("Configuration item"), page_of(one), "deployed_code")
        for one in named.order_by("name")[:MOST]
    ]


def _people(term: str) -> list[SearchResult]:
    found = User.objects.filter(username__icontains=term) | User.objects.filter(last_name__icontains=term)
    return [
        SearchResult(str(one), one.get_username(), page_of(one), "person") for one in found.order_by("username")[:MOST]
    ]
