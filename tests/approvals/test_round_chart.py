"""Every (status × step) cell of the round's chart."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from apps.approvals import actions
from apps.approvals.lifecycle import RoundStatus
from apps.approvals.models import Round
from apps.core import moves
from apps.core.clock import now
from apps.core.errors import NotNow
from apps.core.lifecycle import available_steps, steps_of
from apps.core.models import AuditEntry, OutboxEvent
from tests.approvals.rounds import group, open_round, say
from tests.people import SYSTEM, acting

pytestmark = pytest.mark.django_db
CHART = {
    ("pending", "approve"): "approved",
    ("pending", "reject"): "rejected",
    ("pending", "cancel"): "cancelled",
    ("pending", "expire"): "expired",
}


def round_in(status: str) -> Round:
    asked = open_round(group("Authority", "adam", "anna", mode="n", n=2))
    if status == "approved":
        say(asked, "adam")
        return say(asked, "anna")
    if status == "rejected":
        return say(asked, "adam", "reject", "Not tested.")
    if status == "cancelled":
        return actions.cancel_round(round=asked, reason="The content changed.", by=SYSTEM)
    if status == "expired":
        with time_machine.travel(asked.expires_at + timedelta(seconds=1), tick=False):
            return actions.expire_round(round=asked, by=SYSTEM)
    return asked


def made_ready(asked: Round, step: str) -> Round:
    """Bring about what the step's guard asks for, without the round noticing: only the guard is looked at."""
    if asked.status != RoundStatus.PENDING:
        return asked
    if step == "expire":
        return moves.change(asked, {"expires_at": now() - timedelta(minutes=1)}, by=SYSTEM)
    if step == "approve":
        return moves.change(asked, {"rules": {"groups": []}}, by=SYSTEM)
    if step == "reject":
        rules = {"groups": [group("Authority", "adam", "anna", mode="n", n=2, max_objections=1)]}
        asked = moves.change(asked, {"rules": rules}, by=SYSTEM)
        asked = say(asked, "adam", "reject", "No.")
        return moves.change(asked, {"rules": {"groups": [group("Authority", "adam", "anna")]}}, by=SYSTEM)
    return asked


@pytest.mark.parametrize("status", RoundStatus.values)
@pytest.mark.parametrize("step", [step.name for step in steps_of(Round)])
def test_every_cell_of_the_chart(status, step):
    asked = made_ready(round_in(status), step)
    target = CHART.get((status, step))
    before = AuditEntry.objects.count(), OutboxEvent.objects.count()
    change = {"closed_at": now()}
    if target is None:
        with pytest.raises(NotNow) as refused:
            moves.move(asked, step, by=SYSTEM, note="because", change=change)
        assert [one.code for one in refused.value.blockers] == ["wrong_state"]
        assert (AuditEntry.objects.count(), OutboxEvent.objects.count()) == before
        assert Round.objects.get(pk=asked.pk).status == status
    else:
        moved = moves.move(asked, step, by=SYSTEM, note="because", change=change)
        assert moved.status == target
        entry = AuditEntry.objects.first()
        assert (entry.event, entry.before, entry.after) == (f"approvals.round.{step}", status, target)
        assert OutboxEvent.objects.last().name == entry.event


@pytest.mark.parametrize("step", ["approve", "reject", "expire"])
def test_a_step_whose_time_has_not_come_says_what_is_missing(step):
    asked = round_in("pending")
    with pytest.raises(NotNow) as refused:
        moves.move(asked, step, by=SYSTEM, change={"closed_at": now()})
    assert refused.value.blockers[0].message in {
        "“Authority” has 0 of 2 approvals; 2 missing.",
        "Nobody has objected beyond what the rules bear.",
        "There is still time to answer.",
    }


def test_cancelling_needs_a_reason():
    asked = round_in("pending")
    with pytest.raises(Exception, match="needs a reason"):
        actions.cancel_round(round=asked, reason=" ", by=SYSTEM)


def test_no_step_is_a_persons_step():
    """The clerk counts: nobody closes a round by pressing a button."""
    assert all(step.is_consequence for step in steps_of(Round))
    assert available_steps(round_in("pending"), acting("ivan").user) == []


@pytest.mark.parametrize("status", ["approved", "rejected", "cancelled", "expired"])
def test_an_end_state_is_not_left(status):
    closed = round_in(status)
    assert closed.closed_at is not None
    assert not closed.asks.filter(settled_at=None).exists()
    assert all(status not in step.sources for step in steps_of(Round))
