"""Who is told outside, and what became of each message."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.lifecycle import status_constraint
from apps.core.models import Recorded
from apps.integrations.lifecycle import OutboundLifecycle, OutboundStatus
from apps.integrations.vault import take_out


class WebhookSubscription(Recorded):
    """One row: an address outside that is told of events whose names match its patterns."""

    audit_hidden = frozenset({"locked_secret", "locked_previous"})

    key = models.CharField(_("key"), max_length=40, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=200)
    url = models.CharField(_("address"), max_length=1000)
    events = models.JSONField(_("events"), default=list, help_text=_("Names or patterns, such as releases.release.*"))
    is_enabled = models.BooleanField(_("enabled"), default=True)
    disabled_reason = models.CharField(_("why it is disabled"), max_length=300, blank=True, editable=False)
    locked_secret = models.TextField(editable=False)
    locked_previous = models.TextField(editable=False, blank=True)

    class Meta:
        verbose_name = _("webhook subscription")
        verbose_name_plural = _("webhook subscriptions")
        ordering = ["key"]

    def __str__(self) -> str:
        return self.name

    def secrets(self) -> list[str]:
        """Every secret with which messages are signed now, the newest first."""
        return [take_out(one) for one in (self.locked_secret, self.locked_previous) if one]


class WebhookDelivery(OutboundLifecycle):
    """One row: one event on its way to one subscriber. `message_id` is the same at every attempt and redelivery."""

    subscription = models.ForeignKey(
        WebhookSubscription, models.CASCADE, related_name="deliveries", verbose_name=_("subscription")
    )
    key = models.CharField(_("key"), max_length=80, editable=False)
    message_id = models.CharField(_("webhook-id"), max_length=60)
    event = models.CharField(_("event"), max_length=120)
    payload = models.JSONField(_("payload"), default=dict)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    attempted_at = models.DateTimeField(_("last attempt"), null=True, blank=True)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    http_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True, blank=True)
    detail = models.CharField(_("detail"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ["-id"]
        constraints = [
            status_constraint(OutboundStatus, "integrations_webhookdelivery_status_known"),
            models.UniqueConstraint(fields=["subscription", "key"], name="integrations_webhookdelivery_once"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.key}"

    @property
    def audit_key(self) -> str:
        return f"{self.subscription.key}/{self.key}"

    def audit_root(self) -> models.Model:
        return self.subscription
