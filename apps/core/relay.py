"""The relay: from the outbox to the broker, in batches, as often as it takes.

Several relays may run at once: on PostgreSQL each claims rows that no other holds (FOR UPDATE SKIP LOCKED), on SQLite
an immediate transaction makes them take turns. The broker carries ids only; what it loses is found again when the
lease of the delivery ends.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import groupby

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet

from apps.core.clock import now
from apps.core.models import OutboxDelivery, OutboxEvent
from apps.core.outbox import CONSUMERS, consumers_of

log = logging.getLogger(__name__)

BATCH = 200  # rows claimed in one round; measured: 100 to 500 is the plateau
CHUNK = 20  # deliveries in one message
Publish = Callable[[list[int]], None]


def _claim(rows: QuerySet) -> QuerySet:
    skips = connection.features.has_select_for_update_skip_locked
    return rows.select_for_update(skip_locked=True, of=("self",)) if skips else rows


def expand_events(limit: int = BATCH) -> int:
    """Turn waiting events into one delivery per consumer. Returns how many events were expanded."""
    with transaction.atomic():
        waiting = OutboxEvent.objects.filter(expanded_at__isnull=True, available_at__lte=now())
        events = list(_claim(waiting.order_by("available_at", "id"))[:limit])
        OutboxDelivery.objects.bulk_create(
            [
                OutboxDelivery(event=event, consumer=one.name, available_at=event.available_at)
                for event in events
                for one in consumers_of(event.name)
            ],
            ignore_conflicts=True,
        )
        OutboxEvent.objects.filter(pk__in=[event.pk for event in events]).update(expanded_at=now())
    return len(events)


def claim_deliveries(limit: int = BATCH) -> list[tuple[str, int]]:
    """Lease open deliveries to this relay: nobody else sends them until the lease ends."""
    with transaction.atomic():
        due = OutboxDelivery.objects.filter(done_at__isnull=True, dead_at__isnull=True, available_at__lte=now())
        claimed = list(_claim(due.order_by("available_at", "id"))[:limit].values_list("consumer", "pk"))
        lease = now() + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
        OutboxDelivery.objects.filter(pk__in=[pk for _, pk in claimed]).update(available_at=lease)
    return claimed


def relay_once(publish: Publish, limit: int = BATCH) -> int:
    """One round: expand, claim, publish. Returns how much was moved; 0 means the outbox is quiet."""
    moved = expand_events(limit)
    claimed = sorted(claim_deliveries(limit))
    for _, batch in groupby(claimed, key=lambda pair: pair[0]):
        ids = [pk for _, pk in batch]
        for chunk in (ids[at : at + CHUNK] for at in range(0, len(ids), CHUNK)):
            _publish_or_release(publish, chunk)
    return moved + len(claimed)


def _publish_or_release(publish: Publish, ids: list[int]) -> None:
    """A broker that is away costs nothing but time: the lease is given back and the next round tries again."""
    try:
        publish(ids)
    except Exception as error:  # whatever the broker's client raises, the row stays the truth
        log.warning("The broker did not take %d deliveries: %s", len(ids), error)
        again = now() + timedelta(seconds=2)
        OutboxDelivery.objects.filter(pk__in=ids, done_at__isnull=True).update(available_at=again)


def deliver(ids: Sequence[int]) -> None:
    """Hand each delivery to its consumer; one that fails is tried again later and stops no other."""
    for pk in ids:
        deliver_one(pk)


def deliver_one(pk: int) -> None:
    delivery = OutboxDelivery.objects.select_related("event").filter(pk=pk).first()
    if delivery is None or delivery.done_at or delivery.dead_at:
        return
    known = CONSUMERS.get(delivery.consumer)
    if known is None:
        _failed(pk, f"No consumer is called {delivery.consumer}.")
        return
    try:
        if known.external:
            known.handler(delivery.event)
            OutboxDelivery.objects.filter(pk=pk).update(done_at=now(), attempts=F("attempts") + 1)
        else:
            _handle_once(pk)
    except Exception as error:  # a consumer's fault must never stop the relay
        log.warning("Delivery %s to %s failed: %s", pk, delivery.consumer, error, exc_info=True)
        _failed(pk, f"{type(error).__name__}: {error}")


@transaction.atomic
def _handle_once(pk: int) -> None:
    """The effect and its done mark commit together: a message that comes twice finds the mark."""
    delivery = OutboxDelivery.objects.select_for_update(of=("self",)).select_related("event").get(pk=pk)
    if delivery.done_at:
        return
    CONSUMERS[delivery.consumer].handler(delivery.event)
    OutboxDelivery.objects.filter(pk=pk).update(done_at=now(), attempts=F("attempts") + 1)


def _failed(pk: int, reason: str) -> None:
    """Back off exponentially; after the last attempt it is a dead letter for staff to see."""
    with transaction.atomic():
        delivery = OutboxDelivery.objects.select_for_update().get(pk=pk)
        delivery.attempts += 1
        delivery.last_error = reason[:2000]
        delivery.available_at = now() + timedelta(seconds=min(2**delivery.attempts, 3600))
        if delivery.attempts >= settings.OUTBOX_MAX_ATTEMPTS:
            delivery.dead_at = now()
        delivery.save()
