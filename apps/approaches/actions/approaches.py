"""Approaches: named, owned, reviewed on a cadence."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from apps.approaches.models import Approach
from apps.approaches.permissions import is_release_manager
from apps.core import moves
from apps.core.actor import Actor


def create_approach(*, slug: str, name: str, by: Actor, **fields: Any) -> Approach:
    """Name an approach. It is in force once a version of it is published."""
    approach = Approach(slug=slug, name=name, **fields)
    moves.require(is_release_manager, approach, by)
    return moves.create(approach, by=by)


def change_approach(*, approach: Approach, fields: dict[str, Any], by: Actor, note: str = "") -> Approach:
    """Change what is said about the approach; what it says stands in its versions."""
    moves.require(is_release_manager, approach, by)
    return moves.change(approach, fields, by=by, note=note)


def remove_approach(*, approach: Approach, by: Actor, note: str = "") -> None:
    """Remove an approach that never had a version."""
    moves.require(is_release_manager, approach, by)
    moves.remove(approach, by=by, note=note)


def note_reviewed(*, approach: Approach, on: date, by: Actor) -> Approach:
    """Its review was accepted on this day; the next falls due after its cadence."""
    due = on + timedelta(days=approach.review_every_days)
    return moves.change(approach, {"next_review_on": due}, by=by, verb="review")
