"""Who wants to hear of an event, and in which words."""

from __future__ import annotations

from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from apps.core.models import OutboxEvent
from apps.integrations.lifecycle import OutboundStatus
from apps.integrations.models import WebhookDelivery, WebhookSubscription

# What is told outside. Internal doings (deliveries, messages, tokens, single check runs) are nobody's business.
PUBLIC = (
    "releases.release.*",
    "releases.train.*",
    "releases.task.*",
    "releases.check.*",
    "releases.hold.*",
    "releases.deployment.*",
    "releases.evidence.*",
    "approvals.round.*",
    "release_models.modelversion.*",
    "schedule.*",
    "incidents.*",
    "reviews.*",
    "compliance.finding.*",
)
ADDRESSES = {
    "releases.release": "releases/{}/",
    "incidents.incident": "incidents/{}/",
    "compliance.finding": "findings/{}/",
    "schedule.freeze": "freezes/{}/",
    "schedule.window": "windows/{}/",
    "releases.train": "trains/{}/",
    "releases.deployment": "deployments/{}/",
}


def subscribers_of(event_name: str) -> list[WebhookSubscription]:
    """Enabled subscriptions whose patterns match the event."""
    enabled = WebhookSubscription.objects.filter(is_enabled=True).order_by("pk")
    return [one for one in enabled if any(fnmatchcase(event_name, pattern) for pattern in one.events)]


def event_payload(event: OutboxEvent) -> dict[str, Any]:
    """Thin: what happened to what, and where to read the rest with a token of one's own."""
    told = event.payload
    root_type, root_key = told.get("root_type", event.subject_type), told.get("root_key", event.subject_key)
    address = ADDRESSES.get(root_type)
    return {
        "type": event.name,
        "timestamp": _utc(event.created_at),
        "data": {
            "kind": event.subject_type,
            "key": event.subject_key,
            "root_kind": root_type,
            "root_key": root_key,
            "from": told.get("from", ""),
            "to": told.get("to", ""),
            "actor": told.get("actor", ""),
            "url": f"{settings.TIDEGATE_BASE_URL}/api/v1/{address.format(root_key)}" if address else "",
        },
    }


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def due_deliveries(*, before: datetime) -> QuerySet[WebhookDelivery]:
    """Messages whose next attempt is overdue: the event that should have caused it was lost."""
    rows = WebhookDelivery.objects.filter(status=OutboundStatus.PENDING, next_attempt_at__lt=before)
    return rows.order_by("pk")
