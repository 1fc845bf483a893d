"""What the outbox still holds."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.clock import now
from apps.core.models import OutboxDelivery, OutboxEvent


@dataclass(frozen=True)
class Backlog:
    """`waiting`: events not yet handed on; `later`: due at a moment ahead; `open`: deliveries under way; `dead`: given up."""

    waiting: int
    later: int
    open: int
    dead: list[OutboxDelivery]


def backlog() -> Backlog:
    unexpanded = OutboxEvent.objects.filter(expanded_at__isnull=True)
    open_ones = OutboxDelivery.objects.filter(done_at__isnull=True, dead_at__isnull=True)
    return Backlog(
        waiting=unexpanded.filter(available_at__lte=now()).count(),
        later=unexpanded.filter(available_at__gt=now()).count(),
        open=open_ones.count(),
        dead=list(dead_letters()),
    )


def dead_letters(ids: list[int] | None = None) -> list[OutboxDelivery]:
    """The deliveries that were given up: all of them, or those named."""
    dead = OutboxDelivery.objects.filter(dead_at__isnull=False).select_related("event")
    return list(dead.filter(pk__in=ids) if ids else dead)
