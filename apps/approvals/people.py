"""Whom a rule names: roles, teams, single people, and the owners of services, as they are at this moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q, QuerySet

from apps.accounts.models import User
from apps.accounts.permissions import Role, has_role
from apps.cmdb.models import ConfigurationItem

ANSWERING_ROLES = (Role.RELEASE_MANAGER, Role.APPROVER, Role.CONTRIBUTOR, Role.SERVICE_OWNER)


def people_named(who: Mapping[str, Any], services: Iterable[str]) -> QuerySet[User]:
    """Active people whom the rule names now and who work here: not an auditor alone, not a tool, not a bare account."""
    named = Q(pk__in=[])
    if who.get("role"):
        named |= Q(role_grants__role=str(who["role"]))
    if who.get("team"):
        named |= Q(memberships__team__slug=who["team"])
    if who.get("people"):
        named |= Q(username__in=list(who["people"]))
    owned = [*(services if who.get("service_owner") else ()), *(who.get("owner_of") or ())]
    if owned:
        owning = ConfigurationItem.objects.filter(key__in=owned, owner__isnull=False).values("owner")
        named |= Q(memberships__team__in=owning, role_grants__role=Role.SERVICE_OWNER)
    found = User.objects.filter(named, at_work()).values("pk")
    return User.objects.filter(pk__in=found).order_by("pk")


def at_work() -> Q:
    """Active people with a role that answers, and no tools."""
    tools = User.objects.filter(role_grants__role=Role.INTEGRATION).values("pk")
    answering = User.objects.filter(role_grants__role__in=ANSWERING_ROLES).values("pk")
    return Q(is_active=True, pk__in=answering) & ~Q(pk__in=tools)


def may_stand_in(user: User) -> bool:
    """Whether somebody could answer for another at all: a person at work here, not a tool and not only a reader."""
    return has_role(user, *ANSWERING_ROLES) and not has_role(user, Role.INTEGRATION)


def words_for(who: Mapping[str, Any]) -> str:
    """Whom the rule names, in words."""
    named = []
    if who.get("role"):
        role = str(who["role"])
        named.append(f"anyone with the role {Role(role).label.lower() if role in Role.values else role}")
    if who.get("team"):
        named.append(f"team {who['team']}")
    if who.get("people"):
        named.append(", ".join(who["people"]))
    if who.get("service_owner"):
        named.append("the service’s owners")
    if who.get("owner_of"):
        named.append(f"the owners of {', '.join(who['owner_of'])}")
    return " or ".join(named)
