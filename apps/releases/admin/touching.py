"""On the impact page of an item: the open releases that touch it or anything on the page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from apps.cmdb.models import ConfigurationItem
from apps.core.admin import Section, offer_section
from apps.releases.queries import open_releases

SHOWN = 8


def open_releases_around(request: HttpRequest, ci: ConfigurationItem, known: dict[str, Any]) -> dict[str, Any] | None:
    """Of now: a look at the past says nothing about what is under way."""
    if known["asked"].at is not None or "impact" not in known:
        return None
    found = open_releases(known["impact"])
    return {
        "first": found[:SHOWN],
        "others": found[SHOWN:],
        "many": len(found),
        "is_affected": known["is_affected"],
    }


offer_section("cmdb.configurationitem", "impact", Section("admin/releases/touching.html", open_releases_around))
