"""Freezes: what is in force over what, whom it stops, and who can lift it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from apps.core.actor import job
from apps.core.errors import Invalid, NotNow, NotPermitted
from apps.core.models import AuditEntry
from apps.schedule import actions
from apps.schedule.models import Freeze, Window
from apps.schedule.queries import (
    blockers_for,
    freezes_between,
    freezes_in_force,
    is_within_a_window,
    next_window,
    occurrences,
)
from tests.people import acting
from tests.schedule.calendar import (
    DIGEST,
    HOUR,
    MONDAY,
    ask,
    environment,
    freeze,
    party,
    service,
    value_stream,
    window,
)

pytestmark = pytest.mark.django_db
NOON = MONDAY + 4 * HOUR


def in_force(at=NOON, **reach) -> list[str]:
    return [one.name for one in freezes_in_force(at, **reach)]


@pytest.mark.parametrize(
    ("moment", "expected"),
    [(MONDAY - timedelta(microseconds=1), []), (MONDAY, ["F"]), (MONDAY + 24 * HOUR, [])],
)
def test_it_holds_from_its_start_up_to_its_end(moment, expected):
    freeze("F")
    assert in_force(moment) == expected


def test_a_recurring_freeze_says_when_this_time_ends():
    weekly = freeze("Pay day", hours=10, rrule="FREQ=WEEKLY;BYDAY=MO")
    later = NOON + timedelta(days=14)
    assert in_force(later) == ["Pay day"]
    assert weekly.in_force_until(later) == MONDAY + timedelta(days=14, hours=10)
    assert in_force(NOON + timedelta(days=1)) == []


def test_scopes_must_all_be_touched_and_an_empty_one_is_everything():
    freeze("everything")
    freeze("production", environments=[environment("production")])
    freeze("payments", services=[service("payments")])
    freeze("both", environments=[environment("production")], services=[service("payments")])
    freeze("stream", value_streams=[value_stream("order-to-cash")])
    production, staging = environment("production"), environment("staging")
    payments, search = service("payments"), service("search")
    assert set(in_force(environments=[production], services=[payments], value_streams=[])) == {
        "everything",
        "production",
        "payments",
        "both",
    }
    assert in_force(environments=[staging], services=[search], value_streams=[]) == ["everything"]
    assert set(in_force(environments=[staging.pk], services=[payments.pk], value_streams=[])) == {
        "everything",
        "payments",
    }
    assert "stream" in in_force(environments=[], services=[], value_streams=[value_stream("order-to-cash")])
    assert len(in_force()) == 5, "what is not said is not narrowed"


def test_a_freeze_for_one_party_is_over_the_services_it_consumes():
    freeze("For the bank", party=party("bank", "payments"))
    assert in_force(services=[service("payments")]) == ["For the bank"]
    assert in_force(services=[service("search")]) == []


@pytest.mark.parametrize(
    ("kind", "excepted", "model_kind", "forbidden"),
    [
        ("hard", [], "normal", True),
        ("hard", [], "emergency", True),
        ("soft", ["emergency"], "normal", True),
        ("soft", ["emergency"], "emergency", False),
        ("soft", [], "standard", True),
        ("information", [], "normal", False),
    ],
)
def test_whom_each_kind_stops(kind, excepted, model_kind, forbidden):
    freeze("F", kind=kind, excepted_model_kinds=excepted)
    assert bool(blockers_for(at=NOON, model_kind=model_kind)) == forbidden


def test_a_blocker_names_the_freeze_its_end_and_who_can_lift_it():
    made = freeze("Year's end")
    (blocker,) = blockers_for(at=NOON)
    assert blocker.code == "frozen"
    assert f"“Year's end” ({made.key}) is in force until 2026-11-24 08:00 UTC" in blocker.message
    assert blocker.until == MONDAY + 24 * HOUR
    assert "release manager or approver" in blocker.who_can_lift
    assert blocker.url.endswith(f"/schedule/freeze/{made.pk}/change/")


def test_an_exception_lets_one_release_with_one_digest_through_until_its_moment():
    with time_machine.travel(NOON, tick=False):
        made = freeze()
        granted = actions.grant_exception(exception=ask(made), until=NOON + HOUR, by=acting("adam"))
        assert granted.status == "granted"
        mine = {"release_key": "REL-2026-0001", "digest": DIGEST}
        assert blockers_for(at=NOON, **mine) == []
        assert blockers_for(at=NOON + HOUR, **mine), "its time is over"
        assert blockers_for(at=NOON, **{**mine, "digest": "e" * 64}), "the release has changed"
        assert blockers_for(at=NOON, **{**mine, "release_key": "REL-2026-0002"}), "another release"
        assert blockers_for(at=NOON)


def test_an_exception_that_has_expired_still_counts_for_the_time_it_held():
    mine = {"release_key": "REL-2026-0001", "digest": DIGEST}
    with time_machine.travel(NOON, tick=False) as clock:
        granted = actions.grant_exception(exception=ask(freeze()), until=NOON + HOUR, by=acting("adam"))
        clock.move_to(NOON + 2 * HOUR)
        actions.expire_exception(exception=granted, by=job())
    assert blockers_for(at=NOON, **mine) == []
    assert blockers_for(at=NOON - timedelta(seconds=1), **mine), "it had not been granted yet"
    assert blockers_for(at=NOON + HOUR, **mine)


def test_an_exception_that_expired_before_anybody_decided_never_held():
    with time_machine.travel(NOON, tick=False) as clock:
        asked = ask(freeze(), until=NOON + HOUR)
        clock.move_to(NOON + HOUR)
        actions.expire_exception(exception=asked, by=job())
    assert blockers_for(at=NOON, release_key="REL-2026-0001", digest=DIGEST)


def test_an_exception_that_is_only_asked_for_or_denied_lets_nobody_through():
    with time_machine.travel(NOON, tick=False):
        asked = ask(freeze())
        mine = {"release_key": "REL-2026-0001", "digest": DIGEST}
        assert blockers_for(at=NOON, **mine)
        actions.deny_exception(exception=asked, by=acting("adam"), note="It can wait.")
        assert blockers_for(at=NOON, **mine)


def test_an_exception_from_a_freeze_that_recurs_holds_by_itself_through_the_next_one():
    weekly = freeze("Pay day", hours=10, rrule="FREQ=WEEKLY;BYDAY=MO")
    with time_machine.travel(NOON + timedelta(days=2), tick=False):
        granted = actions.grant_exception(exception=ask(weekly), by=acting("adam"))
    assert granted.until == MONDAY + timedelta(days=7, hours=10)


def test_lifting_ends_it_for_everybody_and_keeps_what_was():
    made = freeze()
    with time_machine.travel(NOON, tick=False):
        lifted = actions.lift_freeze(freeze=made, by=acting("rosa"))
        with pytest.raises(NotNow, match="lifted already"):
            actions.lift_freeze(freeze=lifted, by=acting("rosa"))
    assert in_force(NOON) == []
    assert in_force(NOON - HOUR) == ["Year's end"], "what it forbade until then stays on record"


@pytest.mark.parametrize("name", ["carl", "adam", "sven", "audrey", "ivan", "ida"])
def test_only_a_release_manager_sets_moves_lifts_and_removes(name):
    made, weekly = freeze(), window()
    for refused in (
        lambda: actions.create_freeze(name="F", starts_at=MONDAY, ends_at=NOON, by=acting(name)),
        lambda: actions.change_freeze(freeze=made, fields={"name": "G"}, by=acting(name)),
        lambda: actions.lift_freeze(freeze=made, by=acting(name)),
        lambda: actions.remove_freeze(freeze=made, by=acting(name)),
        lambda: actions.create_window(name="W", starts_at=MONDAY, ends_at=NOON, by=acting(name)),
        lambda: actions.change_window(window=weekly, fields={"name": "V"}, by=acting(name)),
        lambda: actions.remove_window(window=weekly, by=acting(name)),
    ):
        with pytest.raises(NotPermitted):
            refused()


@pytest.mark.parametrize("make", [freeze, window])
def test_what_ends_before_it_starts_is_refused_and_nothing_written(make):
    with pytest.raises(Invalid) as refused:
        make(hours=-1)
    assert [(one.pointer, one.code, one.detail) for one in refused.value.errors] == [
        ("ends_at", "before_start", "It ends before it starts.")
    ]
    assert not Freeze.objects.exists()
    assert not Window.objects.exists()


def test_moving_its_end_before_its_start_is_refused_too():
    made = freeze()
    with pytest.raises(Invalid, match="ends before it starts"):
        actions.change_freeze(freeze=made, fields={"ends_at": MONDAY - HOUR}, by=acting("rosa"))


@pytest.mark.parametrize(
    ("kind", "excepted"), [("hard", ["emergency"]), ("soft", ["emergencies"]), ("soft", "emergency"), ("soft", [1])]
)
def test_exceptions_by_kind_of_model_make_sense(kind, excepted):
    with pytest.raises(Invalid) as refused:
        freeze(kind=kind, excepted_model_kinds=excepted)
    assert refused.value.errors[0].pointer == "excepted_model_kinds"


def test_columns_and_scope_change_together_and_are_recorded():
    made = freeze()
    changed = actions.change_freeze(
        freeze=made, fields={"name": "Longer", "environments": [environment("production")]}, by=acting("rosa")
    )
    assert (changed.name, changed.environments.get().slug) == ("Longer", "production")
    changes = [one.changes for one in AuditEntry.objects.filter(event="schedule.freeze.change")]
    assert changes == [{"environments": [[], ["Production"]]}, {"name": ["Year's end", "Longer"]}]


def test_a_freeze_with_exceptions_is_not_removed():
    with time_machine.travel(NOON, tick=False):
        made = freeze()
        ask(made)
    with pytest.raises(NotNow, match="still used"):
        actions.remove_freeze(freeze=made, by=acting("rosa"))


def test_conflicts_are_seen_ahead():
    freeze("Pay day", hours=10, rrule="FREQ=WEEKLY;BYDAY=MO")
    freeze("Other", environments=[environment("staging")])
    found = freezes_between(MONDAY, MONDAY + timedelta(days=21), environments=[environment("production")])
    assert [one.occurrence.starts_at for one in found] == [MONDAY + timedelta(days=7 * week) for week in range(3)]


def test_what_was_lifted_before_a_span_is_no_conflict_in_it():
    made = freeze()
    with time_machine.travel(NOON, tick=False):
        actions.lift_freeze(freeze=made, by=acting("rosa"))
    assert freezes_between(NOON + HOUR, NOON + 2 * HOUR) == []
    (before,) = freezes_between(MONDAY, NOON + HOUR)
    assert before.occurrence.ends_at == NOON


def test_a_release_is_within_a_window_only_when_one_holds_the_whole_of_it():
    window(rrule="FREQ=WEEKLY;BYDAY=MO", environments=[environment("production")])
    production, staging = [environment("production")], [environment("staging")]
    assert is_within_a_window(MONDAY, MONDAY + 2 * HOUR, production)
    assert not is_within_a_window(MONDAY, MONDAY + 3 * HOUR, production)
    assert not is_within_a_window(MONDAY, MONDAY + HOUR, staging)
    ahead = next_window(MONDAY + HOUR, production)
    assert ahead.occurrence.starts_at == MONDAY + timedelta(days=7)
    assert next_window(MONDAY, staging) is None


def test_the_calendar_lists_everything_in_order_and_a_lifted_freeze_no_further():
    window(rrule="FREQ=DAILY;COUNT=3")
    made = freeze("Daily", hours=1, rrule="FREQ=DAILY")
    with time_machine.travel(MONDAY + timedelta(days=1, hours=3), tick=False):
        actions.lift_freeze(freeze=made, by=acting("rosa"))
    found = occurrences(MONDAY, MONDAY + timedelta(days=5))
    assert [(one.record.name, one.occurrence.starts_at.day) for one in found] == [
        ("Daily", 23),
        ("Weekly", 23),
        ("Daily", 24),
        ("Weekly", 24),
        ("Weekly", 25),
    ]


@pytest.mark.parametrize("count", [1, 8])
def test_what_is_in_force_is_asked_in_as_many_queries_however_much_there_is(django_assert_max_num_queries, count):
    for number in range(count):
        freeze(f"F{number}", environments=[environment("production")], services=[service("payments")])
    with django_assert_max_num_queries(6):
        assert len(blockers_for(at=NOON, release_key="R", digest="d")) == count
