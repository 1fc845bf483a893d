"""Proof: checks, their runs, and the evidence they rest on."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.lifecycle import status_constraint
from apps.releases.lifecycle import words
from apps.releases.lifecycle.check import CheckLifecycle, CheckRunLifecycle
from apps.releases.models.plan import Component, ReleasePart
from apps.releases.models.release import Release


class Check(CheckLifecycle):
    """One row: one required or advisory proof, of a component, of a procedure, or of the released service."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="checks")
    slug = models.SlugField(_("slug"), max_length=140)
    title = models.CharField(_("title"), max_length=200)
    group = models.CharField(_("group"), max_length=16, choices=words.CheckGroup.choices)
    kind = models.CharField(_("kind"), max_length=40)
    required = models.BooleanField(_("required"), default=True)
    params = models.JSONField(_("parameters"), default=dict, blank=True)
    component = models.ForeignKey(
        Component, models.CASCADE, null=True, blank=True, related_name="checks", verbose_name=_("component")
    )
    on_no_data = models.CharField(
        _("no data means"), max_length=16, choices=words.OnNoData.choices, default=words.OnNoData.FAIL
    )
    stale_after_hours = models.PositiveIntegerField(_("holds for hours"), null=True, blank=True)
    waivable_by = models.JSONField(_("waivable by"), default=list, blank=True)
    subject_digest = models.CharField(_("digest of what was proven"), max_length=140, blank=True, editable=False)
    proven_at = models.DateTimeField(_("proven at"), null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(_("holds until"), null=True, blank=True, editable=False)
    waived_until = models.DateTimeField(_("waived until"), null=True, blank=True, editable=False)
    waiver_reason = models.TextField(_("reason of the waiver"), blank=True, editable=False)
    waived_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )

    class Meta:
        verbose_name = _("check")
        verbose_name_plural = _("checks")
        ordering = ["id"]
        constraints = [
            status_constraint(words.CheckStatus, "releases_check_status_known"),
            models.UniqueConstraint(
                fields=["release", "slug"],
                name="releases_check_once",
                violation_error_message=_("There is already a check with this slug in the release."),
            ),
            models.CheckConstraint(
                condition=~Q(status="waived") | (Q(waived_until__isnull=False) & ~Q(waiver_reason="")),
                name="releases_check_waived_why",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def audit_key(self) -> str:
        return f"{self.release.key}/{self.slug}"

    def audit_root(self) -> models.Model:
        return self.release

    def holds_until(self) -> datetime | None:
        """When the proof or its waiver ends, if it does."""
        return self.waived_until if self.status == words.CheckStatus.WAIVED else self.expires_at

    def has_run_out(self, at: datetime) -> bool:
        """Whether proof or waiver no longer holds at a moment."""
        until = self.holds_until()
        return until is not None and until <= at


class Evidence(ReleasePart):
    """One row: one file brought as evidence for a release; the bytes are kept once, by their digest."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="evidence")
    number = models.PositiveIntegerField(_("number"), editable=False)
    component = models.ForeignKey(
        Component, models.SET_NULL, null=True, blank=True, related_name="evidence", verbose_name=_("component")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=words.EvidenceKind.choices)
    sha256 = models.CharField(_("SHA-256"), max_length=64, db_index=True)
    size = models.PositiveBigIntegerField(_("size"))
    media_type = models.CharField(_("media type"), max_length=120, blank=True)
    filename = models.CharField(_("file name"), max_length=200, blank=True)
    file = models.ForeignKey("EvidenceFile", models.PROTECT, related_name="+")
    understood = models.JSONField(_("understood"), default=dict, blank=True)

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["release", "number"], name="releases_evidence_number")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.sha256[:12]}"

    @property
    def audit_key(self) -> str:
        return f"{self.release.key}/{self.number}"


class EvidenceFile(models.Model):
    """One row: the bytes of a piece of evidence, whoever brought them and however often."""

    sha256 = models.CharField(max_length=64, unique=True)
    content = models.BinaryField()
    stored_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("evidence file")
        verbose_name_plural = _("evidence files")

    def __str__(self) -> str:
        return self.sha256


class CheckRun(CheckRunLifecycle):
    """One row: one attempt to obtain one proof. Runs are appended; a run is never asked twice."""

    check_of = models.ForeignKey(Check, models.CASCADE, related_name="runs")
    number = models.PositiveIntegerField(_("number"), editable=False)
    subject_digest = models.CharField(_("digest of what is proven"), max_length=140, blank=True, editable=False)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True, editable=False)
    detail = models.TextField(_("detail"), blank=True)
    output = models.JSONField(_("output"), default=dict, blank=True)
    evidence = models.ManyToManyField(Evidence, blank=True, related_name="check_runs", verbose_name=_("evidence"))

    class Meta:
        verbose_name = _("check run")
        verbose_name_plural = _("check runs")
        ordering = ["check_of", "number"]
        constraints = [
            status_constraint(words.RunStatus, "releases_checkrun_status_known"),
            models.UniqueConstraint(fields=["check_of", "number"], name="releases_checkrun_number"),
        ]

    def __str__(self) -> str:
        return f"{self.check_of.title} #{self.number}"

    @property
    def audit_key(self) -> str:
        return f"{self.check_of.audit_key}/{self.number}"

    def audit_root(self) -> models.Model:
        return self.check_of.release
