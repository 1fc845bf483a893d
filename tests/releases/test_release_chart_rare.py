"""Cells of the release chart that the usual road does not pass."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from apps.approvals import actions as approvals
from apps.core.clock import now
from apps.core.errors import NotNow
from apps.releases import actions
from tests.factories import content_with, fresh, release_in
from tests.people import SYSTEM, acting
from tests.releases.walking import everybody, expect_refused, expect_taken

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _people(db: None) -> None:
    everybody()


def _let_the_round_expire(release) -> None:
    with time_machine.travel(release.round.expires_at + timedelta(minutes=1), tick=False):
        approvals.expire_round(round=release.round, by=SYSTEM)


def test_asking_again_is_blocked_while_the_approvers_are_being_asked() -> None:
    release = release_in("awaiting_approval")
    with pytest.raises(NotNow) as refused:
        actions.ask_again(release=release, by=acting("rosa"))
    assert [blocker.code for blocker in refused.value.blockers] == ["is_without_open_round"]


def test_a_round_that_nobody_answered_can_be_opened_again() -> None:
    release = release_in("awaiting_approval")
    first = release.round.key
    _let_the_round_expire(release)
    assert actions.judge_release(release=release, by=SYSTEM).status == "awaiting_approval"
    expect_taken(
        release, "ask_again", lambda one: actions.ask_again(release=one, by=acting("rosa")), "awaiting_approval"
    )
    again = actions.ask_again(release=release, by=acting("rosa"))
    assert again.round.key != first
    assert again.round.status == "pending"


def test_an_approval_that_is_owed_can_be_asked_again_in_review() -> None:
    emergency = content_with(after_the_fact={"approve_within_hours": 4})
    release = release_in("scheduled", kind="emergency", content=emergency)
    release = actions.start_release(
        release=release, by=acting("rosa"), note="Card numbers leak.", incident="INC-2026-0001"
    )
    release = actions.back_out(release=release, by=acting("rosa"), note="It made things worse.")
    for task in release.tasks.filter(phase="back_out"):
        actions.skip_task(task=task, by=acting("rosa"), note="Switched off by hand.")
    release = actions.confirm_previous_versions(release=fresh(release), by=acting("rosa"), note="Seen.")
    assert release.status == "in_review"
    _let_the_round_expire(release)
    expect_taken(
        release,
        "ask_owed_approval",
        lambda one: actions.ask_owed_approval(release=one, by=acting("rosa")),
        "in_review",
    )


def test_nothing_is_owed_after_a_normal_approval() -> None:
    release = release_in("in_review")
    with pytest.raises(NotNow) as refused:
        actions.ask_owed_approval(release=release, by=acting("rosa"))
    assert "is_approval_owed" in {blocker.code for blocker in refused.value.blockers}


def test_life_ends_after_support() -> None:
    release = release_in("closed")
    with pytest.raises(NotNow):
        actions.end_life(release=release, by=acting("rosa"))
    release = actions.end_support(release=release, by=acting("rosa"))
    expect_taken(release, "end_life", lambda one: actions.end_life(release=one, by=acting("rosa")), "closed")
    release = actions.end_life(release=release, by=acting("rosa"))
    assert release.availability == "end_of_life"
    with pytest.raises(NotNow):
        actions.withdraw_release(release=release, by=acting("rosa"), note="Too late.")


def test_a_draft_has_no_life_to_end() -> None:
    release = release_in("draft")
    assert release.created_at <= now()
    expect_refused(release, "end_life", lambda one: actions.end_life(release=one, by=acting("rosa")))
