"""The charts of this app.

Release review, review of a release model, and review of a release approach:
                     due → begin → in_progress → submit → submitted → accept → accepted
                                        ↑                     │
                                        └── begin ── returned ← send_back
Improvement action:  open → start → in_progress → finish → done
                       └──────────────┴──────────→ drop   → dropped
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.lifecycle import Lifecycle, StatusField, transition
from apps.reviews.permissions import (
    may_improve,
    may_judge_approach_review,
    may_judge_model_review,
    may_judge_review,
    may_write_approach_review,
    may_write_model_review,
    may_write_review,
)


class ReviewStatus(models.TextChoices):
    DUE = "due", _("Due")
    IN_PROGRESS = "in_progress", _("In progress")
    SUBMITTED = "submitted", _("Submitted")
    RETURNED = "returned", _("Returned")
    ACCEPTED = "accepted", _("Accepted")


class ActionStatus(models.TextChoices):
    OPEN = "open", _("Open")
    IN_PROGRESS = "in_progress", _("In progress")
    DONE = "done", _("Done")
    DROPPED = "dropped", _("Dropped")


REVIEW_EDITABLE = {ReviewStatus.DUE, ReviewStatus.IN_PROGRESS, ReviewStatus.RETURNED}
ACTION_EDITABLE = {ActionStatus.OPEN, ActionStatus.IN_PROGRESS}


def has_outcome(review: Any) -> bool:
    """State the outcome of the release first."""
    return bool(review.outcome)


def has_findings(review: Any) -> bool:
    """Write what went well, what went wrong or what was learned first."""
    return any(text.strip() for text in (review.what_went_well, review.what_went_wrong, review.lessons))


class ReviewLifecycle(Lifecycle):
    status = StatusField(ReviewStatus)

    class Meta:
        abstract = True

    @transition(
        status,
        [ReviewStatus.DUE, ReviewStatus.RETURNED],
        ReviewStatus.IN_PROGRESS,
        permission=may_write_review,
        note="none",
    )
    def begin(self) -> None:
        """Start to write down how the release went."""

    @transition(
        status,
        ReviewStatus.IN_PROGRESS,
        ReviewStatus.SUBMITTED,
        conditions=[has_outcome, has_findings],
        permission=may_write_review,
    )
    def submit(self) -> None:
        """The review is written; somebody else is to accept it."""

    @transition(status, ReviewStatus.SUBMITTED, ReviewStatus.ACCEPTED, permission=may_judge_review)
    def accept(self) -> None:
        """The review tells what happened; the release can be closed."""

    @transition(status, ReviewStatus.SUBMITTED, ReviewStatus.RETURNED, permission=may_judge_review, note="required")
    def send_back(self) -> None:
        """The review lacks something; say what."""


def has_verdict(review: Any) -> bool:
    """Say what becomes of the model first: keep, improve or retire it."""
    return bool(review.verdict)


def has_conclusions(review: Any) -> bool:
    """Write down what the figures and the people say first."""
    return bool(review.conclusions.strip())


class ModelReviewLifecycle(Lifecycle):
    status = StatusField(ReviewStatus)

    class Meta:
        abstract = True

    @transition(
        status,
        [ReviewStatus.DUE, ReviewStatus.RETURNED],
        ReviewStatus.IN_PROGRESS,
        permission=may_write_model_review,
        note="none",
    )
    def begin(self) -> None:
        """Start to look at how well the model does its work."""

    @transition(
        status,
        ReviewStatus.IN_PROGRESS,
        ReviewStatus.SUBMITTED,
        conditions=[has_verdict, has_conclusions],
        permission=may_write_model_review,
    )
    def submit(self) -> None:
        """The review is written, with the figures of today; somebody else is to accept it."""

    @transition(status, ReviewStatus.SUBMITTED, ReviewStatus.ACCEPTED, permission=may_judge_model_review)
    def accept(self) -> None:
        """The conclusions stand; the next review falls due after the model's cadence."""

    @transition(
        status, ReviewStatus.SUBMITTED, ReviewStatus.RETURNED, permission=may_judge_model_review, note="required"
    )
    def send_back(self) -> None:
        """The review lacks something; say what."""


def has_verdict_on_approach(review: Any) -> bool:
    """Say what becomes of the approach first: keep, revise or retire it."""
    return bool(review.verdict)


class ApproachReviewLifecycle(Lifecycle):
    status = StatusField(ReviewStatus)

    class Meta:
        abstract = True

    @transition(
        status,
        [ReviewStatus.DUE, ReviewStatus.RETURNED],
        ReviewStatus.IN_PROGRESS,
        permission=may_write_approach_review,
        note="none",
    )
    def begin(self) -> None:
        """Start to look at whether the organisation releases as it said it would."""

    @transition(
        status,
        ReviewStatus.IN_PROGRESS,
        ReviewStatus.SUBMITTED,
        conditions=[has_verdict_on_approach, has_conclusions],
        permission=may_write_approach_review,
    )
    def submit(self) -> None:
        """The review is written; somebody else is to accept it."""

    @transition(status, ReviewStatus.SUBMITTED, ReviewStatus.ACCEPTED, permission=may_judge_approach_review)
    def accept(self) -> None:
        """The conclusions stand; the next review falls due after the approach's cadence."""

    @transition(
        status, ReviewStatus.SUBMITTED, ReviewStatus.RETURNED, permission=may_judge_approach_review, note="required"
    )
    def send_back(self) -> None:
        """The review lacks something; say what."""


class ActionLifecycle(Lifecycle):
    status = StatusField(ActionStatus)

    class Meta:
        abstract = True

    @transition(status, ActionStatus.OPEN, ActionStatus.IN_PROGRESS, permission=may_improve)
    def start(self) -> None:
        """Somebody works on it."""

    @transition(status, ActionStatus.IN_PROGRESS, ActionStatus.DONE, permission=may_improve)
    def finish(self) -> None:
        """It is done; name the model version that carries it, where there is one."""

    @transition(
        status,
        [ActionStatus.OPEN, ActionStatus.IN_PROGRESS],
        ActionStatus.DROPPED,
        permission=may_improve,
        note="required",
    )
    def drop(self) -> None:
        """It will not be done; say why."""
