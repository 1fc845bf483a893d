"""How releases went: reviews, what is to be improved, what people thought of it, and whether the benefit came."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.core.lifecycle import status_constraint
from apps.core.models import Recorded
from apps.releases.lifecycle.words import Outcome
from apps.reviews.lifecycle import ActionLifecycle, ActionStatus, ReviewLifecycle, ReviewStatus
from apps.reviews.models.reviewing import ReviewQuerySet

PERSON = settings.AUTH_USER_MODEL


class ReleaseReview(ReviewLifecycle):
    """One row: how one release went, written by one person and accepted by another."""

    release = models.OneToOneField("releases.Release", on_delete=models.PROTECT, related_name="review")
    due_on = models.DateField(_("due on"))
    reviewer = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("reviewer")
    )
    outcome = models.CharField(_("outcome"), max_length=32, choices=Outcome.choices, blank=True)
    what_went_well = models.TextField(_("what went well"), blank=True)
    what_went_wrong = models.TextField(_("what went wrong"), blank=True)
    lessons = models.TextField(_("lessons"), blank=True)
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
        verbose_name = _("release review")
        verbose_name_plural = _("release reviews")
        ordering = ["due_on", "id"]
        constraints = [
            status_constraint(ReviewStatus, "reviews_review_status_known"),
            models.CheckConstraint(
                condition=~Q(status=ReviewStatus.ACCEPTED) | Q(accepted_at__isnull=False) & ~Q(outcome=""),
                name="reviews_accepted_has_outcome",
            ),
        ]
        indexes = [models.Index(fields=["status", "due_on"], name="reviews_review_due")]

    def __str__(self) -> str:
        return f"Review of {self.release}"

    @property
    def key(self) -> str:
        """A review is known by the key of its release."""
        return self.release.key

    def audit_root(self) -> models.Model:
        return self.release


class ImprovementAction(ActionLifecycle):
    """One row: one thing to be done better, from a review or on its own, until it is done or dropped."""

    class Kind(models.TextChoices):
        MODEL = "model", _("Release model")
        APPROACH = "approach", _("Release approach")
        PROCESS = "process", _("Way of working")
        PRODUCT = "product", _("Product")
        TOOL = "tool", _("Tool")

    key = models.CharField(_("key"), max_length=24, unique=True, editable=False)
    review = models.ForeignKey(
        ReleaseReview, null=True, blank=True, on_delete=models.PROTECT, related_name="improvement_actions"
    )
    model_review = models.ForeignKey(
        "reviews.ModelReview",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="improvement_actions",
        verbose_name=_("review of the model"),
    )
    approach_review = models.ForeignKey(
        "reviews.ApproachReview",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="improvement_actions",
        verbose_name=_("review of the approach"),
    )
    title = models.CharField(_("title"), max_length=200)
    detail = models.TextField(_("detail"), blank=True)
    kind = models.CharField(_("what it improves"), max_length=16, choices=Kind.choices, default=Kind.PROCESS)
    owner = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("owner")
    )
    due_on = models.DateField(_("due on"), null=True, blank=True)
    release_model = models.ForeignKey(
        "release_models.ReleaseModel",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="improvement_actions",
        verbose_name=_("release model"),
    )
    answered_by = models.ForeignKey(
        "release_models.ModelVersion",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("answered by model version"),
    )
    answered_by_approach = models.ForeignKey(
        "approaches.ApproachVersion",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("answered by version of the approach"),
    )
    drop_reason = models.TextField(_("why it was dropped"), blank=True, editable=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("improvement action")
        verbose_name_plural = _("improvement actions")
        ordering = ["-id"]
        constraints = [
            status_constraint(ActionStatus, "reviews_action_status_known"),
            models.CheckConstraint(
                condition=~Q(status=ActionStatus.DROPPED) | ~Q(drop_reason=""), name="reviews_dropped_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.title}"

    def audit_root(self) -> models.Model:
        return self.review.release if self.review else self


class Survey(Recorded):
    """One row: one round of asking people what they think of a release. It is open until `closes_at`."""

    class Purpose(models.TextChoices):
        INTRODUCTION = "introduction", _("Introduction of a service or a major change")
        RELEASE = "release", _("Release")

    key = models.CharField(_("key"), max_length=24, unique=True, editable=False)
    release = models.ForeignKey("releases.Release", on_delete=models.PROTECT, related_name="surveys")
    purpose = models.CharField(_("purpose"), max_length=16, choices=Purpose.choices)
    opens_at = models.DateTimeField(_("opens at"))
    closes_at = models.DateTimeField(_("closes at"), db_index=True)

    class Meta:
        verbose_name = _("survey")
        verbose_name_plural = _("surveys")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["release", "purpose"], name="reviews_one_survey_a_purpose"),
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="reviews_survey_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.key} on {self.release}"

    def audit_root(self) -> models.Model:
        return self.release

    def is_open(self, at: datetime) -> bool:
        return self.opens_at <= at < self.closes_at


class SurveyInvitation(Recorded):
    """One row: one person, or one outside party, in the audience of a survey; and why not asked, where that is so."""

    class NotAsked(models.TextChoices):
        ASKED_RECENTLY = "asked_recently", _("Asked about another release within 30 days")
        NO_ADDRESS = "no_address", _("No e-mail address")

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="invitations")
    person = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey("cmdb.Party", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    stakeholder_group = models.CharField(_("stakeholder group"), max_length=40)
    not_asked = models.CharField(_("not asked because"), max_length=20, choices=NotAsked.choices, blank=True)
    undelivered_at = models.DateTimeField(_("found undeliverable at"), null=True, blank=True)

    class Meta:
        verbose_name = _("survey invitation")
        verbose_name_plural = _("survey invitations")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["survey", "person"], name="reviews_person_invited_once"),
            models.UniqueConstraint(fields=["survey", "party"], name="reviews_party_invited_once"),
            models.CheckConstraint(
                condition=Q(person__isnull=False, party__isnull=True) | Q(person__isnull=True, party__isnull=False),
                name="reviews_invitation_is_for_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.survey.key}: {self.person or self.party}"

    def audit_root(self) -> models.Model:
        return self.survey.release


class SurveyResponse(Recorded):
    """One row: what one invited person answered. It is given once and not changed."""

    invitation = models.OneToOneField(SurveyInvitation, on_delete=models.CASCADE, related_name="response")
    score = models.PositiveSmallIntegerField(_("score"), validators=[MinValueValidator(1), MaxValueValidator(5)])
    disturbed = models.BooleanField(_("did the release disturb your work"), null=True, blank=True)
    comment = models.TextField(_("comment"), blank=True, max_length=4000)
    answered_at = models.DateTimeField(_("answered at"))

    class Meta:
        verbose_name = _("survey response")
        verbose_name_plural = _("survey responses")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(score__gte=1, score__lte=5), name="reviews_score_from_one_to_five")
        ]

    audit_hidden = frozenset({"score", "disturbed", "comment"})

    def __str__(self) -> str:
        return f"Response to {self.invitation.survey.key}"

    def audit_root(self) -> models.Model:
        return self.invitation.survey.release


class Benefit(Recorded):
    """One row: one benefit that a release is to bring, how it is measured, and what was measured."""

    release = models.ForeignKey("releases.Release", on_delete=models.PROTECT, related_name="benefits")
    number = models.PositiveSmallIntegerField(_("number"), editable=False)
    expected = models.CharField(_("expected benefit"), max_length=400)
    measure = models.CharField(_("how it is measured"), max_length=400)
    target = models.CharField(_("target"), max_length=200, blank=True)
    measured_value = models.CharField(_("measured value"), max_length=200, blank=True)
    is_met = models.BooleanField(_("benefit came"), null=True, blank=True)
    measured_at = models.DateTimeField(_("measured at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("benefit")
        verbose_name_plural = _("benefits")
        ordering = ["release", "number"]
        constraints = [models.UniqueConstraint(fields=["release", "number"], name="reviews_benefit_number")]

    def __str__(self) -> str:
        return self.expected

    @property
    def key(self) -> str:
        return f"{self.release.key}/benefits/{self.number}"

    def audit_root(self) -> models.Model:
        return self.release
