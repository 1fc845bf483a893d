"""Two approvers, a change of scope and an expiry, in every order: nothing is ever approved whose digest was not.

Approvers act on what they *saw*: each looks at some moment and says yes to that digest at a later one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import permutations

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.approvals.actions import sweep_rounds
from apps.core.clock import now
from apps.core.errors import Refusal
from apps.releases import actions
from apps.releases.models import Component, Release
from apps.releases.queries import scope_digest
from tests.factories import OTHER_DIGEST, fresh, release_in
from tests.people import SYSTEM, acting
from tests.releases.walking import trial

pytestmark = pytest.mark.django_db
YES = ("approve", "approve_with_conditions")


class Story:
    """One release, what each approver last saw, and the clock."""

    def __init__(self, release: Release, clock: time_machine.Traveller) -> None:
        self.release, self.clock = release, clock
        self.seen: dict[str, str] = {}
        self.look("adam")
        self.look("anna")

    def now(self) -> Release:
        return fresh(self.release)

    def look(self, who: str) -> None:
        release = self.now()
        self.seen[who] = release.round.digest if release.round_id else ""

    def say_yes(self, who: str) -> None:
        actions.answer_approval(release=self.now(), by=acting(who), decision="approve", digest=self.seen[who])

    def move_window(self) -> None:
        end = self.now().planned_end + timedelta(minutes=1)
        actions.change_release(release=self.now(), by=acting("rosa"), planned_end=end)

    def rework(self) -> None:
        actions.rework(release=self.now(), by=acting("rosa"), note="Something changed.")

    def swap_behind_its_back(self) -> None:
        Component.objects.filter(release=self.release).update(digest=OTHER_DIGEST)

    def expire(self) -> None:
        self.clock.shift(timedelta(hours=121))

    def sweep(self) -> None:
        sweep_rounds(at=now(), by=SYSTEM)
        actions.judge_release(release=self.now(), by=SYSTEM)

    def ask_anew(self) -> None:
        release = self.now()
        if release.status == "planning":
            actions.start_verification(release=release, by=acting("rosa"))
            return
        step = {"verifying": actions.request_approval}.get(release.status, actions.ask_again)
        step(release=release, by=acting("rosa"))

    def start(self) -> None:
        actions.start_release(release=self.now(), by=acting("rosa"))


DEEDS: dict[str, Callable[[Story], None]] = {
    "adam looks": lambda story: story.look("adam"),
    "anna looks": lambda story: story.look("anna"),
    "adam says yes": lambda story: story.say_yes("adam"),
    "anna says yes": lambda story: story.say_yes("anna"),
    "the window moves": Story.move_window,
    "back to planning": Story.rework,
    "the artifact is swapped": Story.swap_behind_its_back,
    "time is over": Story.expire,
    "the sweep comes": Story.sweep,
    "it is asked anew": Story.ask_anew,
    "it is started": Story.start,
}


def do(story: Story, deed: str) -> None:
    with suppress(Refusal):
        DEEDS[deed](story)
    expect_lawful(story.now(), after=deed)


def expect_lawful(release: Release, *, after: str) -> None:
    """An approved release was approved by two people, in time, on the digest that it is approved for."""
    if release.status not in ("scheduled", "releasing"):
        return
    asked, said = release.round, f"after “{after}”"
    assert asked.status == "approved", said
    assert asked.digest == release.approved_digest, said
    answers = asked.answers.filter(decision__in=YES)
    assert {answer.digest for answer in answers} == {release.approved_digest}, said
    assert len({answer.person_id for answer in answers}) == 2, said
    assert all(asked.opened_at <= answer.at < asked.expires_at for answer in answers), said
    if after == "it is started":
        assert scope_digest(release) == release.approved_digest, said


def play(release: Release, deeds: tuple[str, ...] | list[str]) -> str:
    """Replay the deeds, undo them, and answer with the status at the end."""
    status = ""
    with time_machine.travel(now(), tick=False) as clock, trial():
        story = Story(release, clock)
        for deed in deeds:
            do(story, deed)
        do(story, "the sweep comes")
        after = story.now()
        if after.status == "scheduled":
            assert after.approved_digest == scope_digest(after)
        status += after.status
    return status


ALL_FOUR = ("adam says yes", "anna says yes", "the artifact is swapped", "time is over")


def test_every_order_of_two_yeses_a_change_and_an_expiry():
    release = release_in("awaiting_approval")
    ends = {order: play(release, order) for order in permutations(ALL_FOUR)}
    in_time = [order for order, status in ends.items() if status == "scheduled"]
    assert in_time == []  # the change always takes the approval away: before it, or after it by the sweep
    assert play(release, ALL_FOUR[:2]) == "scheduled"  # what it looks like when nothing comes between


def test_what_was_seen_before_a_change_approves_nothing_after_it():
    release = release_in("awaiting_approval")
    changed = ["adam says yes", "back to planning", "the window moves", "it is asked anew", "it is asked anew"]
    yes = ["adam says yes", "anna says yes"]
    assert play(release, [*changed, *yes]) == "awaiting_approval"
    assert play(release, [*changed, "adam looks", *yes]) == "awaiting_approval"
    assert play(release, [*changed, "adam looks", "anna looks", *yes]) == "scheduled"


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=st.lists(st.sampled_from(sorted(DEEDS)), min_size=3, max_size=14))
def test_no_history_approves_what_nobody_approved(deeds, asked_release):
    play(asked_release, deeds)


@pytest.fixture
def asked_release(db) -> Release:
    return release_in("awaiting_approval")
