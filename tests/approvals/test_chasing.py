"""Silence is chased: a reminder a day, one escalation, and never a yes."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from apps.approvals import actions
from apps.approvals.models import Remark, Round
from apps.core.clock import now
from apps.core.errors import Invalid, NotNow
from apps.core.models import AuditEntry, OutboxEvent
from tests.factories import answer, fresh, release_in
from tests.people import SYSTEM, acting

pytestmark = pytest.mark.django_db


def events(name: str) -> int:
    return OutboxEvent.objects.filter(name=f"approvals.{name}").count()


def sweep() -> None:
    actions.sweep_rounds(at=now(), by=SYSTEM)


def test_who_has_not_answered_is_reminded_once_a_day(drain):
    release = release_in("awaiting_approval")
    answer(release, "adam")
    with time_machine.travel(now(), tick=False) as clock:
        for hours, reminded in [(1, 0), (22, 0), (2, 1), (1, 1), (23, 2)]:
            clock.shift(timedelta(hours=hours))
            sweep()
            sweep()
            assert events("ask.remind") == reminded
        drain()
    told = AuditEntry.objects.filter(event="approvals.ask.remind")
    assert told.count() == 2
    assert events("round.escalate") == 0  # somebody has answered


def test_silence_is_told_once_after_half_of_the_time(drain):
    release = release_in("awaiting_approval")
    with time_machine.travel(now(), tick=False) as clock:
        clock.shift(timedelta(hours=59))
        sweep()
        assert events("round.escalate") == 0
        clock.shift(timedelta(hours=2))
        sweep()
        sweep()
        drain()
        assert events("round.escalate") == 1
        clock.shift(timedelta(hours=60))
        sweep()
    assert Round.objects.get().status == "expired"
    assert fresh(release).status == "awaiting_approval"


def test_a_question_back_is_no_silence():
    release = release_in("awaiting_approval")
    actions.remark(round=release.round, text="Who tested it?", by=acting("adam"), is_question=True)
    with time_machine.travel(now() + timedelta(hours=61), tick=False):
        sweep()
    assert events("round.escalate") == 0


def test_a_remark_says_something_while_the_round_is_open(drain):
    release = release_in("awaiting_approval")
    with pytest.raises(Invalid):
        actions.remark(round=release.round, text="  ", by=acting("adam"))
    actions.remark(round=release.round, text="It is fine.", by=acting("carl"))
    drain()
    answer(release, "adam", "reject", "No.")
    with pytest.raises(NotNow):
        actions.remark(round=fresh(release).round or release.round, text="Why?", by=acting("carl"))
    assert Remark.objects.count() == 1
