"""Questions to reviews of either kind: of releases and of release models."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import Q

from apps.reviews.lifecycle import ReviewStatus


class ReviewQuerySet(models.QuerySet):
    def unfinished(self) -> ReviewQuerySet:
        return self.exclude(status__in=[ReviewStatus.SUBMITTED, ReviewStatus.ACCEPTED])

    def overdue(self, today: date) -> ReviewQuerySet:
        """Reviews that nobody has submitted though their day has passed."""
        return self.unfinished().filter(due_on__lt=today)

    def to_chase(self, today: date) -> ReviewQuerySet:
        """Overdue ones that were not chased today."""
        return self.overdue(today).filter(Q(chased_on__isnull=True) | Q(chased_on__lt=today)).order_by("pk")
