"""Where tools report to, and what they reported."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.lifecycle import status_constraint
from apps.core.models import Recorded
from apps.integrations.lifecycle import HookDeliveryLifecycle, HookStatus
from apps.integrations.vault import take_out


class HookKind(models.TextChoices):
    GITHUB = "github", _("GitHub")


class HookEndpoint(Recorded):
    """One row: an address at which one tool reports, and the secret (two, while it is changed) with which it signs."""

    audit_hidden = frozenset({"locked_secret", "locked_previous"})

    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=HookKind.choices, default=HookKind.GITHUB)
    is_enabled = models.BooleanField(_("enabled"), default=True)
    environments = models.JSONField(
        _("environments"),
        default=dict,
        blank=True,
        help_text=_(
            "The tool's names for environments and ours: {“prod-eu”: “production”}. Equal names need no entry."
        ),
    )
    locked_secret = models.TextField(editable=False)
    locked_previous = models.TextField(editable=False, blank=True)

    class Meta:
        verbose_name = _("hook endpoint")
        verbose_name_plural = _("hook endpoints")
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=HookKind.values), name="integrations_hook_kind_known")
        ]

    def __str__(self) -> str:
        return self.name or self.slug

    def secrets(self) -> list[str]:
        """Every secret that counts now."""
        return [take_out(one) for one in (self.locked_secret, self.locked_previous) if one]


class HookDelivery(HookDeliveryLifecycle):
    """One row: one event a tool delivered. Of the payload only the facts that are used are kept, never the whole."""

    audit_hidden = frozenset({"facts"})

    endpoint = models.ForeignKey(HookEndpoint, models.PROTECT, related_name="deliveries", verbose_name=_("endpoint"))
    delivery_id = models.CharField(_("delivery id"), max_length=200)
    event = models.CharField(_("event"), max_length=100)
    facts = models.JSONField(_("facts"), default=dict, blank=True)
    result = models.TextField(_("result"), blank=True)
    deployment = models.ForeignKey(
        "releases.Deployment",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="hook_deliveries",
        verbose_name=_("deployment"),
    )

    release = models.ForeignKey(
        "releases.Release",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="gate_questions",
        verbose_name=_("release at whose gate it waits"),
    )
    gate_answer = models.CharField(_("answer of the gate"), max_length=16, blank=True)
    gate_told = models.CharField(_("digest of what was told last"), max_length=64, blank=True, editable=False)
    gate_attempts = models.PositiveSmallIntegerField(_("attempts to tell"), default=0, editable=False)

    class Meta:
        verbose_name = _("hook delivery")
        verbose_name_plural = _("hook deliveries")
        ordering = ["-id"]
        constraints = [
            status_constraint(HookStatus, "integrations_hookdelivery_status_known"),
            models.UniqueConstraint(fields=["endpoint", "delivery_id"], name="integrations_hookdelivery_once"),
        ]
        indexes = [models.Index(fields=["created_at"], name="integrations_hookdelivery_age")]

    def __str__(self) -> str:
        return f"{self.event} {self.delivery_id}"

    @property
    def audit_key(self) -> str:
        return f"{self.endpoint.slug}/{self.delivery_id}"

    def audit_root(self) -> models.Model:
        return self.endpoint
