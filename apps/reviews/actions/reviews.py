"""The verbs of release reviews."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now
from apps.releases import actions as releases
from apps.releases.models import Release
from apps.reviews import queries
from apps.reviews.actions.writing import write
from apps.reviews.models import ReleaseReview
from apps.reviews.permissions import may_write_review

EDITABLE = frozenset({"reviewer", "due_on", "outcome", "what_went_well", "what_went_wrong", "lessons"})


@transaction.atomic
def make_review_due(*, release: Release, by: Actor) -> ReleaseReview:
    """The release is in review: its review falls due, within the days that its model allows. Once per release."""
    existing = ReleaseReview.objects.filter(release=release).first()
    if existing is not None:
        return existing
    days = queries.review_rules(release)["due_within_days"]
    due_on = queries.today(now()) + timedelta(days=days)
    review = ReleaseReview(release=release, due_on=due_on, reviewer=release.release_manager)
    return moves.create(review, by=by, data={"release": release.key, "due_on": due_on})


def change_review(*, review: ReleaseReview, by: Actor, **fields: Any) -> ReleaseReview:
    """Write in the review while it is being written."""
    moves.require(may_write_review, review, by)
    return write(review=review, fields=fields, editable=EDITABLE, by=by)


def begin_review(*, review: ReleaseReview, by: Actor, note: str = "") -> ReleaseReview:
    """Somebody writes it; without a reviewer yet, that is the one who begins."""
    change = {} if review.reviewer_id or by.user is None else {"reviewer": by.user}
    return moves.move(review, "begin", by=by, note=note, change=change)


@transaction.atomic
def submit_review(*, review: ReleaseReview, by: Actor, note: str = "", **fields: Any) -> ReleaseReview:
    """Hand the review in; what is still missing may be given with it."""
    written = {name: value for name, value in fields.items() if value not in (None, "")}
    if written:
        review = change_review(review=review, by=by, **written)
    return moves.move(review, "submit", by=by, note=note, change={"submitted_by": by.user, "submitted_at": now()})


@transaction.atomic
def accept_review(*, review: ReleaseReview, by: Actor, note: str = "") -> ReleaseReview:
    """Accept the review and tell the release, which may then be closed."""
    at = now()
    review = moves.move(review, "accept", by=by, note=note, change={"accepted_by": by.user, "accepted_at": at})
    releases.note_review(release=review.release, outcome=review.outcome, accepted_at=at, by=by)
    return review


def send_back_review(*, review: ReleaseReview, by: Actor, note: str) -> ReleaseReview:
    """Return the review to whoever wrote it, saying what it lacks."""
    return moves.move(review, "send_back", by=by, note=note)


def chase_reviews(*, at: datetime, by: Actor) -> int:
    """Chase every overdue review, at most once a day. Returns how many."""
    overdue = queries.overdue_reviews(at)
    for review in overdue:
        _chase(review, at, by)
    return len(overdue)


def _chase(review: ReleaseReview, at: datetime, by: Actor) -> None:
    days = (queries.today(at) - review.due_on).days
    data = {"release": review.release.key, "due_on": review.due_on, "days_overdue": days}
    moves.change(review, {"chased_on": queries.today(at)}, by=by, verb="chase", data=data)
