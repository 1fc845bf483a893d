"""What verification needs to remember beside the runs themselves, which the release keeps."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.cmdb.models import ConfigurationItem
from apps.core.models import Recorded


class TrustedKey(Recorded):
    """One row: a public key whose signatures on attestations count, until it is retired."""

    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=200)
    public_key = models.TextField(_("public key"), help_text=_("PEM; ECDSA, Ed25519 or RSA of 2048 bits and more."))
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("trusted key")
        verbose_name_plural = _("trusted keys")
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_live(self) -> bool:
        return self.retired_at is None


class CallBudget(models.Model):
    """One row: how often one host was called in the minute that began then. It is bookkeeping, and leaves no trail."""

    target = models.CharField(_("host"), max_length=255, unique=True)
    minute_began_at = models.DateTimeField(_("minute began at"))
    calls = models.PositiveIntegerField(_("calls"), default=0)

    class Meta:
        verbose_name = _("budget of calls")
        verbose_name_plural = _("budgets of calls")

    def __str__(self) -> str:
        return f"{self.target}: {self.calls}"


class PipelineRun(Recorded):
    """One row: one run of a pipeline over one commit, as the tool that ran it reported; its last attempt counts."""

    ci = models.ForeignKey(
        ConfigurationItem, models.CASCADE, related_name="pipeline_runs", verbose_name=_("configuration item")
    )
    source = models.CharField(_("source"), max_length=80)
    external_id = models.CharField(_("external id"), max_length=200)
    name = models.CharField(_("pipeline"), max_length=200, blank=True)
    commit = models.CharField(_("commit"), max_length=64, db_index=True)
    ref = models.CharField(_("branch or tag"), max_length=250, blank=True)
    attempt = models.PositiveIntegerField(_("attempt"), default=1)
    conclusion = models.CharField(_("conclusion"), max_length=40, blank=True, help_text=_("Blank until it has ended."))
    at = models.DateTimeField(_("reported at"))
    url = models.URLField(_("link"), max_length=500, blank=True)
    author = models.CharField(_("author of the commit"), max_length=200, blank=True)
    started_by = models.CharField(_("started by"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("pipeline run")
        verbose_name_plural = _("pipeline runs")
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="verification_pipeline_once")]
        indexes = [models.Index(fields=["ci", "at"], name="verification_pipeline_of_ci")]

    def __str__(self) -> str:
        return f"{self.name or self.external_id} {self.commit[:12]}"

    def audit_root(self) -> models.Model:
        return self.ci
