"""What every test stands on: no network, the outbox drained by hand, query budgets, the shared real payloads."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations
from hypothesis import HealthCheck, settings

from tests.budgets import Budgets
from tests.people import adam, anna, audrey, carl, ida, ivan, nora, rolf, rosa, sven  # noqa: F401

CI = bool(os.environ.get("CI"))
ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"

settings.register_profile(
    "house", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("explore", parent=settings.get_profile("house"), derandomize=False, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record-budgets", action="store_true", help="write the query counts seen as the new budgets")


# --- in CI a skipped test is a failed one: what was not run was not proved -------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    return _skip_is_failure((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    return _skip_is_failure((yield))


def _skip_is_failure(report: pytest.TestReport) -> pytest.TestReport:
    if CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"Skipped in CI, where nothing may be: {reason}"
    return report


# --- what migrations wrote (the built-in types) is there again after the flush of every transactional test -----------


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them or none: a flush that restores nothing leaves other keys behind than the next restore expects."""
    whole = pytest.mark.django_db(transaction=True, serialized_rollback=True)
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker and marker.kwargs.get("transaction") and not marker.kwargs.get("serialized_rollback"):
            item.add_marker(whole, append=False)


# --- no network: a test that leaves this machine is a bug ---------------------------------------------------------

LOOPBACK = re.compile(r"^(127\.|::1$|localhost$|0\.0\.0\.0$)")


class NetworkForbidden(OSError):
    """A test tried to leave this machine."""


def _guarded(connect: Callable) -> Callable:
    def guard(self: socket.socket, address: object) -> object:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not LOOPBACK.match(str(address[0])):
            raise NetworkForbidden(f"Tests stay on this machine; {address[0]} is elsewhere.")
        return connect(self, address)

    return guard


def pytest_configure(config: pytest.Config) -> None:
    socket.socket.connect = _guarded(socket.socket.connect)
    socket.socket.connect_ex = _guarded(socket.socket.connect_ex)


# --- the audit trail cannot be deleted, not even by the flush between transactional tests ------------------------------


@pytest.fixture(autouse=True, scope="session")
def _flush_may_empty_the_trail() -> Iterator[None]:
    """Lift the append-only triggers for the length of Django's flush, on SQLite and PostgreSQL alike."""
    original = BaseDatabaseOperations.execute_sql_flush

    def flush(self: BaseDatabaseOperations, sql_list: list[str]) -> None:
        if self.connection.vendor == "postgresql":
            original(
                self, ["SET session_replication_role = replica", *sql_list, "SET session_replication_role = DEFAULT"]
            )
            return
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%RAISE%'")
            triggers = cursor.fetchall()
        quote = self.quote_name
        drops = [f"DROP TRIGGER {quote(name)}" for name, _ in triggers]
        original(self, [*drops, *sql_list, *[sql for _, sql in triggers]])

    BaseDatabaseOperations.execute_sql_flush = flush
    yield
    BaseDatabaseOperations.execute_sql_flush = original


# --- fixtures ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def drain(db: None) -> Callable[[], int]:
    """Run the outbox to quiet, synchronously and without Celery. Returns how many deliveries were made."""
    from apps.core import relay

    def run() -> int:
        delivered: list[int] = []

        def publish(ids: list[int]) -> None:
            delivered.extend(ids)
            relay.deliver(ids)

        for _ in range(200):
            if not relay.relay_once(publish):
                return len(delivered)
        raise AssertionError("The outbox does not come to rest: an event seems to cause itself.")

    return run


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real payloads that stands beside the repository."""
    if not SHARED_DATA.is_dir():
        pytest.skip("The real payloads (../shared/data) are not beside this repository.")
    return SHARED_DATA


@pytest.fixture(scope="session")
def budgets(request: pytest.FixtureRequest) -> Budgets:
    return Budgets(ROOT / "tests" / "query_budgets.json", record=request.config.getoption("--record-budgets"))


@pytest.fixture
def query_budget(db: None, budgets: Budgets) -> Callable:
    """`with query_budget("api.releases.list"): client.get(...)` holds the block to its recorded number of queries."""
    return lambda name: budgets.watch(name, connection)
