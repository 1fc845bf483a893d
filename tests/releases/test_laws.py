"""The laws of domain.md over generated histories: whoever does what, in whatever order, through stale copies or fresh ones.

The machine does not know what should happen next. It only looks at what is left behind after every deed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from apps.approvals.models import Answer
from apps.core.clock import now
from apps.core.errors import NotNow, Refusal
from apps.core.models import AuditEntry, OutboxEvent
from apps.releases import actions
from apps.releases.models import Release
from apps.releases.queries import scope_digest
from tests.factories import (
    OTHER_DIGEST,
    answer,
    content_with,
    do_tasks,
    draft_release,
    fresh,
    production,
    prove,
    publish_model,
)
from tests.people import ROLES, SYSTEM, acting, person
from tests.releases.test_release_chart import CHART

NAMES = sorted(ROLES)
ENDS = ("closed", "cancelled")
KINDS = {
    "normal": {},
    "standard": {"pre_authorised": True},
    "emergency": {"after_the_fact": {"approve_within_hours": 4}},
}
LATER = [timedelta(minutes=20), timedelta(hours=2), timedelta(hours=30)]


def _release_deed(name: str, **more: Any) -> Callable[[Release, str], Any]:
    action = getattr(actions, name)
    return lambda release, who: action(release=release, by=acting(who), **more)


def _part_deed(name: str, part: str, **more: Any) -> Callable[[Release, str], Any]:
    def deed(release: Release, who: str) -> None:
        for one in getattr(release, f"{part}s").all():
            try:
                getattr(actions, name)(**{part: one}, by=acting(who), **more)
            except Refusal:
                continue

    return deed


DEEDS: dict[str, Callable[[Release, str], Any]] = {
    "start_verification": _release_deed("start_verification"),
    "request_approval": _release_deed("request_approval"),
    "ask_again": _release_deed("ask_again"),
    "rework": _release_deed("rework", note="Again."),
    "start": _release_deed("start_release", note="It is time."),
    "back_out": _release_deed("back_out", note="It fails."),
    "confirm": _release_deed("confirm_previous_versions", note="Seen."),
    "begin_review": _release_deed("begin_review"),
    "accept_early": _release_deed("accept_early", note="Fine."),
    "ask_owed": _release_deed("ask_owed_approval"),
    "close": _release_deed("close_release"),
    "cancel": _release_deed("cancel_release", reason="other", note="No."),
    "end_support": _release_deed("end_support"),
    "withdraw": _release_deed("withdraw_release", note="It leaks."),
    "approve": lambda release, who: answer(release, who),
    "reject": lambda release, who: answer(release, who, "reject", "No."),
    "approve another digest": lambda release, who: actions.answer_approval(
        release=release, by=acting(who), decision="approve", digest="0" * 64
    ),
    "move the window": lambda release, who: actions.change_release(
        release=release, by=acting(who), planned_end=fresh(release).planned_end + timedelta(minutes=1)
    ),
    "swap the artifact": lambda release, who: actions.change_component(
        component=release.components.get(), by=acting(who), digest=OTHER_DIGEST
    ),
    "hold": lambda release, who: actions.place_hold(
        release=release, reason="Wait.", by=acting(who), until=now() + timedelta(minutes=10)
    ),
    "review": lambda release, who: actions.note_review(
        release=release, outcome="failed", accepted_at=now(), by=acting(who)
    ),
    "start tasks": _part_deed("start_task", "task"),
    "finish tasks": _part_deed("finish_task", "task"),
    "fail tasks": _part_deed("fail_task", "task", note="It broke."),
    "retry tasks": _part_deed("retry_task", "task"),
    "skip tasks": _part_deed("skip_task", "task", note="Not needed."),
    "sign off checks": _part_deed("sign_off_check", "check", note="Seen."),
    "find checks wanting": _part_deed("find_check_wanting", "check", note="Not there."),
    "run checks": _part_deed("request_check", "check"),
    "report a deployment": lambda release, who: actions.record_deployment(
        ci=release.components.get().ci,
        environment=production(),
        status="success",
        source="ci",
        version="2.0.0",
        by=acting(who),
    ),
}
NEXT = {
    "planning": "start_verification",
    "verifying": "request_approval",
    "scheduled": "start",
    "released": "accept_early",
    "backing_out": "confirm",
    "in_review": "close",
}


class Histories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.savepoint()
        self.moment = now()
        self.clock = time_machine.travel(self.moment, tick=False)
        self.clock.start()

    def teardown(self) -> None:
        self.clock.stop()
        transaction.savepoint_rollback(self.savepoint)

    @initialize(kind=st.sampled_from(sorted(KINDS)))
    def draft(self, kind: str) -> None:
        self.kind = kind
        self.release = draft_release()
        self.stale = fresh(self.release)
        actions.apply_model(release=self.release, model_version=publish_model(kind), by=acting("rosa"))

    @rule(deed=st.sampled_from(sorted(DEEDS)), who=st.sampled_from(NAMES))
    def anybody_does_anything(self, deed: str, who: str) -> None:
        self.attempt(DEEDS[deed], who)

    @rule(deed=st.sampled_from(sorted(DEEDS)))
    def somebody_acts_on_a_stale_copy(self, deed: str) -> None:
        self.attempt(DEEDS[deed], "rosa", self.stale)
        self.stale = fresh(self.release)

    @rule()
    def things_go_on_as_they_should(self) -> None:
        status = fresh(self.release).status
        if status == "awaiting_approval":
            for name in ("adam", "anna"):
                self.attempt(DEEDS["approve"], name)
        elif status == "releasing":
            do_tasks(self.release, "prepare", "execute")
        else:
            if status == "verifying":
                prove(self.release)
            if status == "backing_out":
                do_tasks(self.release, "back_out")
            if status == "in_review":
                self.attempt(DEEDS["review"], "rosa")
            if status in NEXT:
                self.attempt(DEEDS[NEXT[status]], "rosa")

    @rule(later=st.sampled_from(LATER))
    def time_passes_and_changes_nothing(self, later: timedelta) -> None:
        before = fresh(self.release).version
        self.clock.stop()
        self.moment += later
        self.clock = time_machine.travel(self.moment, tick=False)
        self.clock.start()
        assert fresh(self.release).version == before, "law 6: only a sweep acts on time"

    @rule()
    def the_sweep_looks(self) -> None:
        actions.sweep_releases(by=SYSTEM)

    @rule()
    def somebody_edits_the_database(self) -> None:
        """Behind every door: what was approved is no longer what is there."""
        self.release.components.update(to_version="6.6.6")

    # --- the laws ---------------------------------------------------------------------------------------------------

    def attempt(self, deed: Callable[[Release, str], Any], who: str, copy: Release | None = None) -> None:
        """A refusal says why (law 5) and leaves nothing behind (law 2)."""
        entries, events = AuditEntry.objects.count(), OutboxEvent.objects.count()
        try:
            with transaction.atomic():
                deed(copy or fresh(self.release), who)
        except NotNow as refused:
            assert refused.blockers
            assert all(blocker.code and str(blocker.message) for blocker in refused.blockers)
            assert (AuditEntry.objects.count(), OutboxEvent.objects.count()) == (entries, events)
        except Refusal as refused:
            assert refused.detail
            assert (AuditEntry.objects.count(), OutboxEvent.objects.count()) == (entries, events)

    def steps(self) -> list[AuditEntry]:
        return list(
            AuditEntry.objects.filter(
                subject_type="releases.release", subject_id=str(self.release.pk), after__gt="", before__gt=""
            ).order_by("pk")
        )

    @invariant()
    def law_1_and_4_the_status_walked_the_chart_and_no_end_was_left(self) -> None:
        here = "draft"
        for entry in self.steps():
            name = entry.event.rpartition(".")[2]
            assert (entry.before, entry.after) == (here, CHART[(here, name)])
            assert here not in ENDS or entry.after == here
            here = entry.after
        assert fresh(self.release).status == here

    @invariant()
    def law_2_every_deed_left_one_entry_and_one_event(self) -> None:
        entries = list(AuditEntry.objects.order_by("pk").values_list("pk", "event"))
        events = [
            (payload["audit_id"], name)
            for name, payload in OutboxEvent.objects.order_by("pk").values_list("name", "payload")
            if "audit_id" in payload
        ]
        assert entries == events

    @invariant()
    def law_7_nothing_is_released_that_the_rules_did_not_approve(self) -> None:
        release = fresh(self.release)
        if release.status != "releasing":
            return
        if release.components.get().to_version != "6.6.6":
            assert release.approved_digest == scope_digest(release)
        if release.approval_basis == "round":
            said = Answer.objects.filter(round=release.round, decision="approve", digest=release.approved_digest)
            people = {one.person.username for one in said}
            assert people == {"adam", "anna"}, "two distinct approvers, none of whom requested or manages it"
            assert release.round.status == "approved"
        elif release.approval_basis == "owed":
            assert self.kind == "emergency"
            assert release.owed_approval_given_at or OutboxEvent.objects.filter(name="releases.release.break_glass")
        else:
            assert (self.kind, release.approval_basis) == ("standard", "pre_authorised")

    @invariant()
    def started_means_what_was_there_had_been_approved(self) -> None:
        for entry in self.steps():
            if entry.event == "releases.release.start":
                earlier = [one for one in self.steps() if one.pk < entry.pk]
                assert earlier[-1].event == "releases.release.approve"


@pytest.mark.django_db
def test_the_laws_hold_over_generated_histories() -> None:
    for name in NAMES:
        person(name)
    for kind, parts in KINDS.items():
        publish_model(kind, kind=kind, content=content_with(**parts))
    production()
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=settings().max_examples // 10,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
