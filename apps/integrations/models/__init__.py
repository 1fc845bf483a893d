"""The tables of integrations."""

from apps.integrations.models.feeds import CalendarFeed
from apps.integrations.models.hooks import HookDelivery, HookEndpoint, HookKind
from apps.integrations.models.webhooks import WebhookDelivery, WebhookSubscription

__all__ = [
    "CalendarFeed",
    "HookDelivery",
    "HookEndpoint",
    "HookKind",
    "WebhookDelivery",
    "WebhookSubscription",
]
