"""Secrets at rest under the newest key."""

from __future__ import annotations

from django.db import transaction

from apps.core import moves
from apps.core.actor import Actor
from apps.integrations.models import HookEndpoint, WebhookSubscription
from apps.integrations.vault import lock_anew


@transaction.atomic
def lock_secrets_anew(*, by: Actor) -> int:
    """Encrypt every stored secret under the first of TIDEGATE_SECRET_KEYS. Returns how many records were written."""
    count = 0
    for model in (HookEndpoint, WebhookSubscription):
        for row in model.objects.order_by("pk"):
            fields = {name: lock_anew(getattr(row, name)) for name in model.audit_hidden if getattr(row, name)}
            moves.change(row, fields, by=by, verb="lock_anew")
            count += 1
    return count
