"""The verbs of reviews of release models."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.keys import next_key
from apps.release_models import actions as release_models
from apps.release_models.models import ModelVersion
from apps.reviews import queries
from apps.reviews.actions.writing import write
from apps.reviews.models import ModelReview
from apps.reviews.permissions import may_write_model_review

TIME_TO_WRITE = timedelta(days=14)
EDITABLE = frozenset({"reviewer", "due_on", "verdict", "conclusions"})


def make_model_reviews_due(*, at: datetime, by: Actor) -> list[ModelReview]:
    """A review begins for every serving model whose day has come, unless one is under way; it is due in two weeks."""
    return [_make_due(version, at, by) for version in queries.models_to_review(at)]


@transaction.atomic
def _make_due(version: ModelVersion, at: datetime, by: Actor) -> ModelReview:
    model = moves.lock(version.model)
    review = ModelReview(
        key=next_key("MRV", at.year),
        release_model=model,
        model_version=version,
        due_on=queries.today(at) + TIME_TO_WRITE,
        figures=queries.figures_of(model),
    )
    return moves.create(review, by=by, data={"model": model.slug, "due_on": review.due_on})


def change_model_review(*, review: ModelReview, by: Actor, **fields: Any) -> ModelReview:
    """Write in the review while it is being written."""
    moves.require(may_write_model_review, review, by)
    return write(review=review, fields=fields, editable=EDITABLE, by=by)


def begin_model_review(*, review: ModelReview, by: Actor, note: str = "") -> ModelReview:
    """Somebody writes it; without a reviewer yet, that is the one who begins."""
    change = {} if review.reviewer_id or by.user is None else {"reviewer": by.user}
    return moves.move(review, "begin", by=by, note=note, change=change)


@transaction.atomic
def submit_model_review(*, review: ModelReview, by: Actor, note: str = "", **fields: Any) -> ModelReview:
    """Hand it in, with the figures of this moment; what is still missing may be given with it."""
    written = {name: value for name, value in fields.items() if value not in (None, "")}
    if written:
        review = change_model_review(review=review, by=by, **written)
    told = {"submitted_by": by.user, "submitted_at": now(), "figures": queries.figures_of(review.release_model)}
    return moves.move(review, "submit", by=by, note=note, change=told)


@transaction.atomic
def accept_model_review(*, review: ModelReview, by: Actor, note: str = "") -> ModelReview:
    """Accept it, and tell the model, whose next review falls due after its cadence."""
    at = now()
    review = moves.move(review, "accept", by=by, note=note, change={"accepted_by": by.user, "accepted_at": at})
    release_models.note_reviewed(model=review.release_model, on=queries.today(at), by=by)
    return review


def send_back_model_review(*, review: ModelReview, by: Actor, note: str) -> ModelReview:
    """Return it to whoever wrote it, saying what it lacks."""
    return moves.move(review, "send_back", by=by, note=note)


def chase_model_reviews(*, at: datetime, by: Actor) -> int:
    """Chase every overdue review, at most once a day. Returns how many."""
    day = queries.today(at)
    overdue = queries.overdue_model_reviews(at)
    for review in overdue:
        days = (day - review.due_on).days
        data = {
            "key": review.key,
            "model": review.release_model.slug,
            "due_on": review.due_on,
            "days_overdue": days,
        }
        moves.change(review, {"chased_on": day}, by=by, verb="chase", data=data)
    return len(overdue)
