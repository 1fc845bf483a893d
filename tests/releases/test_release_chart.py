"""The chart of a release, every cell: what domain.md allows leads where it says, everything else is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.core import moves
from apps.core.clock import now
from apps.releases import actions
from apps.releases.lifecycle.words import Status
from apps.releases.models import Release
from tests.factories import answer, approve, do_tasks, fresh, prove, publish_model, release_in
from tests.people import SYSTEM, acting
from tests.releases.walking import everybody, expect_refused, expect_taken, names_of_steps

BEFORE = ["draft", "planning", "verifying", "awaiting_approval", "scheduled"]
CHART: dict[tuple[str, str], str] = {
    ("draft", "apply_model"): "planning",
    ("planning", "migrate_model"): "planning",
    ("planning", "start_verification"): "verifying",
    ("verifying", "request_approval"): "awaiting_approval",
    ("awaiting_approval", "ask_again"): "awaiting_approval",
    ("awaiting_approval", "approve"): "scheduled",
    ("awaiting_approval", "reject"): "planning",
    ("scheduled", "supersede"): "planning",
    ("verifying", "rework"): "planning",
    ("awaiting_approval", "rework"): "planning",
    ("scheduled", "rework"): "planning",
    ("scheduled", "start"): "releasing",
    ("releasing", "finish"): "released",
    ("releasing", "back_out"): "backing_out",
    ("released", "back_out"): "backing_out",
    ("backing_out", "confirm_previous_versions"): "backing_out",
    ("backing_out", "finish_back_out"): "in_review",
    ("released", "begin_review"): "in_review",
    ("released", "accept_early"): "in_review",
    ("in_review", "ask_owed_approval"): "in_review",
    ("in_review", "close"): "closed",
    ("closed", "end_support"): "closed",
    ("closed", "end_life"): "closed",
    ("closed", "withdraw"): "closed",
    **{(status, "cancel"): "cancelled" for status in BEFORE},
}
# These cells are open in the chart and need more than the usual road; they are walked in test_release_chart_rare.py.
RARE = {"ask_again", "ask_owed_approval", "end_life"}


def _change_window(release: Release) -> None:
    actions.change_release(
        release=release, by=acting("rosa"), planned_end=fresh(release).planned_end + timedelta(minutes=5)
    )


def _finish_back_out(release: Release) -> None:
    do_tasks(release, "back_out")
    actions.confirm_previous_versions(release=release, by=acting("rosa"), note="Seen in production.")


def _confirm(release: Release) -> None:
    """Without touching the status: one component is not known to be back, and a task of the back-out is left."""
    do_tasks(release, "back_out")
    moves.change(fresh(release), {"exposure": 50, "is_rollout_managed": True}, by=SYSTEM)
    actions.confirm_previous_versions(release=release, by=acting("rosa"), note="Seen in production.")


def _begin_review(release: Release) -> None:
    prove(release, "release")
    moves.change(fresh(release), {"early_life_ends_at": now()}, by=SYSTEM)
    actions.begin_review(release=release, by=acting("rosa"))


def _close(release: Release) -> None:
    actions.note_review(release=release, outcome="successful", accepted_at=now(), by=SYSTEM)
    actions.close_release(release=release, by=acting("rosa"))


DEEDS = {
    "apply_model": lambda release: actions.apply_model(
        release=release, model_version=publish_model(), by=acting("rosa")
    ),
    "migrate_model": lambda release: actions.migrate_model(
        release=release, model_version=publish_model(), by=acting("rosa")
    ),
    "start_verification": lambda release: actions.start_verification(release=release, by=acting("rosa")),
    "request_approval": lambda release: actions.request_approval(release=prove(release), by=acting("rosa")),
    "ask_again": lambda release: actions.ask_again(release=release, by=acting("rosa")),
    "approve": approve,
    "reject": lambda release: answer(release, "adam", "reject", "Not on a Friday."),
    "supersede": _change_window,
    "rework": lambda release: actions.rework(release=release, by=acting("rosa"), note="One more fix."),
    "start": lambda release: actions.start_release(release=release, by=acting("rosa")),
    "finish": lambda release: do_tasks(release, "prepare", "execute"),
    "back_out": lambda release: actions.back_out(release=release, by=acting("rosa"), note="Refunds fail."),
    "confirm_previous_versions": _confirm,
    "finish_back_out": _finish_back_out,
    "begin_review": _begin_review,
    "accept_early": lambda release: actions.accept_early(release=release, by=acting("rosa"), note="All well."),
    "ask_owed_approval": lambda release: actions.ask_owed_approval(release=release, by=acting("rosa")),
    "close": _close,
    "cancel": lambda release: actions.cancel_release(
        release=release, by=acting("rosa"), reason="not_needed", note="Not this year."
    ),
    "end_support": lambda release: actions.end_support(release=release, by=acting("rosa")),
    "end_life": lambda release: actions.end_life(release=release, by=acting("rosa")),
    "withdraw": lambda release: actions.withdraw_release(release=release, by=acting("rosa"), note="It leaks."),
}
PERSONS_STEPS = DEEDS.keys() - {"approve", "reject", "supersede", "finish", "finish_back_out"}
# In a status that does not allow the step the deed's preparation may be impossible; then the step alone is tried.
BARE = {
    "request_approval": lambda release: actions.request_approval(release=release, by=acting("rosa")),
    "begin_review": lambda release: actions.begin_review(release=release, by=acting("rosa")),
    "close": lambda release: actions.close_release(release=release, by=acting("rosa")),
    "confirm_previous_versions": lambda release: actions.confirm_previous_versions(
        release=release, by=acting("rosa"), note="Seen."
    ),
}


def test_the_table_names_every_step() -> None:
    assert {step for _status, step in CHART} == names_of_steps(Release) == DEEDS.keys()


@pytest.mark.django_db
@pytest.mark.parametrize("status", Status.values)
def test_every_step_from(status: str) -> None:
    everybody()
    publish_model()
    release = release_in(status)
    for step in sorted(DEEDS):
        target = CHART.get((status, step))
        if target is None:
            expect_refused(release, step, _alone(step))
        elif step not in RARE:
            expect_taken(release, step, DEEDS[step], target)


def _alone(step: str):
    if step in PERSONS_STEPS:
        return BARE.get(step, DEEDS[step])
    return lambda release: moves.move(release, step, by=SYSTEM, note="By itself.")


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["draft", "planning", "awaiting_approval", "releasing", "in_review", "closed"])
def test_steps_from_a_stale_copy_are_refused_when_somebody_was_faster(status: str) -> None:
    """The copy in hand says one thing, the row another: the row counts."""
    everybody()
    release = release_in(status)
    stale = fresh(release)
    if status in BEFORE:
        actions.cancel_release(release=release, by=acting("rolf"), reason="replaced", note="By the next one.")
        expect_refused(stale, "cancel", DEEDS["cancel"])
    elif status == "releasing":
        actions.back_out(release=release, by=acting("rolf"), note="Refunds fail.")
        expect_refused(stale, "back_out", DEEDS["back_out"])
    elif status == "in_review":
        _close(release)
        expect_refused(stale, "close", BARE["close"])


def test_every_status_leads_to_an_end_and_no_end_is_left() -> None:
    ends = {"closed", "cancelled"}
    reached = set(ends)
    while True:
        more = {status for (status, _step), target in CHART.items() if target in reached} - reached
        if not more:
            break
        reached |= more
    assert reached == set(Status.values)
    assert all(target == status for (status, _step), target in CHART.items() if status in ends)
