"""kill -9 in the middle of a check, of a mail, of a request: nothing is lost, nothing counts twice, nobody sees a 500."""

from __future__ import annotations

import threading
from collections.abc import Callable
from copy import deepcopy

import pytest

from tests.faults.conftest import PARTS, Calm, Disturbed, finish
from tests.waiting import until

KINDS = ["embedded", "redis", "rabbitmq"]
# A mail that goes again carries a fresh link: the only trace that a crash may leave more of.
MADE_ANEW = "approvals.approvallink.issue"
TOLD_OF_ALL = "integrations.fan_out"  # it is told of every event, of the fresh links too
COUNTED = ("entries", "events", "deliveries")


def unlike(left: dict[str, int], expected: dict[str, int]) -> dict[str, tuple[int, int]]:
    """The names that were counted differently: what is left behind, and what should be."""
    counts = {name: (left.get(name, 0), expected.get(name, 0)) for name in left.keys() | expected.keys()}
    return {name: pair for name, pair in counts.items() if pair[0] != pair[1]}


def assert_same(world: Disturbed, calm: Calm) -> None:
    """The same deeds, the same events, the same deliveries; every mail there, a repeat known by its Message-ID."""
    left, expected = finish(world.house), deepcopy(calm.traces)
    for kind, name in (("entries", MADE_ANEW), ("events", MADE_ANEW), ("deliveries", TOLD_OF_ALL)):
        assert left[kind].pop(name, 0) >= expected[kind].pop(name, 0)
    assert {kind: unlike(left[kind], expected[kind]) for kind in COUNTED} == dict.fromkeys(COUNTED, {})
    assert left["whole"]
    assert left["dead"] == left["undone"] == 0
    assert len(world.outside.messages) == calm.mails > 0
    assert all(status < 500 for status in world.load.statuses)


@pytest.mark.parametrize("kind", KINDS)
def test_the_worker_is_killed_in_the_middle_of_checks_and_mails(build: Callable[[str], Disturbed], calm, kind):
    world = build(kind)
    world.house.start_worker("worker-0")
    for number in range(PARTS):
        world.load.release(number)
        until(world.outside.is_talking, seconds=60, what="a check or a mail in flight")
        world.house.kill(f"worker-{number}")
        world.house.start_worker(f"worker-{number + 1}")
    assert_same(world, calm)


@pytest.mark.parametrize("kind", ["redis", "rabbitmq"])
def test_the_broker_is_killed_under_load(build: Callable[[str], Disturbed], calm, kind):
    world = build(kind)
    world.house.start_worker()
    for number in range(PARTS):
        if number % 3 == 1:
            world.broker.kill()
        world.load.release(number)
        if world.broker.process is None and number % 3 == 2:
            world.broker.start()
    if world.broker.process is None:
        world.broker.start()
    assert_same(world, calm)


def test_the_web_server_is_killed_while_people_work(build: Callable[[str], Disturbed], calm):
    """Whoever gets no answer sends again with the same key; the work is done once."""
    world = build("embedded")
    world.house.start_worker()
    for number in range(PARTS):
        axe = threading.Timer(0.03 * number, lambda: (world.house.kill("web"), world.house.start_web()))
        axe.start()  # it falls while the requests of this release are being answered, each time a little later
        world.load.release(number)
        axe.join()
    assert_same(world, calm)
