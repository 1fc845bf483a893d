"""What happens to a release meanwhile: holds, waits, deployments, incidents. Each has a start and an end of its own."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.cmdb.models import ConfigurationItem, Environment
from apps.core.blockers import Blocker
from apps.core.clock import now
from apps.core.models import Recorded
from apps.releases.lifecycle import words
from apps.releases.lifecycle.places import page_of
from apps.releases.models.plan import ReleasePart
from apps.releases.models.release import Release

LONGEST_OWNER = 400


class HoldQuerySet(models.QuerySet):
    def in_force(self) -> HoldQuerySet:
        """Placed, not lifted, and its end not reached."""
        return self.filter(Q(until__isnull=True) | Q(until__gt=now()), lifted_at__isnull=True)


class Hold(ReleasePart):
    """One row: somebody stopped the release, from then until it was lifted or its time was over."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="holds")
    number = models.PositiveIntegerField(_("number"), editable=False)
    reason = models.TextField(_("reason"))
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+", verbose_name=_("by")
    )
    placed_at = models.DateTimeField(_("placed at"), default=now, editable=False)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    lifted_at = models.DateTimeField(_("lifted at"), null=True, blank=True, editable=False)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("lifted by"),
    )

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["release", "number"], name="releases_hold_number")]

    def __str__(self) -> str:
        return f"{self.release.key}: {self.reason}"

    @property
    def audit_key(self) -> str:
        return f"{self.release.key}/{self.number}"

    @property
    def is_in_force(self) -> bool:
        return self.lifted_at is None and (self.until is None or self.until > now())

    def as_blocker(self) -> Blocker:
        placed_by = str(self.placed_by or _("the system"))
        return Blocker(
            "held",
            _("%(who)s stopped it: %(reason)s") % {"who": placed_by, "reason": self.reason},
            who_can_lift=str(_("%s, or a release manager") % placed_by),
            until=self.until,
            url=page_of(self.release),
        )


class Wait(models.Model):
    """One row: one span of time in which the release waited, and for what. Kept by the system, to be measured."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="waits")
    reason = models.CharField(_("waits for"), max_length=16, choices=words.WaitReason.choices)
    detail = models.TextField(_("detail"), blank=True)
    owner = models.CharField(_("who can end it"), max_length=LONGEST_OWNER, blank=True)
    started_at = models.DateTimeField(_("since"))
    ended_at = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("wait")
        verbose_name_plural = _("waits")
        ordering = ["started_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["release", "reason"], condition=Q(ended_at__isnull=True), name="releases_wait_one_open"
            )
        ]

    @property
    def length(self) -> timedelta:
        """How long it lasted, or has lasted so far."""
        return (self.ended_at or now()) - self.started_at

    def __str__(self) -> str:
        return f"{self.release.key} waits for {self.get_reason_display().lower()}"


class Deployment(Recorded):
    """One row: one technical move of a version into an environment, as a tool or a person reported it.

    It never changes a release by itself: what users see is the release's business.
    """

    key = models.CharField(_("key"), max_length=40, unique=True, editable=False)
    ci = models.ForeignKey(
        ConfigurationItem, models.PROTECT, related_name="deployments", verbose_name=_("configuration item")
    )
    environment = models.ForeignKey(
        Environment, models.PROTECT, related_name="deployments", verbose_name=_("environment")
    )
    deployed_version = models.CharField(_("version"), max_length=200, blank=True)
    digest = models.CharField(_("digest"), max_length=140, blank=True)
    status = models.CharField(_("status"), max_length=16, choices=words.DeploymentStatus.choices)
    status_at = models.DateTimeField(_("status since"))
    source = models.CharField(_("source"), max_length=80)
    external_id = models.CharField(_("external id"), max_length=200, blank=True)
    at = models.DateTimeField(_("began at"), db_index=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    url = models.URLField(_("link"), max_length=500, blank=True)
    releases = models.ManyToManyField(Release, blank=True, related_name="deployments", verbose_name=_("releases"))

    class Meta:
        verbose_name = _("deployment")
        verbose_name_plural = _("deployments")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=words.DeploymentStatus.values), name="releases_deployment_status_known"
            ),
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=~Q(external_id=""),
                name="releases_deployment_once",
            ),
        ]
        indexes = [models.Index(fields=["ci", "environment", "at"], name="releases_deployment_of_ci")]

    def __str__(self) -> str:
        return f"{self.ci.key} {self.deployed_version} → {self.environment.slug}"


class ReleaseIncident(ReleasePart):
    """One row: an incident that is suspected or confirmed to come from the release, as incidents reported it."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="incident_notes")
    incident_key = models.CharField(_("incident"), max_length=60)
    severity = models.PositiveSmallIntegerField(_("severity"))
    link = models.CharField(_("link"), max_length=16, choices=words.IncidentLink.choices)
    noted_at = models.DateTimeField(_("noted at"), default=now)

    class Meta:
        verbose_name = _("incident of a release")
        verbose_name_plural = _("incidents of releases")
        ordering = ["noted_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["release", "incident_key"], name="releases_incident_once"),
            models.CheckConstraint(
                condition=Q(link__in=words.IncidentLink.values), name="releases_incident_link_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident_key} {self.link}"

    @property
    def audit_key(self) -> str:
        return f"{self.release.key}/{self.incident_key}"
