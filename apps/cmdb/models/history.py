"""The past of the map: what every item said and which relationships stood, from when to when, and by whose deed.

A period holds from `valid_from` up to, not including, `valid_to`; the one that still holds has none. Periods outlive what
they tell of, so their references carry no constraint: a removed item keeps its past.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team
from apps.cmdb.models.imports import ImportRun
from apps.cmdb.models.items import CIType, ConfigurationItem
from apps.cmdb.models.relationships import Relationship, RelationshipType
from apps.core.actor import Door


class MapChange(models.Model):
    """One row: a deed that changed the map: who did it and through which door, or which import."""

    at = models.DateTimeField(_("at"))
    door = models.CharField(_("door"), max_length=16, choices=Door.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, db_constraint=False, related_name="+"
    )
    actor_name = models.CharField(_("who"), max_length=150)
    token_name = models.CharField(_("token"), max_length=100, blank=True)
    run = models.ForeignKey(
        ImportRun, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("import run")
    )
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("change of the map")
        verbose_name_plural = _("changes of the map")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.at:%Y-%m-%d %H:%M}"


class Periods(models.QuerySet):
    def standing_at(self, at: datetime) -> Periods:
        """Those that held at this moment."""
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=at), valid_from__lte=at)


class Period(models.Model):
    """What held from one moment to another."""

    valid_from = models.DateTimeField(_("from"))
    valid_to = models.DateTimeField(_("to"), null=True)
    opened_by = models.ForeignKey(
        MapChange, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("begun by")
    )
    closed_by = models.ForeignKey(
        MapChange, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("ended by")
    )

    objects = Periods.as_manager()

    class Meta:
        abstract = True


def _told(to: Any, **options: Any) -> models.ForeignKey:
    """A reference that may lead to something that was removed since."""
    settings = {"on_delete": models.DO_NOTHING, "db_constraint": False, "db_index": False, "related_name": "+"}
    return models.ForeignKey(to, **{**settings, **options})


class ItemVersion(Period):
    """One row: what an item said of itself for a while. Values that do not change make no new version.

    `value_streams` are the ids of those it served, `missing_from` the sources that no longer named it.
    """

    item = _told(ConfigurationItem, related_name="versions")
    key = models.CharField(_("key"), max_length=200)
    name = models.CharField(_("name"), max_length=250)
    description = models.TextField(_("description"), blank=True)
    ci_type = _told(CIType, null=True, verbose_name=_("type"))
    lifecycle = models.CharField(_("lifecycle"), max_length=16, choices=ConfigurationItem.Lifecycle.choices)
    criticality = models.PositiveSmallIntegerField(_("criticality"), choices=ConfigurationItem.Criticality.choices)
    owner = _told(Team, null=True, verbose_name=_("owner"))
    attributes = models.JSONField(_("attributes"), default=dict)
    release_managed = models.BooleanField(_("released under management"))
    redundancy = models.PositiveSmallIntegerField(_("needs at least"), null=True)
    value_streams = models.JSONField(_("value streams"), default=list)
    missing_from = models.JSONField(_("no longer named by"), default=list)

    class Meta:
        verbose_name = _("version of an item")
        verbose_name_plural = _("versions of items")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["item", "valid_from"], name="cmdb_version_item"),
            models.Index(fields=["key", "valid_from"], name="cmdb_version_key"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["item"], condition=Q(valid_to__isnull=True), name="cmdb_version_one_open"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="cmdb_version_forwards"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.valid_from:%Y-%m-%d %H:%M}"


class RelationshipPeriod(Period):
    """One row: a relationship stood for a while. It ends when its source no longer names it (`went_missing`) or it is
    removed; when it comes back, another period begins."""

    relationship = _told(Relationship, related_name="periods")
    source = _told(ConfigurationItem)
    target = _told(ConfigurationItem)
    type = _told(RelationshipType)
    origin = models.CharField(_("reported by"), max_length=60, blank=True)
    went_missing = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("period of a relationship")
        verbose_name_plural = _("periods of relationships")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["source", "valid_from"], name="cmdb_period_forward"),
            models.Index(fields=["target", "valid_from"], name="cmdb_period_backward"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["relationship"], condition=Q(valid_to__isnull=True), name="cmdb_period_one_open"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="cmdb_period_forwards"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} → {self.target_id} {self.valid_from:%Y-%m-%d %H:%M}"
