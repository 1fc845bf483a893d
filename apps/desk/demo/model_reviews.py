"""How the ferry line looks at its release models: all of them in spring; in autumn one waits and one was forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime

from apps.core.actor import job
from apps.core.clock import now
from apps.desk.demo.cast import Cast
from apps.desk.demo.plots import DAY
from apps.release_models import actions as release_models
from apps.release_models.models import ReleaseModel
from apps.reviews import actions
from apps.reviews.lifecycle import ReviewStatus
from apps.reviews.models import ModelReview

KEPT = "It does what it is for; nothing that it asks for is idle."
WAITS, FORGOTTEN = "normal", "standard"


def review_plot(cast: Cast, present: datetime) -> Iterator[datetime]:
    yield present - 212 * DAY
    for review in _due():
        _accepted(cast, review)
    yield present - 24 * DAY
    for review in _due():
        if review.release_model.slug == FORGOTTEN:
            actions.begin_model_review(review=review, by=cast.rosa)
        elif review.release_model.slug == WAITS:
            _improve(cast, review)
        else:
            _accepted(cast, review)


def _due() -> list[ModelReview]:
    """Those whose day has come; the clocks strike too seldom in a story to wait for them."""
    actions.make_model_reviews_due(at=now(), by=job("reviews"))
    return list(ModelReview.objects.filter(status=ReviewStatus.DUE).select_related("release_model").order_by("pk"))


def _accepted(cast: Cast, review: ModelReview) -> None:
    review = actions.begin_model_review(review=review, by=cast.rosa)
    review = actions.submit_model_review(review=review, by=cast.rosa, verdict="keep", conclusions=KEPT)
    actions.accept_model_review(review=review, by=cast.rune)


def _improve(cast: Cast, review: ModelReview) -> None:
    review = actions.begin_model_review(review=review, by=cast.rosa)
    actions.open_improvement_action(title="Ask for the partner's limits in the plan", model_review=review, by=cast.rosa)
    actions.submit_model_review(
        review=review,
        by=cast.rosa,
        verdict="improve",
        conclusions="Two of three incidents came from limits of a partner that nobody had asked for. The checks are right.",
    )
    _draft_the_answer(cast, review.release_model)


def _draft_the_answer(cast: Cast, model: ReleaseModel) -> None:
    """The next version asks the partners for their limits, and gives the way back more time."""
    content = deepcopy(model.versions.published().get().content)
    content["tasks"].append(
        {
            "slug": "ask-for-limits",
            "title": "Ask partners for their limits",
            "phase": "prepare",
            "duration_minutes": 120,
        }
    )
    content["early_life_hours"] = 72
    summary = "Partners are asked for their limits before the release."
    release_models.draft_version(model=model, content=content, summary=summary, by=cast.rosa)
