"""Incidents as tools and people report them, and what may have caused them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.cmdb.models import ConfigurationItem, Environment
from apps.core.clock import now
from apps.core.lifecycle import status_constraint
from apps.incidents.lifecycle import IncidentLifecycle, IncidentStatus, LinkLifecycle, LinkStatus
from apps.releases.models import Release


class Severity(models.IntegerChoices):
    CRITICAL = 1, _("1 – critical")
    HIGH = 2, _("2 – high")
    MODERATE = 3, _("3 – moderate")
    LOW = 4, _("4 – low")


class Incident(IncidentLifecycle):
    """One row: something that is not as it should be, from when it was noticed until it was mended."""

    key = models.CharField(_("key"), max_length=40, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=300)
    description = models.TextField(_("description"), blank=True)
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity.choices, default=Severity.MODERATE)
    services = models.ManyToManyField(
        ConfigurationItem, blank=True, related_name="incidents", verbose_name=_("affected configuration items")
    )
    environment = models.ForeignKey(
        Environment, models.PROTECT, null=True, blank=True, related_name="incidents", verbose_name=_("environment")
    )
    opened_at = models.DateTimeField(_("opened at"), default=now, db_index=True)
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=80, blank=True)
    external_id = models.CharField(_("external id"), max_length=200, blank=True)
    url = models.URLField(_("link"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        ordering = ["-opened_at", "-id"]
        constraints = [
            status_constraint(IncidentStatus, "incidents_incident_status_known"),
            models.CheckConstraint(condition=Q(severity__range=(1, 4)), name="incidents_incident_severity"),
            models.CheckConstraint(
                condition=Q(status="open", resolved_at__isnull=True) | Q(status="resolved", resolved_at__isnull=False),
                name="incidents_incident_resolved_when",
            ),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=True) | Q(resolved_at__gte=F("opened_at")),
                name="incidents_incident_forward",
                violation_error_message=_("The incident was resolved before it opened."),
            ),
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=~Q(external_id=""),
                name="incidents_incident_once",
                violation_error_message=_("This incident of this source is known already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.title}"


class CausalLink(LinkLifecycle):
    """One row: a release may have caused an incident, with the reasons to think so and what a person found."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="links", verbose_name=_("incident"))
    release = models.ForeignKey(Release, models.PROTECT, related_name="incident_links", verbose_name=_("release"))
    reasons = models.JSONField(_("reasons"), default=list, blank=True)
    found = models.TextField(_("what was found"), blank=True, editable=False)

    class Meta:
        verbose_name = _("causal link")
        verbose_name_plural = _("causal links")
        ordering = ["-id"]
        constraints = [
            status_constraint(LinkStatus, "incidents_link_status_known"),
            models.UniqueConstraint(
                fields=["incident", "release"],
                name="incidents_link_once",
                violation_error_message=_("This release is linked to the incident already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident.key} ← {self.release.key}"

    @property
    def audit_key(self) -> str:
        return f"{self.incident.key}/{self.release.key}"

    def audit_root(self) -> models.Model:
        return self.incident
