"""Teams and who belongs to them."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from apps.accounts.models import Membership, Team, User
from apps.accounts.permissions import is_administrator
from apps.core import moves
from apps.core.actor import Actor


def create_team(*, slug: str, name: str, by: Actor, description: str = "", note: str = "") -> Team:
    moves.require(is_administrator, None, by)
    return moves.create(Team(slug=slug, name=name, description=description), by=by, note=note)


def change_team(*, team: Team, by: Actor, note: str = "", **fields: Any) -> Team:
    moves.require(is_administrator, team, by)
    return moves.change(team, fields, by=by, note=note)


def remove_team(*, team: Team, by: Actor, note: str = "") -> None:
    """Delete a team that owns nothing any more."""
    moves.require(is_administrator, team, by)
    moves.remove(team, by=by, note=note)


def add_member(*, team: Team, user: User, by: Actor, is_lead: bool = False, note: str = "") -> Membership:
    """Put a person into a team."""
    moves.require(is_administrator, team, by)
    return moves.create(Membership(team=team, user=user, is_lead=is_lead), by=by, verb="add", note=note)


@transaction.atomic
def change_member(*, membership: Membership, by: Actor, note: str = "", **fields: Any) -> Membership:
    """Say whether a member leads the team."""
    moves.require(is_administrator, membership.team, by)
    return moves.change(membership, fields, by=by, note=note)


def remove_member(*, membership: Membership, by: Actor, note: str = "") -> None:
    """Take a person out of a team."""
    moves.require(is_administrator, membership.team, by)
    moves.remove(membership, by=by, note=note)
