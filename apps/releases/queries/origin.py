"""Who made what a release brings: the authors of its changes and the builders of its artifacts, as people here."""

from __future__ import annotations

from django.db.models import Q

from apps.accounts.models import User
from apps.releases.models import Release


def people_of_origin(release: Release, *, authors: bool, builders: bool) -> list[User]:
    """The people whom the components name by user name or e-mail address; whoever has no account here is left out."""
    named: set[str] = set()
    for component in release.components.all():
        named |= {str(one).strip().lower() for one in component.authors} if authors else set()
        named |= {component.built_by.strip().lower()} if builders else set()
    wanted = Q(pk__in=[])
    for name in named - {""}:
        wanted |= Q(username__iexact=name) | Q(email__iexact=name)
    return list(User.objects.filter(wanted).order_by("pk"))
