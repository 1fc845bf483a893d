"""Release models: named, owned, reviewed on a cadence."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from apps.core import moves
from apps.core.actor import Actor
from apps.release_models.models import ReleaseModel
from apps.release_models.permissions import is_release_manager


def create_model(
    *,
    slug: str,
    name: str,
    by: Actor,
    kind: str = "normal",
    purpose: str = "",
    owner: Any = None,
    review_every_days: int = 180,
    next_review_on: date | None = None,
) -> ReleaseModel:
    """Name a new way to release. It serves releases once a version of it is published."""
    model = ReleaseModel(
        slug=slug,
        name=name,
        kind=kind,
        purpose=purpose,
        owner=owner,
        review_every_days=review_every_days,
        next_review_on=next_review_on,
    )
    moves.require(is_release_manager, model, by)
    return moves.create(model, by=by)


def change_model(*, model: ReleaseModel, fields: dict[str, Any], by: Actor, note: str = "") -> ReleaseModel:
    """Change what is said about the model; what it does stands in its versions."""
    moves.require(is_release_manager, model, by)
    return moves.change(model, fields, by=by, note=note)


def remove_model(*, model: ReleaseModel, by: Actor, note: str = "") -> None:
    """Remove a model that never had a version."""
    moves.require(is_release_manager, model, by)
    moves.remove(model, by=by, note=note)


def note_reviewed(*, model: ReleaseModel, on: date, by: Actor) -> ReleaseModel:
    """Its review was accepted on this day; the next falls due after the model's cadence."""
    return moves.change(model, {"next_review_on": on + timedelta(days=model.review_every_days)}, by=by, verb="review")
