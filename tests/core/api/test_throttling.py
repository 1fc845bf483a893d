"""Too many requests are told when to come back; one principal's haste is no other's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache
from rest_framework.settings import api_settings

from apps.core.api.throttling import parse_rate

from .conftest import Caller, problem

NOON = datetime(2026, 3, 2, 12, 0, 20, tzinfo=UTC)


@pytest.fixture
def three_a_minute(monkeypatch):
    cache.clear()
    monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "principal", "3/min")
    yield
    cache.clear()


def test_the_window_ends_and_says_when(three_a_minute: None, db: None, request) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        ada, olu = request.getfixturevalue("ada"), request.getfixturevalue("olu")
        assert [ada.get("teams/").status_code for _ in range(4)] == [200, 200, 200, 429]
        answer = ada.get("teams/")
        assert "Expected available in 40 seconds" in problem(answer, 429)["detail"]
        assert answer["Retry-After"] == "40"
        assert olu.get("teams/").status_code == 200
        clock.shift(timedelta(seconds=40))
        assert ada.get("teams/").status_code == 200


def test_a_throttled_write_writes_nothing(three_a_minute: None, ada: Caller) -> None:
    answers = [ada.post("teams/", {"slug": f"t{number}", "name": "T"}).status_code for number in range(4)]
    assert answers == [201, 201, 201, 429]


def test_without_a_rate_nobody_is_stopped(monkeypatch, ada: Caller) -> None:
    monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "principal", None)
    assert {ada.get("teams/").status_code for _ in range(5)} == {200}


def test_an_expired_counter_counts_anew(monkeypatch, three_a_minute: None, ada: Caller) -> None:
    def gone(key: str) -> int:
        raise ValueError(key)

    monkeypatch.setattr("apps.core.api.throttling.cache.incr", gone)
    assert {ada.get("teams/").status_code for _ in range(5)} == {200}


@pytest.mark.parametrize(
    ("rate", "read"), [("3/min", (3, 60)), ("10/s", (10, 1)), ("5/hour", (5, 3600)), ("9/day", (9, 86400))]
)
def test_rates_are_read_as_drf_reads_them(rate: str, read: tuple[int, int]) -> None:
    assert parse_rate(rate) == read
