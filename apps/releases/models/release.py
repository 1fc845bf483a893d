"""The release: a version of a service or product made available for use."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from apps.approvals.models import RoundStatus
from apps.cmdb.models import ConfigurationItem, Environment
from apps.core.lifecycle import status_constraint
from apps.releases.lifecycle import words
from apps.releases.lifecycle.plan_guards import overlapping_statuses
from apps.releases.lifecycle.release import ReleaseLifecycle

ON_THE_WAY = [words.Status.SCHEDULED, words.Status.RELEASING]
STARTED = [words.Status.RELEASING, words.Status.RELEASED]


# No window is longer, so whatever runs at a moment began at most that long before it: an index finds it.
LONGEST_WINDOW = timedelta(days=92)
LONG = ("approved_scope", "description", "expected_benefit", "back_out_plan", "misfit_reason")


class ReleaseQuerySet(models.QuerySet):
    def planned_within(self, start: datetime, end: datetime) -> ReleaseQuerySet:
        """Those whose window overlaps the half-open span [start, end)."""
        return self.filter(planned_start__gt=start - LONGEST_WINDOW, planned_start__lt=end, planned_end__gt=start)

    def open(self) -> ReleaseQuerySet:
        """Not ended yet."""
        return self.exclude(status__in=words.ENDED)

    def with_people_and_subject(self) -> ReleaseQuerySet:
        """With the rows that a release is shown with; what was asked in its round is left where it is."""
        related = self.select_related(
            "subject", "environment", "release_manager", "model_version__model", "round", "train"
        )
        return related.defer("round__content", "round__rules", "train__goal")

    def aboard(self) -> ReleaseQuerySet:
        """Of the releases of a train: those that were not called off."""
        return self.exclude(status=words.Status.CANCELLED)

    def as_fellows(self) -> ReleaseQuerySet:
        """With all that is asked about whether they can go, in a fixed number of queries."""
        related = self.select_related("subject", "environment", "release_manager", "model_version__model")
        fetched = related.prefetch_related("holds__placed_by", "dependencies__needs__release_manager", "checks")
        bulky = (*LONG, "subject__attributes", "subject__description", "model_version__content")
        return fetched.defer(*bulky).order_by("key")

    def as_rows(self) -> ReleaseQuerySet:
        """As a list shows them: without the long texts and documents, which would be most of what is read."""
        related = self.select_related("subject", "environment", "release_manager", "model_version__model")
        return related.defer(*LONG, "subject__attributes", "subject__description", "model_version__content")


class Release(ReleaseLifecycle):
    """One row: the business choice to make one version of one service or product available to its audience."""

    key = models.CharField(_("key"), max_length=40, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=200)
    release_version = models.CharField(_("version"), max_length=100)
    subject = models.ForeignKey(
        ConfigurationItem, models.PROTECT, related_name="releases", verbose_name=_("service or product")
    )
    type = models.CharField(_("type"), max_length=16, choices=words.ReleaseType.choices, default="minor")
    environment = models.ForeignKey(
        Environment, models.PROTECT, null=True, blank=True, related_name="releases", verbose_name=_("environment")
    )
    description = models.TextField(_("description"), blank=True)
    expected_benefit = models.TextField(_("expected benefit"), blank=True)
    back_out_plan = models.TextField(_("back-out plan"), blank=True)
    risk = models.CharField(_("risk"), max_length=16, choices=words.Risk.choices, default=words.Risk.NOT_ASSESSED)
    change_kind = models.CharField(
        _("kind of change"),
        max_length=16,
        choices=words.ChangeKind.choices,
        default=words.ChangeKind.NOT_STATED,
        help_text=_("What mainly changes; of several things, the one that is hardest to take back."),
    )
    release_manager = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="managed_releases",
        verbose_name=_("release manager"),
    )

    model_version = models.ForeignKey(
        "release_models.ModelVersion",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="releases",
        verbose_name=_("release model"),
    )
    misfit_reason = models.TextField(_("why this model although it does not apply"), blank=True, editable=False)

    train = models.ForeignKey(
        "releases.Train",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="releases",
        verbose_name=_("release train"),
    )
    planned_start = models.DateTimeField(_("planned start"), null=True, blank=True)
    planned_end = models.DateTimeField(_("planned end"), null=True, blank=True)
    baseline_start = models.DateTimeField(_("baseline start"), null=True, blank=True, editable=False)
    baseline_end = models.DateTimeField(_("baseline end"), null=True, blank=True, editable=False)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True, editable=False)
    released_at = models.DateTimeField(_("released at"), null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True, editable=False)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True, editable=False)
    early_life_ends_at = models.DateTimeField(_("early life ends at"), null=True, blank=True, editable=False)

    round = models.ForeignKey(
        "approvals.Round",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="releases",
        verbose_name=_("approval round"),
    )
    scope_digest = models.CharField(_("scope digest"), max_length=80, blank=True, editable=False)
    approved_digest = models.CharField(_("approved digest"), max_length=80, blank=True, editable=False)
    approved_scope = models.JSONField(_("approved scope"), default=dict, blank=True, editable=False)
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True, editable=False)
    approval_basis = models.CharField(
        _("approved by"), max_length=16, choices=words.ApprovalBasis.choices, blank=True, editable=False
    )
    owed_approval_by = models.DateTimeField(_("approval owed by"), null=True, blank=True, editable=False)
    owed_approval_given_at = models.DateTimeField(_("owed approval given at"), null=True, blank=True, editable=False)
    owed_approval_chased_at = models.DateTimeField(_("owed approval chased at"), null=True, blank=True, editable=False)

    exposure = models.PositiveSmallIntegerField(
        _("exposure"), default=0, editable=False, validators=[MaxValueValidator(100)]
    )
    is_rollout_managed = models.BooleanField(_("exposed in stages"), default=False, editable=False)
    previous_confirmed_at = models.DateTimeField(
        _("previous versions confirmed at"), null=True, blank=True, editable=False
    )
    availability = models.CharField(
        _("availability"),
        max_length=24,
        choices=words.Availability.choices,
        default=words.Availability.NOT_AVAILABLE,
        editable=False,
    )
    outcome = models.CharField(_("outcome"), max_length=24, choices=words.Outcome.choices, blank=True, editable=False)
    review_outcome = models.CharField(
        _("outcome in the review"), max_length=24, choices=words.Outcome.choices, blank=True, editable=False
    )
    review_accepted_at = models.DateTimeField(_("review accepted at"), null=True, blank=True, editable=False)
    cancel_reason = models.CharField(
        _("cancelled because"), max_length=16, choices=words.CancelReason.choices, blank=True, editable=False
    )
    evidence_digest = models.CharField(_("digest of the sealed evidence"), max_length=80, blank=True, editable=False)

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        ordering = ["-id"]
        constraints = [
            status_constraint(words.Status, "releases_release_status_known"),
            models.CheckConstraint(
                condition=Q(planned_start__isnull=True)
                | Q(planned_end__isnull=True)
                | Q(planned_end__gt=F("planned_start")),
                name="releases_release_window_forward",
                violation_error_message=_("The window ends before it starts."),
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(status="cancelled") | Q(model_version__isnull=False),
                name="releases_release_has_model",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=ON_THE_WAY) | ~Q(approved_digest=""), name="releases_release_approved"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=STARTED) | Q(started_at__isnull=False), name="releases_release_started"
            ),
            models.CheckConstraint(
                condition=~Q(status="closed") | (Q(closed_at__isnull=False) & ~Q(outcome="")),
                name="releases_release_closed_with_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(status="cancelled") | ~Q(cancel_reason=""), name="releases_release_cancelled_why"
            ),
            models.CheckConstraint(condition=Q(exposure__lte=100), name="releases_release_exposure_share"),
        ]
        indexes = [
            models.Index(fields=["planned_start", "id"], name="releases_by_planned_start"),
            models.Index(fields=["status", "planned_start"], name="releases_by_status"),
            models.Index(fields=["subject", "planned_start"], name="releases_by_subject"),
            models.Index(fields=["released_at"], name="releases_by_released_at"),
            models.Index(fields=["environment", "planned_start", "planned_end"], name="releases_by_environment"),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.title}"

    def clean(self) -> None:
        if not (self.planned_start and self.planned_end):
            return
        if self.planned_end <= self.planned_start:
            said = ValidationError(_("The window ends before it starts."), code="before_start")
            raise ValidationError({"planned_end": said})
        if self.planned_end - self.planned_start > LONGEST_WINDOW:
            message = _("A window lasts %(days)s days at most. Plan several releases, or stages of a rollout.")
            said = ValidationError(message, code="too_long", params={"days": LONGEST_WINDOW.days})
            raise ValidationError({"planned_end": said})

    @cached_property
    def model_content(self) -> dict[str, Any]:
        """The content of the pinned model version; empty before a model is applied."""
        return self.model_version.content if self.model_version_id else {}

    @property
    def model_kind(self) -> str:
        """normal, standard or emergency; a release without a model is treated as normal."""
        return self.model_version.model.kind if self.model_version_id else "normal"

    @property
    def needs_window(self) -> bool:
        return self.model_content.get("window", {}).get("required", True)

    @property
    def is_ended(self) -> bool:
        return self.status in words.ENDED

    @property
    def is_approval_owed(self) -> bool:
        """It went ahead on the promise of an approval that has not been given yet."""
        return self.approval_basis == words.ApprovalBasis.OWED and self.owed_approval_given_at is None

    @property
    def is_round_open(self) -> bool:
        return bool(self.round_id and self.round.status == RoundStatus.PENDING)

    def colliding(self) -> models.QuerySet[Release]:
        """Approved releases that move one of the same components in the same environment at the same time."""
        if not (self.planned_start and self.planned_end):
            return Release.objects.none()
        rows = self.components.model.objects.busy(self.planned_start, self.planned_end)
        busy = rows.filter(ci__in=self.components.values("ci")).exclude(release=self.pk)
        return Release.objects.filter(
            pk__in=busy.values("release"), status__in=overlapping_statuses(), environment=self.environment_id
        )
