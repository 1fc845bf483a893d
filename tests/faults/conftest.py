"""Houses to be disturbed: embedded on SQLite, and on PostgreSQL with a Redis or a RabbitMQ of their own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults.load import Load, prepared, traces
from tests.faults.outside import Outside, outside_world
from tests.running_house import BrokerProcess, RunningHouse, postgresql_database, rabbitmq_server, redis_server
from tests.waiting import until

BROKERS = {"redis": redis_server, "rabbitmq": rabbitmq_server}
PARTS = 8


@dataclass
class Disturbed:
    """A house at work, with what stands around it."""

    house: RunningHouse
    load: Load
    outside: Outside
    broker: BrokerProcess | None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/faults/" in item.path.as_posix():
            item.add_marker(pytest.mark.faults)


@contextmanager
def builder(root: Path) -> Iterator[Callable[[str], Disturbed]]:
    """Builds houses of a kind: `embedded`, `redis`, `rabbitmq`. All of it is gone afterwards."""
    with ExitStack() as stack:

        def make(kind: str) -> Disturbed:
            folder = root / f"{kind}-{len(list(root.iterdir()))}"
            folder.mkdir()
            outside = stack.enter_context(outside_world())
            house, broker = _house(stack, kind, folder)
            stack.callback(house.stop)
            house.extra = {
                "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
                "EMAIL_HOST": "127.0.0.1",
                "EMAIL_PORT": str(outside.mail_port),
            }
            house.manage("migrate", "-v0")
            load = prepared(house, parts=PARTS, service_port=outside.service_port)
            house.manage("collectstatic", "--no-input", "-v0")
            house.start_web()
            return Disturbed(house, load, outside, broker)

        yield make


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Callable[[str], Disturbed]]:
    with builder(tmp_path) as make:
        yield make


@dataclass(frozen=True)
class Calm:
    """What the same work leaves behind when nobody disturbs it, on whatever broker."""

    traces: dict[str, Any]
    mails: int


@pytest.fixture(scope="session")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Calm:
    with builder(tmp_path_factory.mktemp("calm")) as make:
        world = make("embedded")
        world.house.start_worker()
        for number in range(PARTS):
            world.load.release(number)
        left = finish(world.house)
        assert set(world.outside.messages.values()) == {1}
        return Calm(left, len(world.outside.messages))


def finish(house: RunningHouse) -> dict[str, Any]:
    """Wait until the house has come to rest; give back its traces."""
    until(house.is_quiet, seconds=120, what="a quiet outbox")
    return traces(house)


def _house(stack: ExitStack, kind: str, folder: Path) -> tuple[RunningHouse, BrokerProcess | None]:
    if kind == "embedded":
        return RunningHouse(folder), None
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        pytest.skip("DATABASE_URL names no PostgreSQL (make test-faults sets it).")
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed.")
    broker = stack.enter_context(BROKERS[kind](folder))
    return RunningHouse(folder, stack.enter_context(postgresql_database(server)), broker.url), broker
