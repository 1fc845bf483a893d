"""The outbox: every event to every consumer, its effect counted once, nothing lost."""

from datetime import timedelta

import pytest

from apps.core import moves, outbox, relay
from apps.core.actor import job
from apps.core.clock import now
from apps.core.models import OutboxDelivery, OutboxEvent
from tests.charts.models import Sluice

pytestmark = pytest.mark.django_db


@pytest.fixture
def consumers(monkeypatch):
    monkeypatch.setattr(outbox, "CONSUMERS", registered := {})
    monkeypatch.setattr(relay, "CONSUMERS", registered)
    return registered


@pytest.fixture
def sluice():
    return moves.create(Sluice(key="NORTH"), by=job())


def run() -> None:
    while relay.relay_once(relay.deliver):
        pass


def test_each_consumer_gets_the_events_it_wants(consumers, sluice):
    seen = []
    outbox.consumer("charts.sluice.*", name="all")(lambda event: seen.append(("all", event.name)))
    outbox.consumer("charts.sluice.turn_up", name="one")(lambda event: seen.append(("one", event.name)))
    run()
    assert seen == [("all", "charts.sluice.create")]
    assert OutboxDelivery.objects.get().done_at


def test_a_message_that_comes_twice_has_one_effect(consumers, sluice):
    outbox.consumer("charts.*", name="turn")(
        lambda event: moves.change(Sluice.objects.get(), {"turns": Sluice.objects.get().turns + 1}, by=job())
    )
    relay.expand_events()
    ids = [pk for _, pk in relay.claim_deliveries()]
    relay.deliver(ids)
    relay.deliver(ids)
    assert Sluice.objects.get().turns == 1


def test_what_was_published_and_lost_goes_again_when_its_lease_ends(consumers, sluice, time_machine):
    seen = []
    outbox.consumer("charts.*", name="late")(lambda event: seen.append(event.pk))
    relay.relay_once(lambda ids: None)  # the broker loses the message
    relay.relay_once(relay.deliver)
    assert seen == []
    time_machine.move_to(now() + timedelta(seconds=61), tick=False)
    relay.relay_once(relay.deliver)
    assert len(seen) == 1


def test_a_broker_that_is_away_costs_only_time(consumers, sluice, time_machine):
    seen = []
    outbox.consumer("charts.*", name="late")(lambda event: seen.append(event.pk))

    def away(ids):
        raise ConnectionError("no route")

    relay.relay_once(away)
    time_machine.move_to(now() + timedelta(seconds=3), tick=False)
    relay.relay_once(relay.deliver)
    assert len(seen) == 1


def test_a_failing_consumer_backs_off_stops_no_other_and_ends_as_a_dead_letter(
    consumers, sluice, time_machine, settings
):
    settings.OUTBOX_MAX_ATTEMPTS = 3
    seen = []

    def fails(event):
        moves.change(Sluice.objects.get(), {"turns": 9}, by=job())
        raise RuntimeError("broken pipe")

    outbox.consumer("charts.sluice.create", name="a_fails")(fails)
    outbox.consumer("charts.*", name="b_works")(lambda event: seen.append(event.name))
    for _ in range(5):
        run()
        time_machine.move_to(now() + timedelta(hours=2), tick=False)
    dead = OutboxDelivery.objects.get(consumer="a_fails")
    assert dead.dead_at and dead.attempts == 3 and dead.last_error == "RuntimeError: broken pipe"
    assert seen == ["charts.sluice.create"]
    assert Sluice.objects.get().turns == 0, "the failed consumer's effect was rolled back"


def test_an_event_set_for_later_waits(consumers, sluice, time_machine):
    seen = []
    outbox.consumer("charts.sluice.look_again", name="later")(lambda event: seen.append(event.payload["why"]))
    outbox.later("charts.sluice.look_again", subject=sluice, at=now() + timedelta(hours=1), payload={"why": "tide"})
    run()
    assert seen == []
    time_machine.move_to(now() + timedelta(hours=1, seconds=1), tick=False)
    run()
    assert seen == ["tide"]


def test_the_relay_works_in_batches(consumers, django_assert_max_num_queries):
    OutboxEvent.objects.bulk_create(
        OutboxEvent(name="charts.x", subject_type="x", subject_id="1", subject_key="1", available_at=now())
        for _ in range(200)
    )
    outbox.consumer("charts.x", name="many")(lambda event: None)
    published = []
    with django_assert_max_num_queries(12):
        relay.relay_once(published.append)
    assert sum(len(ids) for ids in published) == 200
    assert len(published) == 10
