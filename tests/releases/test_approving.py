"""Who approves what: distinct people, segregation of duties, the digest in force, and what happens when it changes."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from apps.core.clock import now
from apps.core.errors import Invalid, NotNow, NotPermitted, Stale
from apps.core.models import AuditEntry, OutboxEvent
from apps.releases import actions
from apps.releases.actions.judging import judge_release
from apps.releases.models import Release
from apps.releases.queries import scope_digest
from tests.factories import OTHER_DIGEST, answer, approve, ci, content_with, fresh, prove, release_in
from tests.people import SYSTEM, acting, person

pytestmark = pytest.mark.django_db


def codes(refused) -> set[str]:
    return {blocker.code for blocker in refused.value.blockers}


def test_two_people_say_yes_and_the_release_is_scheduled() -> None:
    release = release_in("awaiting_approval")
    assert answer(release, "adam").status == "awaiting_approval"
    release = answer(release, "anna")
    assert release.status == "scheduled"
    assert release.approved_digest == release.scope_digest == scope_digest(release)
    assert release.approval_basis == "round"
    assert (release.baseline_start, release.baseline_end) == (release.planned_start, release.planned_end)


def test_the_same_person_twice_is_one_voice() -> None:
    release = release_in("awaiting_approval")
    answer(release, "adam")
    answer(release, "adam")
    assert fresh(release).status == "awaiting_approval"


@pytest.mark.parametrize("name", ["rosa", "carl", "audrey", "ivan", "sven"])
def test_who_is_not_asked_does_not_approve(name: str) -> None:
    release = release_in("awaiting_approval")
    with pytest.raises(NotPermitted):
        answer(release, name)
    assert fresh(release).status == "awaiting_approval"
    assert release.round.answers.count() == 0


def test_who_will_carry_it_out_does_not_approve_it() -> None:
    """Adam is an approver, and the model bars implementers."""
    release = release_in("verifying")
    actions.change_task(task=release.tasks.get(slug="deploy"), by=acting("rosa"), assignee=acting("adam").user)
    person("anna")
    with pytest.raises(NotNow, match="Barred by segregation of duties"):
        actions.request_approval(release=prove(release), by=acting("rosa"))
    assert fresh(release).status == "verifying"


def _one_of_the_approvers() -> list[dict]:
    return [{"name": "Change authority", "who": {"role": "approver"}, "mode": "any"}]


def test_an_answer_to_another_digest_is_refused() -> None:
    release = release_in("awaiting_approval")
    with pytest.raises(Stale):
        actions.answer_approval(release=release, by=acting("adam"), decision="approve", digest="0" * 64)
    assert release.round.answers.count() == 0


def test_no_tool_and_no_job_approves() -> None:
    release = release_in("awaiting_approval")
    for by in (SYSTEM, acting("ida")):
        with pytest.raises(NotPermitted):
            actions.answer_approval(release=release, by=by, decision="approve", digest=release.round.digest)


def test_a_no_has_a_reason_and_leads_back_to_planning() -> None:
    release = release_in("awaiting_approval")
    with pytest.raises(Invalid):
        answer(release, "adam", "reject")
    release = answer(release, "adam", "reject", "The window is on a holiday.")
    assert release.status == "planning"
    entry = AuditEntry.objects.get(event="releases.release.reject")
    assert "The window is on a holiday." in entry.note


def test_nobody_is_asked_before_and_after() -> None:
    for status in ("verifying", "scheduled"):
        release = release_in(status)
        with pytest.raises(NotNow) as refused:
            actions.answer_approval(release=release, by=acting("adam"), decision="approve", digest="0" * 64)
        assert codes(refused) == {"nothing_asked"}


# --- what was approved changes ------------------------------------------------------------------------------------


CHANGES = {
    "window": lambda release: actions.change_release(
        release=release, by=acting("rosa"), planned_end=release.planned_end + timedelta(hours=1)
    ),
    "back-out plan": lambda release: actions.change_release(
        release=release, by=acting("rosa"), back_out_plan="Restore the snapshot."
    ),
    "artifact": lambda release: actions.change_component(
        component=release.components.get(), by=acting("rosa"), digest=OTHER_DIGEST
    ),
    "components": lambda release: actions.set_components(release=release, components=[], by=acting("rosa")),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_scheduled_release_that_changes_loses_its_approval_with_every_difference_named(what: str) -> None:
    release = release_in("scheduled")
    CHANGES[what](release)
    release = fresh(release)
    assert release.status == "planning"
    assert (release.approved_digest, release.approval_basis) == ("", "")
    event = OutboxEvent.objects.get(name="releases.release.supersede")
    assert event.payload["data"]["approvers"] == ["adam", "anna"]
    assert event.payload["data"]["differences"]
    said = {"window": "window moved", "back-out plan": "back-out plan changed", "artifact": "digest of the component"}
    assert said.get(what, "component payments-api was removed") in event.payload["note"]


def test_what_is_not_in_the_scope_leaves_the_approval_standing() -> None:
    release = release_in("scheduled")
    actions.change_release(release=release, by=acting("rosa"), release_manager=acting("rolf").user)
    actions.place_hold(release=release, reason="Wait for the bank.", by=acting("adam"))
    assert fresh(release).status == "scheduled"


def test_a_change_behind_its_back_is_found_by_the_sweep_and_stops_the_start() -> None:
    """Somebody edits the database: the start is refused, and the sweep takes the approval back."""
    release = release_in("scheduled")
    release.components.update(digest=OTHER_DIGEST)
    with pytest.raises(NotNow) as refused:
        actions.start_release(release=release, by=acting("rosa"))
    assert "digest_changed" in codes(refused)
    assert judge_release(release=release, by=SYSTEM).status == "planning"


def test_the_baseline_is_fixed_once() -> None:
    """A release that is planned again keeps the baseline of its first approval: moving it would hide the slip."""
    release = release_in("scheduled")
    first = release.baseline_end
    release = CHANGES["window"](release)
    release = actions.start_verification(release=release, by=acting("rosa"))
    release = approve(actions.request_approval(release=release, by=acting("rosa")))
    assert release.status == "scheduled"
    assert release.baseline_end == first != release.planned_end


def test_rework_withdraws_the_question() -> None:
    release = release_in("awaiting_approval")
    asked = release.round
    actions.rework(release=release, by=acting("rosa"), note="The fix is not in.")
    asked.refresh_from_db()
    assert asked.status == "cancelled"
    assert "The fix is not in." in asked.closed_reason


def test_cancelling_withdraws_the_question() -> None:
    release = release_in("awaiting_approval")
    asked = release.round
    actions.cancel_release(release=release, by=acting("rosa"), reason="not_ready", note="Next month.")
    asked.refresh_from_db()
    assert asked.status == "cancelled"


# --- standard and emergency ---------------------------------------------------------------------------------------


STANDARD = {"pre_authorised": True, "approvals": {"groups": _one_of_the_approvers()}}


def test_a_standard_release_within_its_limits_is_approved_by_its_model() -> None:
    release = release_in("scheduled", kind="standard", content=content_with(**STANDARD))
    assert release.approval_basis == "pre_authorised"
    assert release.round is None
    entry = AuditEntry.objects.get(event="releases.release.approve")
    assert "Pre-authorised" in entry.note
    assert actions.start_release(release=release, by=acting("rosa")).status == "releasing"


def test_a_standard_release_outside_its_limits_is_asked_about_like_any_other() -> None:
    limits = {"subject_types": ["service"], "max_components": 1}
    release = release_in("planning", kind="standard", content=content_with(**STANDARD, applies=limits))
    actions.add_component(
        release=release, by=acting("rosa"), ci=ci("ledger"), to_version="7", no_digest_reason="A table, no artifact."
    )
    release = actions.start_verification(release=release, by=acting("rosa"))
    person("adam")
    release = actions.request_approval(release=prove(release), by=acting("rosa"))
    assert release.status == "awaiting_approval"
    assert answer(release, "adam").status == "scheduled"


EMERGENCY = {"after_the_fact": {"approve_within_hours": 4}}


def emergency(status: str = "scheduled") -> Release:
    return release_in(status, kind="emergency", content=content_with(**EMERGENCY))


def test_an_emergency_starts_without_approval_and_says_why() -> None:
    release = emergency()
    assert release.is_approval_owed
    with pytest.raises(Invalid) as refused:
        actions.start_release(release=release, by=acting("rosa"))
    assert [(one.pointer, one.code) for one in refused.value.errors] == [("note", "required"), ("incident", "required")]
    with pytest.raises(Invalid, match="name the incident that it mends"):
        actions.start_release(release=release, by=acting("rosa"), note="Card numbers leak.")
    release = actions.start_release(
        release=release, by=acting("rosa"), note="Card numbers leak.", incident="INC-2026-0001"
    )
    assert release.status == "releasing"
    assert timedelta(hours=3, minutes=59) < release.owed_approval_by - now() <= timedelta(hours=4)
    broken = OutboxEvent.objects.get(name="releases.release.break_glass")
    assert broken.payload["data"]["passed_over"] == ["adam", "anna"]
    assert broken.payload["data"]["incident"] == "INC-2026-0001"
    assert broken.payload["note"] == "Card numbers leak."


def test_an_emergency_does_not_close_before_the_approval_is_given() -> None:
    release = emergency("in_review")
    actions.note_review(release=release, outcome="successful", accepted_at=now(), by=SYSTEM)
    with pytest.raises(NotNow) as refused:
        actions.close_release(release=release, by=acting("rosa"))
    assert codes(refused) == {"approval_owed"}
    approve(release)
    release = fresh(release)
    assert not release.is_approval_owed
    assert release.owed_approval_given_at
    assert actions.close_release(release=release, by=acting("rosa")).status == "closed"


def test_an_emergency_that_was_approved_in_time_breaks_no_glass() -> None:
    release = approve(emergency())
    assert actions.start_release(release=release, by=acting("rosa")).status == "releasing"
    assert not OutboxEvent.objects.filter(name="releases.release.break_glass").exists()


def test_a_no_before_the_start_stops_an_emergency() -> None:
    release = answer(emergency(), "adam", "reject", "It is not an emergency.")
    with pytest.raises(NotNow) as refused:
        actions.start_release(release=release, by=acting("rosa"), note="All the same.", incident="INC-2026-0001")
    assert "not_approved" in codes(refused)


def test_the_sweep_never_starts_what_nobody_approved() -> None:
    content = content_with(**EMERGENCY, start={"automatic": True})
    release = release_in("scheduled", kind="emergency", content=content)
    assert judge_release(release=release, by=SYSTEM).status == "scheduled"
    approve(release)
    assert judge_release(release=release, by=SYSTEM).status == "releasing"


def test_an_approval_that_is_overdue_is_chased_once_a_day() -> None:
    release = actions.start_release(
        release=emergency(), by=acting("rosa"), note="Card numbers leak.", incident="INC-2026-0001"
    )
    chased = OutboxEvent.objects.filter(name="releases.release.chase_approval")
    for hours, times in ((3, 0), (5, 1), (6, 1), (30, 2)):
        with time_machine.travel(now() + timedelta(hours=hours), tick=False):
            actions.sweep_releases(by=SYSTEM)
        assert chased.count() == times
    assert chased.first().payload["data"]["passed_over"] == ["adam", "anna"]
    approve(release)
    with time_machine.travel(now() + timedelta(hours=90), tick=False):
        actions.sweep_releases(by=SYSTEM)
    assert chased.count() == 2
