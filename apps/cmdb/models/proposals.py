"""Relationships that the map may be missing."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.cmdb.lifecycle import ProposalLifecycle, ProposalStatus
from apps.cmdb.models.items import ConfigurationItem
from apps.cmdb.models.relationships import Relationship, RelationshipType
from apps.core.clock import now
from apps.core.lifecycle import status_constraint


class ProposedRelationship(ProposalLifecycle):
    """One row: two items without a relationship that seem to hang together, why one may think so, and what people decided.

    `source` and `target` stand in the direction that the evidence suggests; whoever accepts may turn it round. `evidence` is a list of
    figures, one entry for each kind; `times` how many times as often as by chance at the least, `support` how many cases
    speak for it.
    """

    key = models.CharField(_("key"), max_length=24, unique=True, editable=False)
    source = models.ForeignKey(
        ConfigurationItem, models.CASCADE, related_name="proposed_outgoing", verbose_name=_("from")
    )
    target = models.ForeignKey(
        ConfigurationItem, models.CASCADE, related_name="proposed_incoming", verbose_name=_("to")
    )
    type = models.ForeignKey(RelationshipType, models.PROTECT, related_name="+", verbose_name=_("type"))
    evidence = models.JSONField(_("evidence"), default=list, editable=False)
    times = models.FloatField(_("times as often"), editable=False)
    support = models.PositiveIntegerField(_("cases"), editable=False)
    judged_at = models.DateTimeField(_("evidence as of"), default=now, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True, editable=False)
    reason = models.TextField(_("why"), blank=True, editable=False)
    dismissed_support = models.PositiveIntegerField(_("cases when dismissed"), null=True, blank=True, editable=False)
    relationship = models.ForeignKey(
        Relationship, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )

    class Meta:
        verbose_name = _("proposed relationship")
        verbose_name_plural = _("proposed relationships")
        ordering = ["-times", "id"]
        indexes = [models.Index(fields=["status", "-times", "id"], name="cmdb_proposal_by_times")]
        constraints = [
            status_constraint(ProposalStatus, "cmdb_proposal_status_known"),
            models.UniqueConstraint(fields=["source", "target"], name="cmdb_proposal_once"),
            models.CheckConstraint(condition=~Q(source=F("target")), name="cmdb_proposal_no_loop"),
            models.CheckConstraint(
                condition=~Q(status="dismissed") | (~Q(reason="") & Q(dismissed_support__isnull=False)),
                name="cmdb_proposal_dismissed_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} – {self.target}"

    @property
    def audit_key(self) -> str:
        return self.key

    @property
    def pair(self) -> frozenset[int]:
        """The two, whichever way round."""
        return frozenset((self.source_id, self.target_id))
