"""How items hang together."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.cmdb.models.items import ConfigurationItem
from apps.core.models import Recorded


class RelationshipType(Recorded):
    """One row: a way in which one item hangs on another, and which way impact flows along it."""

    class Flow(models.TextChoices):
        TO_SOURCE = "to_source", _("the source is affected when the target changes")
        TO_TARGET = "to_target", _("the target is affected when the source changes")
        NONE = "none", _("neither affects the other")

    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    reverse_name = models.CharField(_("read backwards"), max_length=120)
    impact_flows = models.CharField(_("impact flows"), max_length=16, choices=Flow.choices, default=Flow.TO_SOURCE)

    class Meta:
        verbose_name = _("relationship type")
        verbose_name_plural = _("relationship types")
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(impact_flows__in=["to_source", "to_target", "none"]), name="cmdb_reltype_flow"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Relationship(Recorded):
    """One row: a directed edge: source – type – target, such as “web shop depends on payments”.

    `origin` is the import source that answers for it (empty: a person), `declared_by` the item whose record named it.
    What that record no longer names is `missing_since`: impact leaves it out, and nothing is lost.
    """

    uid = models.UUIDField(_("id"), default=uuid4, unique=True, editable=False)
    source = models.ForeignKey(
        ConfigurationItem, on_delete=models.CASCADE, related_name="outgoing", db_index=False, verbose_name=_("from")
    )
    target = models.ForeignKey(
        ConfigurationItem, on_delete=models.CASCADE, related_name="incoming", db_index=False, verbose_name=_("to")
    )
    type = models.ForeignKey(
        RelationshipType, on_delete=models.PROTECT, related_name="relationships", verbose_name=_("type")
    )
    origin = models.CharField(_("reported by"), max_length=60, blank=True, editable=False)
    declared_by = models.ForeignKey(
        ConfigurationItem, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    last_confirmed_at = models.DateTimeField(_("last confirmed at"), null=True, blank=True, editable=False)
    missing_since = models.DateTimeField(_("missing since"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("relationship")
        verbose_name_plural = _("relationships")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["source", "target"], name="cmdb_rel_forward"),
            models.Index(fields=["target", "source"], name="cmdb_rel_backward"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "type", "target"],
                name="cmdb_rel_once",
                violation_error_message=_("These two are related in this way already."),
            ),
            models.CheckConstraint(
                condition=~models.Q(source=models.F("target")),
                name="cmdb_rel_no_loop",
                violation_error_message=_("An item cannot be related to itself."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.type} {self.target}"

    @property
    def audit_key(self) -> str:
        return f"{self.source.key} {self.type.slug} {self.target.key}"[:200]

    def audit_root(self) -> models.Model:
        return self.source
