"""Granting and taking away roles."""

from __future__ import annotations

from django.db import transaction

from apps.accounts.models import RoleGrant, User
from apps.accounts.permissions import Role, is_administrator
from apps.core import moves
from apps.core.actor import Actor
from apps.core.errors import Invalid, NotFound


@transaction.atomic
def grant_role(*, user: User, role: str, by: Actor, note: str = "") -> RoleGrant:
    """Give a user a role. Granting it twice is harmless."""
    moves.require(is_administrator, user, by)
    if role not in Role.values:
        raise Invalid.field("role", "unknown_role", f"There is no role “{role}”. Known: {', '.join(Role.values)}.")
    held = RoleGrant.objects.filter(user=user, role=role).first()
    if held is None:
        held = moves.create(RoleGrant(user=user, role=str(role)), by=by, verb="grant", note=note)
    user.forget_roles()
    return held


@transaction.atomic
def revoke_role(*, user: User, role: str, by: Actor, note: str = "") -> None:
    """Take a role away from a user."""
    moves.require(is_administrator, user, by)
    held = RoleGrant.objects.select_related("user").filter(user=user, role=role).first()
    if held is None:
        raise NotFound(f"{user} does not hold the role “{role}”.")
    moves.remove(held, by=by, verb="revoke", note=note)
    user.forget_roles()
