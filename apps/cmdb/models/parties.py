"""Whom the services are for: value streams, and the parties outside tied to services."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team
from apps.core.models import Recorded


class ValueStream(Recorded):
    """One row: a series of steps by which the organisation creates value for its consumers."""

    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    owner = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="value_streams", verbose_name=_("owner")
    )

    class Meta:
        verbose_name = _("value stream")
        verbose_name_plural = _("value streams")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Party(Recorded):
    """One row: somebody outside who consumes a service or is a partner in providing it."""

    class Kind(models.TextChoices):
        CONSUMER = "consumer", _("Consumer")
        PARTNER = "partner", _("Partner")

    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices, default=Kind.CONSUMER)
    email = models.EmailField(_("email"), blank=True)
    contact = models.CharField(_("contact"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("party")
        verbose_name_plural = _("parties")
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=["consumer", "partner"]), name="cmdb_party_kind")
        ]

    def __str__(self) -> str:
        return self.name


class ServiceRelationship(Recorded):
    """One row: a party is tied to a service, and how long before a release it must be told."""

    uid = models.UUIDField(_("id"), default=uuid4, unique=True, editable=False)
    party = models.ForeignKey(
        Party, on_delete=models.CASCADE, related_name="service_relationships", verbose_name=_("party")
    )
    service = models.ForeignKey(
        "cmdb.ConfigurationItem",
        on_delete=models.CASCADE,
        related_name="service_relationships",
        verbose_name=_("service"),
    )
    role = models.CharField(_("role"), max_length=60, default="consumer")
    notice_hours = models.PositiveIntegerField(_("notice in hours"), default=0)

    class Meta:
        verbose_name = _("service relationship")
        verbose_name_plural = _("service relationships")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["party", "service", "role"],
                name="cmdb_service_rel_once",
                violation_error_message=_("This party is tied to this service in this role already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.party} – {self.service}"

    @property
    def audit_key(self) -> str:
        return f"{self.party.slug} {self.role} {self.service.key}"[:200]

    def audit_root(self) -> models.Model:
        return self.service
