"""What a release reaches, as the map said at the moments that matter."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.clock import now
from apps.releases.lifecycle.words import ImpactStage
from apps.releases.models.plan import ReleasePart
from apps.releases.models.release import Release


class ImpactRecord(ReleasePart):
    """One row: what the change would reach, asked of the map when the release came to one stage of its life.

    `items` are the affected items, nearest first: `{"key", "name", "type", "criticality", "distance"}`; `parties` the consumers and
    partners to inform: `{"slug", "name"}`. Never changed: the next stage gets a row of its own.
    """

    release = models.ForeignKey(Release, models.CASCADE, related_name="impact_records")
    stage = models.CharField(_("stage"), max_length=16, choices=ImpactStage.choices)
    taken_at = models.DateTimeField(_("taken at"), default=now)
    items = models.JSONField(_("affected items"), default=list, blank=True)
    parties = models.JSONField(_("parties to inform"), default=list, blank=True)
    weight = models.PositiveIntegerField(_("weight"), default=0)
    edges = models.PositiveIntegerField(_("relationships behind it"), default=0)
    stale_edges = models.PositiveIntegerField(_("of them not confirmed lately"), default=0)
    unresolved = models.PositiveIntegerField(_("references that lead nowhere"), default=0)
    truncated = models.BooleanField(_("cut at its limit"), default=False)

    class Meta:
        verbose_name = _("impact of a release")
        verbose_name_plural = _("impacts of releases")
        ordering = ["taken_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(stage__in=ImpactStage.values), name="releases_impact_stage_known")
        ]

    def __str__(self) -> str:
        return f"{self.release.key}: {self.get_stage_display()}"

    @property
    def audit_key(self) -> str:
        return f"{self.release.key}/{self.stage}"
