"""Release trains: the chart, boarding and leaving, one window for all, going together, and circles that are refused."""

from __future__ import annotations

import pytest
import time_machine

from apps.core import moves
from apps.core.errors import Invalid, NotPermitted
from apps.core.models import AuditEntry
from apps.releases import actions
from apps.releases.lifecycle.words import TrainStatus
from apps.releases.models import Train
from apps.releases.queries import departure_of
from tests.factories import do_tasks, draft_release, fresh, release_in
from tests.people import SYSTEM, acting
from tests.releases.trains import BARE, aboard, as_now, depart, later, needs, refusal, train
from tests.releases.walking import everybody, expect_refused, expect_taken, names_of_steps

pytestmark = pytest.mark.django_db
CHART: dict[tuple[str, str], str] = {
    ("planned", "depart"): "departed",
    ("planned", "set_off"): "departed",
    ("departed", "arrive"): "arrived",
    ("planned", "cancel"): "cancelled",
}


@pytest.fixture(autouse=True)
def _people(db: None) -> None:
    everybody()


def _set_off(its: Train) -> None:
    actions.start_release(release=its.releases.first(), by=acting("rosa"))
    actions.judge_train(train=its, by=SYSTEM)


def _arrive(its: Train) -> None:
    do_tasks(its.releases.first(), "prepare", "execute")
    actions.judge_train(train=its, by=SYSTEM)


DEEDS = {
    "depart": depart,
    "set_off": _set_off,
    "arrive": _arrive,
    "cancel": lambda its: actions.cancel_train(train=its, by=acting("rosa"), note="No winter."),
}
BARE_STEPS = {name: lambda its, name=name: moves.move(its, name, by=SYSTEM) for name in ("set_off", "arrive")}


def train_in(status: str) -> Train:
    its = train()
    aboard(its)
    if status in ("departed", "arrived"):
        depart(its)
    if status == "arrived":
        _arrive(as_now(its))
    if status == "cancelled":
        DEEDS["cancel"](its)
    return as_now(its)


def test_the_table_names_every_step() -> None:
    assert {step for _status, step in CHART} == names_of_steps(Train) == DEEDS.keys()


@pytest.mark.parametrize("status", TrainStatus.values)
def test_every_step_from(status: str) -> None:
    its = train_in(status)
    assert its.status == status
    for step, deed in DEEDS.items():
        target = CHART.get((status, step))
        if target is None:
            expect_refused(its, step, BARE_STEPS.get(step, deed))
        else:
            expect_taken(its, step, deed, target)


# One window for all


def test_whoever_boards_takes_the_window_and_a_scheduled_one_loses_its_approval() -> None:
    its = train()
    made = release_in("scheduled", planned_start=later(its.planned_start, -1), planned_end=its.planned_end)
    after = actions.board_train(train=its, release=made, by=acting("rosa"))
    assert (after.status, after.planned_start, after.planned_end) == ("planning", its.planned_start, its.planned_end)
    assert "The window moved" in AuditEntry.objects.get(event="releases.release.supersede").note


def test_whoever_was_approved_for_this_very_window_keeps_the_approval() -> None:
    its = train()
    assert aboard(its).status == "scheduled"


def test_who_is_being_asked_boards_only_with_the_same_window() -> None:
    its = train()
    asked = release_in("awaiting_approval")
    found = refusal(lambda: actions.board_train(train=its, release=asked, by=acting("rosa")))
    assert [one.code for one in found.blockers] == ["being_asked"]
    assert aboard(its, "awaiting_approval").status == "awaiting_approval"


def test_the_window_of_a_member_is_the_trains_to_move() -> None:
    its = train()
    member = aboard(its)
    end = later(member.planned_end, 1)
    found = refusal(lambda: actions.change_release(release=member, planned_end=end, by=acting("rosa")))
    assert [one.code for one in found.blockers] == ["window_of_train"]
    assert its.key in found.detail
    left = actions.leave_train(release=member, by=acting("rosa"), note="It needs longer.")
    assert left.status == "scheduled"
    assert actions.change_release(release=left, planned_end=end, by=acting("rosa")).planned_end == end


def test_moving_the_train_moves_everybody_and_says_before_whom_it_costs() -> None:
    its = train()
    scheduled, asked, planned = aboard(its), aboard(its, "awaiting_approval"), aboard(its, "planning")
    costs = {one.release.key for one in departure_of(its) if one.loses_approval}
    assert costs == {scheduled.key, asked.key}
    start, end = later(its.planned_start, 24), later(its.planned_end, 24)
    actions.move_train(train=its, planned_start=start, planned_end=end, by=acting("rosa"), note="Storm.")
    for member in (scheduled, asked, planned):
        after = fresh(member)
        assert (after.status, after.planned_start, after.planned_end) == ("planning", start, end)
    assert fresh(asked).round.status == "cancelled"


