"""Which approaches are to be reviewed, which reviews are overdue, and whose figures have grown old."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from apps.approaches.models import ApproachVersion
from apps.approaches.queries import in_force
from apps.reviews.lifecycle import ReviewStatus
from apps.reviews.models import ApproachReview
from apps.reviews.queries.reviews import today

FIGURES_LAST = timedelta(days=1)


def approaches_to_review(at: datetime) -> list[ApproachVersion]:
    """The versions in force of approaches whose review day has come and that are not under review."""
    under_way = set(ApproachReview.objects.exclude(status=ReviewStatus.ACCEPTED).values_list("approach_id", flat=True))
    day = today(at)
    return [
        one
        for one in in_force()
        if one.approach_id not in under_way
        and one.approach.next_review_on is not None
        and one.approach.next_review_on <= day
    ]


def reviews_with_old_figures(at: datetime) -> list[ApproachReview]:
    """Reviews that are still being written and whose figures are of yesterday."""
    old = Q(figures_at__isnull=True) | Q(figures_at__lte=at - FIGURES_LAST)
    rows = ApproachReview.objects.unfinished().filter(old)
    return list(rows.select_related("approach", "approach_version__approach").order_by("pk"))


def overdue_approach_reviews(at: datetime) -> list[ApproachReview]:
    """Reviews past their day that were not chased today."""
    return list(ApproachReview.objects.to_chase(today(at)).select_related("approach"))
