"""The verbs of reviews of the release approach.

Adoption is known higher up (metrics), so the figures are handed in: when a review falls due, and daily until it is submitted.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.approaches import actions as approaches
from apps.approaches.models import ApproachVersion
from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.keys import next_key
from apps.reviews import queries
from apps.reviews.actions.writing import write
from apps.reviews.models import ApproachReview
from apps.reviews.permissions import may_write_approach_review

TIME_TO_WRITE = timedelta(days=28)
EDITABLE = frozenset({"reviewer", "due_on", "verdict", "conclusions"})


@transaction.atomic
def make_approach_review_due(
    *, version: ApproachVersion, figures: dict[str, Any], at: datetime, by: Actor
) -> ApproachReview:
    """The day of an approach has come; its review is due in four weeks."""
    approach = moves.lock(version.approach)
    review = ApproachReview(
        key=next_key("ARV", at.year),
        approach=approach,
        approach_version=version,
        due_on=queries.today(at) + TIME_TO_WRITE,
        figures=figures,
        figures_at=at,
    )
    return moves.create(review, by=by, data={"approach": approach.slug, "due_on": review.due_on})


def note_approach_figures(
    *, review: ApproachReview, figures: dict[str, Any], at: datetime, by: Actor
) -> ApproachReview:
    """How the approach is adopted by now."""
    return moves.change(review, {"figures": figures, "figures_at": at}, by=by, verb="note_figures")


def change_approach_review(*, review: ApproachReview, by: Actor, **fields: Any) -> ApproachReview:
    """Write in the review while it is being written."""
    moves.require(may_write_approach_review, review, by)
    return write(review=review, fields=fields, editable=EDITABLE, by=by)


def begin_approach_review(*, review: ApproachReview, by: Actor, note: str = "") -> ApproachReview:
    """Somebody writes it; without a reviewer yet, that is the one who begins."""
    change = {} if review.reviewer_id or by.user is None else {"reviewer": by.user}
    return moves.move(review, "begin", by=by, note=note, change=change)


@transaction.atomic
def submit_approach_review(*, review: ApproachReview, by: Actor, note: str = "", **fields: Any) -> ApproachReview:
    """Hand it in; what is still missing may be given with it."""
    written = {name: value for name, value in fields.items() if value not in (None, "")}
    if written:
        review = change_approach_review(review=review, by=by, **written)
    told = {"submitted_by": by.user, "submitted_at": now()}
    return moves.move(review, "submit", by=by, note=note, change=told)


@transaction.atomic
def accept_approach_review(*, review: ApproachReview, by: Actor, note: str = "") -> ApproachReview:
    """Accept it, and tell the approach, whose next review falls due after its cadence."""
    at = now()
    review = moves.move(review, "accept", by=by, note=note, change={"accepted_by": by.user, "accepted_at": at})
    approaches.note_reviewed(approach=review.approach, on=queries.today(at), by=by)
    return review


def send_back_approach_review(*, review: ApproachReview, by: Actor, note: str) -> ApproachReview:
    """Return it to whoever wrote it, saying what it lacks."""
    return moves.move(review, "send_back", by=by, note=note)


def chase_approach_reviews(*, at: datetime, by: Actor) -> int:
    """Chase every overdue review, at most once a day. Returns how many."""
    day = queries.today(at)
    overdue = queries.overdue_approach_reviews(at)
    for review in overdue:
        data = {
            "key": review.key,
            "approach": review.approach.slug,
            "due_on": review.due_on,
            "days_overdue": (day - review.due_on).days,
        }
        moves.change(review, {"chased_on": day}, by=by, verb="chase", data=data)
    return len(overdue)