@pytest.mark.parametrize(
    ("hours", "note", "pointer"), [(-9, "Storm.", "planned_end"), (24, " ", "note")], ids=["backwards", "no reason"]
)
def test_a_train_is_not_moved_backwards_or_without_a_reason(hours, note, pointer) -> None:
    its = train()
    end = later(its.planned_end, hours)
    moved = lambda: actions.move_train(  # noqa: E731
        train=its, planned_start=its.planned_start, planned_end=end, by=acting("rosa"), note=note
    )
    assert [one.pointer for one in refusal(moved, of=Invalid).errors] == [pointer]
    assert as_now(its).planned_end == its.planned_end


# Going together


def test_departing_starts_everybody_in_order() -> None:
    its = train()
    last, first = aboard(its), aboard(its)
    needs(last, first, "scheduled")
    assert [one.release.key for one in departure_of(its)] == [first.key, last.key]
    depart(its)
    assert {fresh(first).status, fresh(last).status} == {"releasing"}
    started = AuditEntry.objects.filter(event="releases.release.start").order_by("id")
    assert [entry.subject_key for entry in started] == [first.key, last.key]
    assert as_now(its).departed_at is not None


def test_all_or_none_and_every_reason_of_each_is_named_at_once() -> None:
    its = train()
    ready, held, planned = aboard(its), aboard(its), aboard(its, "planning")
    actions.place_hold(release=held, reason="The tide is out.", by=acting("adam"))
    actions.place_hold(release=held, reason="And the crew is ill.", by=acting("adam"))
    found = refusal(lambda: depart(its))
    assert sorted(one.code for one in found.blockers) == ["held", "held", "not_scheduled"]
    assert all(one.url for one in found.blockers)
    assert f"{planned.key}: It is planning" in found.detail
    assert found.detail.count(held.key) == 2
    assert fresh(ready).status == "scheduled"
    assert as_now(its).status == "planned"


def test_what_only_the_start_itself_asks_also_keeps_the_whole_train() -> None:
    its = train()
    ready, odd = aboard(its), aboard(its)
    moves.change(odd, {"back_out_plan": "Swim."}, by=SYSTEM)
    found = refusal(lambda: depart(its))
    assert [one.code for one in found.blockers] == ["digest_changed"]
    assert fresh(ready).status == "scheduled"


def test_an_empty_train_and_one_before_its_time_stay() -> None:
    its = train()
    assert [one.code for one in refusal(lambda: depart(its)).blockers] == ["nobody_aboard"]
    aboard(its)
    with time_machine.travel(later(its.planned_start, -1), tick=False):
        assert "before_window" in {one.code for one in refusal(lambda: depart(its)).blockers}
    with time_machine.travel(its.planned_end, tick=False):
        assert "after_window" in {one.code for one in refusal(lambda: depart(its)).blockers}


def test_one_alone_does_not_start_before_its_fellows_are_ready() -> None:
    its = train()
    ready, other = aboard(its), aboard(its, "planning")
    found = refusal(lambda: actions.start_release(release=ready, by=acting("rosa")))
    assert [one.code for one in found.blockers] == ["fellow_not_ready"]
    assert other.key in found.detail
    actions.leave_train(release=other, by=acting("rosa"), note="Not ready.")
    assert actions.start_release(release=ready, by=acting("rosa")).status == "releasing"


def test_it_waits_for_its_fellows_not_for_a_person() -> None:
    its = train()
    ready = aboard(its)
    aboard(its, "planning")
    actions.judge_release(release=ready, by=SYSTEM)
    assert [wait.reason for wait in ready.waits.filter(ended_at__isnull=True)] == ["dependency"]


def test_who_needs_a_fellow_released_follows_when_that_is_out() -> None:
    its = train()
    first, follower = aboard(its), aboard(its)
    needs(follower, first)
    its = depart(its)
    assert (fresh(first).status, fresh(follower).status) == ("releasing", "scheduled")
    found = refusal(lambda: actions.start_release(release=follower, by=acting("rosa")))
    assert [one.code for one in found.blockers] == ["dependency_open"]
    do_tasks(first, "prepare", "execute")
    assert actions.start_release(release=follower, by=acting("rosa")).status == "releasing"


def test_a_follower_whose_model_starts_by_itself_is_started_by_the_sweep() -> None:
    its = train()
    first = aboard(its)
    follower = aboard(its, model="self-starter", content={**BARE, "start": {"automatic": True}})
    needs(follower, first)
    depart(its)
    actions.judge_release(release=follower, by=SYSTEM)
    assert fresh(follower).status == "scheduled"
    do_tasks(first, "prepare", "execute")
    actions.judge_release(release=follower, by=SYSTEM)
    assert fresh(follower).status == "released"


