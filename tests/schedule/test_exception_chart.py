"""Every (status × step) cell of the freeze exception's chart, and who may take each step."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from apps.core import moves
from apps.core.actor import job
from apps.core.clock import now
from apps.core.errors import Invalid, NotNow, NotPermitted
from apps.core.lifecycle import steps_of
from apps.core.models import AuditEntry, OutboxEvent
from apps.schedule import actions
from apps.schedule.forms import EXCEPTION_STEPS
from apps.schedule.lifecycle import ExceptionStatus
from apps.schedule.models import FreezeException
from tests.people import ROLES, SYSTEM, acting
from tests.schedule.calendar import HOUR, MONDAY, ask, freeze

pytestmark = pytest.mark.django_db
NOON = MONDAY + 4 * HOUR
CHART = {
    ("requested", "grant"): "granted",
    ("requested", "deny"): "denied",
    ("requested", "expire"): "expired",
    ("granted", "expire"): "expired",
}


@pytest.fixture(autouse=True)
def _at_noon():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def exception_in(status: str) -> FreezeException:
    asked = ask(freeze())
    if status == "granted":
        return actions.grant_exception(exception=asked, by=acting("adam"))
    if status == "denied":
        return actions.deny_exception(exception=asked, by=acting("adam"), note="No.")
    if status == "expired":
        asked = moves.change(asked, {"until": NOON - HOUR}, by=SYSTEM)
        return actions.expire_exception(exception=asked, by=job())
    return asked


@pytest.mark.parametrize("status", ExceptionStatus.values)
@pytest.mark.parametrize("step", [step.name for step in steps_of(FreezeException)])
def test_every_cell_of_the_chart(status, step):
    exception = exception_in(status)
    assert exception.status == status
    if step == "expire":
        exception = moves.change(exception, {"until": NOON - HOUR}, by=SYSTEM)
    before = AuditEntry.objects.count(), OutboxEvent.objects.count()
    change = {"until": NOON + HOUR} if step == "grant" else {}
    target = CHART.get((status, step))
    if target is None:
        with pytest.raises(NotNow) as refused:
            moves.move(exception, step, by=SYSTEM, note="because", change=change)
        assert [one.code for one in refused.value.blockers] == ["wrong_state"]
        assert (AuditEntry.objects.count(), OutboxEvent.objects.count()) == before
    else:
        assert moves.move(exception, step, by=SYSTEM, note="because", change=change).status == target
        entry = AuditEntry.objects.first()
        assert (entry.event, entry.before, entry.after) == (f"schedule.freezeexception.{step}", status, target)
        assert OutboxEvent.objects.last().name == entry.event


@pytest.mark.parametrize("name", [name for name in ROLES if name not in ("rosa", "rolf", "adam", "anna")])
@pytest.mark.parametrize("step", ["grant", "deny"])
def test_only_a_release_manager_or_an_approver_decides(name, step):
    exception = exception_in("requested")
    with pytest.raises(NotPermitted):
        EXCEPTION_STEPS[step].action(exception=exception, by=acting(name), note="because")


def test_who_asked_does_not_decide():
    made = freeze()
    asked = actions.request_exception(freeze=made, release_key="REL-1", digest="d", reason="Now.", by=acting("rosa"))
    with pytest.raises(NotPermitted, match="did not ask"):
        actions.grant_exception(exception=asked, by=acting("rosa"))
    granted = actions.grant_exception(exception=asked, by=acting("rolf"))
    assert (granted.decided_by.username, granted.decided_at) == ("rolf", NOON)


@pytest.mark.parametrize("name", ["adam", "audrey", "ivan", "ida", "nora"])
def test_who_may_not_ask(name):
    with pytest.raises(NotPermitted):
        actions.request_exception(freeze=freeze(), release_key="R", digest="d", reason="Now.", by=acting(name))


def test_granting_without_a_moment_lasts_as_asked_or_to_the_freezes_end():
    assert exception_in("granted").until == MONDAY + 24 * HOUR
    asked = ask(freeze("Another"), until=NOON + 2 * HOUR)
    assert actions.grant_exception(exception=asked, by=acting("adam")).until == NOON + 2 * HOUR


def test_a_freeze_that_is_over_grants_nothing(_at_noon):
    asked = exception_in("requested")
    _at_noon.move_to(MONDAY + 25 * HOUR)
    with pytest.raises(NotNow, match="The freeze is over"):
        actions.grant_exception(exception=asked, by=acting("adam"))


def test_an_exception_with_time_left_does_not_expire():
    with pytest.raises(NotNow, match="still has time"):
        actions.expire_exception(exception=exception_in("granted"), by=job())


@pytest.mark.parametrize(
    ("fields", "pointer"), [({"reason": " "}, "reason"), ({"until": NOON - HOUR}, "until"), ({"until": NOON}, "until")]
)
def test_a_faulty_request_is_refused(fields, pointer):
    with pytest.raises(Invalid) as refused:
        ask(freeze(), **fields)
    assert refused.value.errors[0].pointer == pointer
    assert not FreezeException.objects.exists()


def test_one_open_exception_for_a_release_and_digest():
    made = freeze()
    first = ask(made)
    with pytest.raises(Invalid, match="already"):
        ask(made)
    actions.deny_exception(exception=first, by=acting("adam"), note="Not like this.")
    assert ask(made).status == "requested"


def test_denying_needs_a_reason():
    with pytest.raises(Invalid, match="needs a reason"):
        actions.deny_exception(exception=exception_in("requested"), by=acting("adam"))


def test_the_sweep_expires_what_is_over_and_nothing_else(_at_noon):
    made = freeze()
    short = actions.grant_exception(exception=ask(made, release_key="A"), until=NOON + HOUR, by=acting("adam"))
    long = actions.grant_exception(exception=ask(made, release_key="B"), by=acting("adam"))
    recurring = ask(freeze("Weekly", rrule="FREQ=WEEKLY"), release_key="C")
    _at_noon.move_to(NOON + HOUR)
    assert actions.sweep_exceptions(at=now(), by=job()) == [short]
    _at_noon.move_to(MONDAY + 25 * HOUR)
    assert actions.sweep_exceptions(at=now(), by=job()) == [long]
    assert FreezeException.objects.get(pk=recurring.pk).status == "requested", "its freeze comes again"


def test_a_freeze_years_ahead_has_not_ended():
    far = freeze(start=MONDAY + timedelta(days=900))
    assert actions.grant_exception(exception=ask(far), by=acting("adam")).until == far.ends_at
