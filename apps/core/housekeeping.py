"""What may be forgotten: answers kept for repeats, and events that every consumer has finished with."""

from datetime import datetime

from apps.core.models import IdempotencyRecord, OutboxEvent


def forget(*, before: datetime) -> None:
    """Delete idempotency records and delivered events older than `before`. The audit trail is never touched."""
    IdempotencyRecord.objects.filter(created_at__lt=before).delete()
    done = OutboxEvent.objects.filter(created_at__lt=before, expanded_at__isnull=False)
    done.exclude(deliveries__done_at__isnull=True, deliveries__isnull=False).delete()
