"""/healthz, /readyz and /prometheus."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client

from apps.core import heartbeat, readiness
from apps.core.clock import now
from apps.core.models import Heartbeat, OutboxDelivery, OutboxEvent
from tests.charts.models import Sluice

from .conftest import problem


def test_the_process_lives_without_asking_the_database(django_assert_num_queries, db: None) -> None:
    with django_assert_num_queries(0):
        answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"alive": True})
    assert Client().post("/healthz").status_code == 405


def test_ready_when_every_part_is(db: None) -> None:
    heartbeat.note(heartbeat.WORKER)
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    told = answer.json()
    assert told["ready"] is True and told["not_ready"] == []
    assert {part["part"] for part in told["parts"]} == {"database", "migrations", "broker", "worker"}


def test_a_silent_worker_is_named_with_the_remedy(db: None) -> None:
    told = Client().get("/readyz")
    assert told.status_code == 503 and told.json()["not_ready"] == ["worker"]
    Heartbeat.objects.create(name=heartbeat.WORKER, at=now() - timedelta(minutes=5))
    told = Client().get("/readyz")
    assert told.status_code == 503
    part = next(part for part in told.json()["parts"] if part["part"] == "worker")
    assert part["ok"] is False and "worker" in part["remedy"]
    assert told["Cache-Control"] == "no-store"


def test_a_database_that_is_away_is_named_and_nothing_leaks(monkeypatch, db: None) -> None:
    def away(*args: object) -> None:
        raise OperationalError("connection to db.internal failed: password authentication")

    with monkeypatch.context() as patched:
        patched.setattr(readiness.connection, "cursor", away)
        answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert "database" in answer.json()["not_ready"]
    assert b"db.internal" not in answer.content and b"password" not in answer.content


def figures(**headers: str) -> dict[str, float]:
    cache.clear()
    answer = Client().get("/prometheus", headers=headers)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.content.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_the_figures(db: None) -> None:
    late = OutboxEvent.objects.create(name="a.b.c", subject_id="1", available_at=now() - timedelta(seconds=90))
    OutboxDelivery.objects.create(event=late, consumer="x", available_at=now())
    OutboxDelivery.objects.create(event=late, consumer="y", available_at=now(), dead_at=now())
    heartbeat.note(heartbeat.WORKER)
    Sluice.objects.create(key="north")
    told = figures()
    assert told["tidegate_outbox_waiting"] == 1
    assert 90 <= told["tidegate_outbox_lag_seconds"] < 120
    assert told["tidegate_outbox_deliveries_open"] == told["tidegate_outbox_dead_letters"] == 1
    assert told["tidegate_worker_heartbeat_age_seconds"] < 30
    assert told['tidegate_records{kind="charts.sluice",status="shut"}'] == 1


def test_a_quiet_house_has_no_lag(db: None) -> None:
    told = figures()
    assert told["tidegate_outbox_waiting"] == told["tidegate_outbox_lag_seconds"] == 0
    assert "tidegate_worker_heartbeat_age_seconds" not in told


@pytest.mark.parametrize(
    ("remote", "forwarded", "status"),
    [
        ("127.0.0.1", "", 200), ("::1", "", 200), ("10.1.2.3", "", 200), ("203.0.113.9", "", 403), ("", "", 403),
        ("127.0.0.1", "203.0.113.9", 403), ("127.0.0.1", "10.1.2.3", 200), ("203.0.113.9", "127.0.0.1", 403),
        ("127.0.0.1", "nonsense", 403),
    ],
)  # fmt: skip
def test_figures_are_for_the_allowed_networks(settings, db: None, remote: str, forwarded: str, status: int) -> None:
    settings.TIDEGATE_PROMETHEUS_ALLOW = ["127.0.0.1/32", "::1/128", "10.0.0.0/8"]
    answer = Client(REMOTE_ADDR=remote).get("/prometheus", headers={"X-Forwarded-For": forwarded} if forwarded else {})
    assert answer.status_code == status
    if status == 403:
        problem(answer, 403)
