"""Findings of the controls and of auditors, and the register of break-glass acts."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.compliance.lifecycle import FindingLifecycle, FindingStatus
from apps.core.lifecycle import status_constraint
from apps.core.models import Recorded

PERSON = settings.AUTH_USER_MODEL


class Control(models.TextChoices):
    """What is controlled. Each finding names one."""

    NO_APPROVAL = "no_approval", _("Started without approval")
    APPROVED_AFTER_START = "approved_after_start", _("Approved after the start")
    DUTIES_NOT_SEGREGATED = "duties_not_segregated", _("Duties not segregated")
    DIGEST_MISMATCH = "digest_mismatch", _("Something else went live than was approved")
    FREEZE_BREACH = "freeze_breach", _("Released in a freeze")
    EVIDENCE_EXPIRED = "evidence_expired", _("Evidence expired at the start")
    REVIEW_OVERDUE = "review_overdue", _("Review overdue")
    EMERGENCY_NOT_APPROVED = "emergency_not_approved", _("Emergency not approved afterwards")
    SHADOW_RELEASE = "shadow_release", _("Shadow release")
    TRAIL_BROKEN = "trail_broken", _("Audit trail broken")
    MODEL_OBJECTION = "model_objection", _("A partner or consumer objects to a release model")
    INTERNAL_AUDIT = "internal_audit", _("Finding of an internal auditor")
    EXTERNAL_AUDIT = "external_audit", _("Finding of an external auditor")


BY_AUDITOR = (Control.INTERNAL_AUDIT, Control.EXTERNAL_AUDIT)
NO_VIOLATION = (*BY_AUDITOR, Control.MODEL_OBJECTION)  # findings that are no breach of a rule by a release


class Severity(models.IntegerChoices):
    HIGH = 1, _("High")
    MEDIUM = 2, _("Medium")
    LOW = 3, _("Low")


class FindingQuerySet(models.QuerySet):
    def open(self) -> FindingQuerySet:
        return self.filter(status=FindingStatus.OPEN)

    def overdue(self, today: date) -> FindingQuerySet:
        return self.open().filter(due_on__lt=today)


class Finding(FindingLifecycle):
    """One row: one breach of one control by one subject, found once, until it is closed with a note."""

    key = models.CharField(_("key"), max_length=24, unique=True, editable=False)
    control = models.CharField(_("control"), max_length=32, choices=Control.choices, db_index=True)
    subject_key = models.CharField(_("subject"), max_length=200, blank=True)
    release = models.ForeignKey(
        "releases.Release",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="findings",
        verbose_name=_("release"),
    )
    title = models.CharField(_("title"), max_length=200)
    detail = models.TextField(_("detail"))
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity.choices, default=Severity.MEDIUM)
    occurred_at = models.DateTimeField(_("happened at"), db_index=True)
    raised_at = models.DateTimeField(_("raised at"), db_index=True)
    raised_by = models.ForeignKey(
        PERSON, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    due_on = models.DateField(_("due on"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True, editable=False)
    closed_by = models.ForeignKey(
        PERSON, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    close_note = models.TextField(_("how it was closed"), blank=True, editable=False)

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        ordering = ["-id"]
        constraints = [
            status_constraint(FindingStatus, "compliance_finding_status_known"),
            models.UniqueConstraint(
                fields=["control", "subject_key"],
                condition=~Q(control__in=[str(control) for control in BY_AUDITOR]),
                name="compliance_found_once",
            ),
            models.CheckConstraint(
                condition=Q(status=FindingStatus.OPEN, closed_at__isnull=True)
                | Q(status=FindingStatus.CLOSED, closed_at__isnull=False) & ~Q(close_note=""),
                name="compliance_closed_with_note",
            ),
        ]
        indexes = [models.Index(fields=["status", "due_on"], name="compliance_finding_due")]

    def __str__(self) -> str:
        return f"{self.key} {self.title}"

    @property
    def is_from_auditor(self) -> bool:
        return self.control in BY_AUDITOR

    def audit_root(self) -> models.Model:
        return self.release or self


class BreakGlass(Recorded):
    """One row: one time that somebody went ahead without the approval the rules ask for, and whether it came later."""

    key = models.CharField(_("key"), max_length=24, unique=True, editable=False)
    release = models.OneToOneField(
        "releases.Release", on_delete=models.PROTECT, related_name="break_glass", verbose_name=_("release")
    )
    person = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("who")
    )
    reason = models.TextField(_("reason"))
    passed_over = models.CharField(_("what was passed over"), max_length=400)
    incident = models.CharField(
        _("incident"),
        max_length=120,
        blank=True,
        help_text=_("Its key here, or its number in the tool that keeps it."),
    )
    at = models.DateTimeField(_("at"))
    approval_due_at = models.DateTimeField(_("approval due at"), null=True, blank=True)
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True, editable=False)
    approved_by = models.ForeignKey(
        PERSON, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("break-glass act")
        verbose_name_plural = _("register of break-glass acts")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.key} {self.release}"

    def audit_root(self) -> models.Model:
        return self.release
