"""Several relays and workers at once: every event reaches its consumer, and its effect counts once."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from django.db import connection

from apps.core import moves, outbox, relay
from apps.core.actor import job
from apps.core.models import OutboxDelivery, OutboxEvent
from tests.charts.models import Sluice

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


@pytest.fixture
def consumers(monkeypatch):
    monkeypatch.setattr(outbox, "CONSUMERS", registered := {})
    monkeypatch.setattr(relay, "CONSUMERS", registered)
    return registered


def in_threads(count: int, work) -> None:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


def test_four_relays_publish_each_delivery_once(consumers):
    outbox.consumer("charts.*", name="all")(lambda event: None)
    sluice = moves.create(Sluice(key="NORTH"), by=job())
    for number in range(400):
        moves.record(sluice, f"note_{number}", by=job())
    published: Counter[int] = Counter()
    lock = threading.Lock()

    def publish(ids: list[int]) -> None:
        with lock:
            published.update(ids)

    def work() -> None:
        while relay.relay_once(publish, limit=25):
            pass

    in_threads(4, work)
    in_threads(4, work)  # what a busy neighbour's lock hid in the last round
    assert len(published) == OutboxDelivery.objects.count() == OutboxEvent.objects.count() == 401
    assert set(published.values()) == {1}


def test_a_delivery_handed_to_four_workers_has_one_effect(consumers):
    def turn(event: OutboxEvent) -> None:
        row = moves.lock(Sluice.objects.get(key="NORTH"))
        moves.change(row, {"turns": row.turns + 1}, by=job())

    outbox.consumer("charts.sluice.create", name="turn")(turn)
    moves.create(Sluice(key="NORTH"), by=job())
    relay.expand_events()
    ids = [pk for _, pk in relay.claim_deliveries()]
    in_threads(4, lambda: relay.deliver(ids))
    assert Sluice.objects.get(key="NORTH").turns == 1
    assert OutboxDelivery.objects.get().attempts == 1
