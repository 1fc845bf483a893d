"""Which release models are to be reviewed, and with which figures."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q

from apps.release_models.models import ModelVersion, ReleaseModel
from apps.release_models.queries import published_versions
from apps.reviews.lifecycle import ReviewStatus
from apps.reviews.models import ModelReview
from apps.reviews.queries.effectiveness import effectiveness_of
from apps.reviews.queries.reviews import today


def models_to_review(at: datetime) -> list[ModelVersion]:
    """The serving versions of models whose review day has come and that are not under review."""
    under_way = ModelReview.objects.exclude(status=ReviewStatus.ACCEPTED).values("release_model")
    due = Q(model__next_review_on__lte=today(at))
    return list(published_versions().filter(due).exclude(model__in=under_way).order_by("pk"))


def overdue_model_reviews(at: datetime) -> list[ModelReview]:
    """Reviews past their day that were not chased today."""
    return list(ModelReview.objects.to_chase(today(at)).select_related("release_model"))


def figures_of(model: ReleaseModel) -> dict[str, Any]:
    """Effectiveness as plain data, to be kept with the review."""
    found = effectiveness_of(model)
    return {
        "versions": [one.as_dict() for one in found.versions],
        "candidates": [{"slug": one.slug, "title": one.title, "releases": one.releases} for one in found.candidates],
        "asks_for": {"tasks": found.tasks, "checks": found.checks, "approvals": found.approvals},
    }
