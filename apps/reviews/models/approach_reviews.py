"""Reviews of the release approach: they fall due on a cadence, carry its adoption, and end in conclusions and actions."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.lifecycle import status_constraint
from apps.reviews.lifecycle import ApproachReviewLifecycle, ReviewStatus
from apps.reviews.models.reviewing import ReviewQuerySet

PERSON = settings.AUTH_USER_MODEL


class ApproachReview(ApproachReviewLifecycle):
    """One row: one look at whether the organisation releases as its approach says. One at a time for each approach."""

    class Verdict(models.TextChoices):
        KEEP = "keep", _("Keep it as it is")
        REVISE = "revise", _("Revise it")
        RETIRE = "retire", _("Retire it")

    key = models.CharField(_("key"), max_length=24, unique=True, editable=False)
    approach = models.ForeignKey(
        "approaches.Approach", on_delete=models.PROTECT, related_name="reviews", verbose_name=_("release approach")
    )
    approach_version = models.ForeignKey(
        "approaches.ApproachVersion", on_delete=models.PROTECT, related_name="+", verbose_name=_("version in force")
    )
    due_on = models.DateField(_("due on"))
    reviewer = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("reviewer")
    )
    figures = models.JSONField(
        _("figures"),
        default=dict,
        editable=False,
        help_text=_("As they were at `figures_at`."),
    )
    figures_at = models.DateTimeField(_("figures as of"), null=True, blank=True, editable=False)
    verdict = models.CharField(_("verdict"), max_length=16, choices=Verdict.choices, blank=True)
    conclusions = models.TextField(_("conclusions"), blank=True)
    submitted_by = models.ForeignKey(
        PERSON, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True, editable=False)
    accepted_by = models.ForeignKey(
        PERSON, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True, editable=False)
    chased_on = models.DateField(_("last chased on"), null=True, blank=True, editable=False)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("approach review")
        verbose_name_plural = _("approach reviews")
        ordering = ["due_on", "id"]
        constraints = [
            status_constraint(ReviewStatus, "reviews_approachreview_status_known"),
            models.UniqueConstraint(
                fields=["approach"],
                condition=~Q(status=ReviewStatus.ACCEPTED),
                name="reviews_approachreview_one_at_a_time",
                violation_error_message=_("A review of this approach is under way."),
            ),
            models.CheckConstraint(
                condition=~Q(status=ReviewStatus.ACCEPTED) | Q(accepted_at__isnull=False) & ~Q(verdict=""),
                name="reviews_approachreview_accepted_has_verdict",
            ),
        ]
        indexes = [models.Index(fields=["status", "due_on"], name="reviews_approachreview_due")]

    def __str__(self) -> str:
        return f"{self.key} {self.approach}"

    def audit_root(self) -> models.Model:
        return self.approach