def test_a_follower_goes_at_once_when_what_it_needs_is_out_at_once() -> None:
    its = train()
    first = aboard(its, model="bare", content=BARE)
    follower = aboard(its)
    needs(follower, first)
    depart(its)
    assert (fresh(first).status, fresh(follower).status) == ("released", "releasing")


def test_it_sets_off_with_the_first_and_arrives_with_the_last(drain) -> None:
    its = train()
    first, second = aboard(its), aboard(its)
    actions.start_release(release=first, by=acting("rosa"))
    drain()
    assert as_now(its).status == "departed"
    actions.start_release(release=second, by=acting("rosa"))
    do_tasks(first, "prepare", "execute")
    drain()
    assert as_now(its).status == "departed"
    actions.back_out(release=fresh(second), by=acting("rosa"), note="Refunds fail.")
    do_tasks(fresh(second), "back_out")
    actions.confirm_previous_versions(release=fresh(second), by=acting("rosa"), note="Seen.")
    drain()
    its = as_now(its)
    assert its.status == "arrived"
    assert [one.release.key for one in departure_of(its) if one.is_backed_out] == [second.key]


def test_it_arrives_without_the_follower_that_was_left_behind(drain) -> None:
    its = train()
    first, follower = aboard(its), aboard(its)
    needs(follower, first)
    depart(its)
    do_tasks(first, "prepare", "execute")
    drain()
    assert as_now(its).status == "departed"
    actions.leave_train(release=follower, by=acting("rosa"), note="Next week.")
    drain()
    assert as_now(its).status == "arrived"


def test_the_page_says_who_depends_on_what_was_taken_back() -> None:
    its = train()
    first, follower, outside = aboard(its), aboard(its), draft_release()
    needs(follower, first)
    needs(outside, first)
    depart(its)
    actions.back_out(release=fresh(first), by=acting("rosa"), note="Refunds fail.")
    taken_back = next(one for one in departure_of(as_now(its)) if one.is_backed_out)
    assert {one.key for one in taken_back.needed_by} == {follower.key, outside.key}


# Boarding and leaving


def test_leaving_asks_why_and_cancelling_the_train_lets_everybody_go() -> None:
    its = train()
    member = aboard(its)
    asked = refusal(lambda: actions.leave_train(release=member, by=acting("rosa"), note=" "), of=Invalid)
    assert [one.pointer for one in asked.errors] == ["note"]
    actions.cancel_train(train=its, by=acting("rosa"), note="No winter.")
    after = fresh(member)
    assert (after.train_id, after.status) == (None, "scheduled")


def test_a_release_is_aboard_one_train_and_only_before_it_starts() -> None:
    its, other = train(), train(title="Spring tide")
    member = aboard(its)
    board = lambda one, on: actions.board_train(train=on, release=one, by=acting("rosa"))  # noqa: E731
    assert refusal(lambda: board(member, other), of=Invalid).errors[0].code == "aboard"
    gone = release_in("releasing")
    assert refusal(lambda: board(gone, other)).blockers[0].code == "has_gone"
    depart(its)
    assert refusal(lambda: board(draft_release(), its)).blockers[0].code == "train_gone"
    assert (
        refusal(lambda: actions.leave_train(release=member, by=acting("rosa"), note="No.")).blockers[0].code
        == "has_gone"
    )
    assert (
        refusal(lambda: actions.leave_train(release=gone, by=acting("rosa"), note="No.")).blockers[0].code
        == "not_aboard"
    )


@pytest.mark.parametrize("name", ["adam", "carl", "sven", "audrey", "ivan"])
def test_only_a_release_manager_runs_trains(name) -> None:
    its = train()
    member = aboard(its)
    by, end = acting(name), later(its.planned_end, 1)
    deeds = [
        lambda: actions.plan_train(title="Mine", planned_start=its.planned_start, planned_end=its.planned_end, by=by),
        lambda: actions.change_train(train=its, title="Mine", by=by),
        lambda: actions.move_train(train=its, planned_start=its.planned_start, planned_end=end, by=by, note="So."),
        lambda: actions.board_train(train=its, release=draft_release(), by=by),
        lambda: actions.leave_train(release=member, by=by, note="So."),
        lambda: actions.depart_train(train=its, by=by),
        lambda: actions.cancel_train(train=its, by=by, note="So."),
    ]
    for deed in deeds:
        refusal(deed, of=NotPermitted)


def test_what_a_train_is_for_can_be_said_better_until_it_has_arrived() -> None:
    its = train_in("departed")
    assert actions.change_train(train=its, goal="Refunds everywhere.", by=acting("rosa")).goal == "Refunds everywhere."
    assert (
        refusal(lambda: actions.change_train(train=its, planned_end=its.planned_end, by=acting("rosa")), of=Invalid)
        .errors[0]
        .pointer
        == "planned_end"
    )
    _arrive(its)
    refusal(lambda: actions.change_train(train=its, goal="No more.", by=acting("rosa")))


# Circles
