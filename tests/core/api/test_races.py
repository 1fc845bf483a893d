"""Two at once, on PostgreSQL: one wins, the other is told; a repeat under way waits and has no second effect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.http import HttpResponse

from apps.accounts.actions import create_team
from apps.accounts.models import Team
from apps.core.models import AuditEntry, IdempotencyRecord, OutboxEvent

from .conftest import SYSTEM, Caller, person

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
AT_ONCE = 6


@pytest.fixture
def callers(transactional_db: None) -> list[Caller]:
    ada = person("ada", "administrator")
    return [Caller(ada) for _ in range(AT_ONCE)]


def all_at_once(callers: list[Caller], ask: Callable[[Caller, int], HttpResponse]) -> Iterator[HttpResponse]:
    """Every caller in a thread with a connection of its own, released together."""
    gate = Barrier(len(callers))

    def run(pair: tuple[int, Caller]) -> HttpResponse:
        try:
            gate.wait(timeout=10)
            return ask(pair[1], pair[0])
        finally:
            connection.close()

    with ThreadPoolExecutor(len(callers)) as pool:
        yield from pool.map(run, enumerate(callers))


@pytest.mark.parametrize("attempt", range(3))
def test_of_writers_with_one_etag_one_wins(callers: list[Caller], attempt: int) -> None:
    create_team(slug="payments", name="Payments", by=SYSTEM)
    tag = callers[0].get("teams/payments/")["ETag"]
    answers = list(
        all_at_once(callers, lambda one, at: one.patch("teams/payments/", {"name": f"Writer {at}"}, If_Match=tag))
    )
    told = Counter(answer.status_code for answer in answers)
    assert told == {200: 1, 412: AT_ONCE - 1}
    winner = next(answer for answer in answers if answer.status_code == 200)
    team = Team.objects.get()
    assert (team.name, team.version) == (winner.json()["name"], 2)
    assert AuditEntry.objects.filter(event="accounts.team.change").count() == 1


@pytest.mark.parametrize("attempt", range(3))
def test_a_repeat_under_way_waits_for_the_first_answer(callers: list[Caller], attempt: int) -> None:
    new = {"slug": "billing", "name": "Billing"}
    answers = list(all_at_once(callers, lambda one, at: one.post("teams/", new, Idempotency_Key="once")))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer for answer in answers) == AT_ONCE - 1
    assert Team.objects.count() == IdempotencyRecord.objects.count() == 1
    assert OutboxEvent.objects.filter(name="accounts.team.create").count() == 1


def test_of_creators_with_one_slug_one_wins_and_none_sees_a_fault(callers: list[Caller]) -> None:
    new = {"slug": "billing", "name": "Billing"}
    answers = list(all_at_once(callers, lambda one, at: one.post("teams/", new)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 400: AT_ONCE - 1}
    assert Team.objects.count() == 1


def test_a_first_that_fails_lets_the_next_one_in(callers: list[Caller]) -> None:
    """The claim of a key ends with the transaction that made it: whoever waited takes it over."""
    bodies = [{"slug": "billing", "name": "Billing"}, {"slug": "not a slug", "name": "x"}]
    answers = list(
        all_at_once(callers[:4], lambda one, at: one.post("teams/", bodies[at % 2], Idempotency_Key=f"k{at % 2}"))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 201, 400, 400]
    assert Team.objects.count() == 1
