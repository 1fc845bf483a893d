"""The controls: each breach is found once, by itself, and nothing is found where nothing is wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import connection

from apps.compliance import actions
from apps.compliance.models import BreakGlass, Control, Finding
from apps.core import seal
from apps.core.actor import job
from apps.core.append_only import triggers, untriggers
from apps.core.clock import now
from apps.core.errors import Invalid, NotNow, NotPermitted
from apps.releases import actions as releases
from apps.releases.models import Release
from apps.reviews import actions as reviews
from apps.schedule.models import Freeze
from tests.factories import (
    DIGEST,
    OTHER_DIGEST,
    ci,
    content_with,
    fresh,
    payments_api,
    production,
    release_in,
    staging,
)
from tests.people import acting, person

CONTROLS = job("controls")


def found(control: str = "") -> list[str]:
    rows = Finding.objects.filter(control=control) if control else Finding.objects.all()
    return sorted(rows.values_list("subject_key", flat=True))


def tamper(release: Release, **columns) -> Release:
    """What no action would do: change the row behind everybody's back."""
    Release.objects.filter(pk=release.pk).update(**columns)
    return fresh(release)


def started(**fields) -> Release:
    return release_in("releasing", **fields)


def test_nothing_is_found_where_all_went_by_the_rules(drain):
    release_in("closed")
    drain()
    assert found() == []


def test_a_start_without_approval(db):
    release = tamper(started(), approval_basis="")
    actions.judge_start(release=release, by=CONTROLS)
    assert found() == [release.key]
    finding = Finding.objects.get()
    assert (finding.control, finding.severity, finding.occurred_at) == (Control.NO_APPROVAL, 1, release.started_at)
    assert finding.key.startswith("FND-")


def test_an_approval_after_the_start(db):
    release = started()
    release = tamper(release, started_at=release.round.closed_at - timedelta(minutes=5))
    actions.judge_start(release=release, by=CONTROLS)
    assert [one.control for one in Finding.objects.all()] == [Control.APPROVED_AFTER_START]


def test_a_scope_that_is_not_the_approved_one(db):
    release = started()
    release.components.update(digest=OTHER_DIGEST)
    actions.judge_start(release=fresh(release), by=CONTROLS)
    assert found(Control.DIGEST_MISMATCH) == [release.key]


def test_a_start_in_a_freeze(db):
    release = started()
    freeze = Freeze(
        key="FRZ-1",
        name="Year end",
        kind="hard",
        starts_at=now() - timedelta(days=1),
        ends_at=now() + timedelta(days=1),
    )
    freeze.save(force_insert=True)
    actions.judge_start(release=release, by=CONTROLS)
    assert found(Control.FREEZE_BREACH) == [release.key]
    assert "Year end" in Finding.objects.get().detail


def test_evidence_that_had_expired_at_the_start(db):
    release = started()
    release.checks.filter(group="component").update(expires_at=release.started_at - timedelta(seconds=1))
    actions.judge_start(release=release, by=CONTROLS)
    assert found(Control.EVIDENCE_EXPIRED) == [release.key]
    assert "Inspected" in Finding.objects.get().detail


def test_evidence_that_expires_later_is_no_breach(db):
    release = started()
    release.checks.update(expires_at=release.started_at + timedelta(seconds=1))
    actions.judge_start(release=release, by=CONTROLS)
    assert found() == []


def test_an_approver_who_then_does_the_work(drain):
    """Adam approved, and took a task that nobody had: found from the audit trail, not from the plan."""
    release = started()
    assert actions.judge_duties(release=release, by=CONTROLS) == []
    task = release.tasks.filter(status="ready").first()
    task = releases.start_task(task=task, by=acting("rosa"))
    from apps.core.models import AuditEntry

    entry = AuditEntry.objects.filter(event="releases.task.start").latest("id")
    forged = AuditEntry(**{one.name: getattr(entry, one.name) for one in entry._meta.fields if not one.primary_key})
    forged.actor = person("adam")
    forged.save(force_insert=True)
    actions.judge_duties(release=release, by=CONTROLS)
    assert found(Control.DUTIES_NOT_SEGREGATED) == [release.key]
    assert "Adam" in Finding.objects.get().detail


def test_another_artifact_goes_live_than_was_approved(drain):
    release = started()
    deployment = releases.record_deployment(
        ci=payments_api(),
        environment=production(),
        status="success",
        source="github",
        by=acting("ida"),
        version="2.0.0",
        digest=OTHER_DIGEST,
    )
    releases.link_deployment(deployment=deployment, release=release, by=acting("rosa"))
    drain()
    assert found(Control.DIGEST_MISMATCH) == [deployment.key]


def test_the_approved_artifact_goes_live(drain):
    started()
    releases.record_deployment(
        ci=payments_api(), environment=production(), status="success", source="github", by=acting("ida"), digest=DIGEST
    )
    drain()
    assert found() == []


def deploy(version: str, hours_ago: float, *, where=None, digest: str = "", item=None, status: str = "success"):
    return releases.record_deployment(
        ci=item or payments_api(),
        environment=where or production(),
        status=status,
        source="jenkins",
        by=acting("ida"),
        version=version,
        digest=digest,
        at=now() - timedelta(hours=hours_ago),
    )


def test_a_shadow_release_is_found_after_a_day_and_not_before(db):
    young, old = deploy("1.1", 23), deploy("1.0", 25)
    actions.sweep_controls(at=now(), by=CONTROLS)
    assert found(Control.SHADOW_RELEASE) == [old.key]
    actions.sweep_controls(at=now() + timedelta(hours=2), by=CONTROLS)
    assert found(Control.SHADOW_RELEASE) == sorted([old.key, young.key])


def test_what_is_no_shadow_release(db):
    deploy("1.0", 100, where=staging())
    deploy("1.0", 100, item=ci("printer", release_managed=False))
    deploy("1.0", 100, status="failure")
    deploy("3.0", 24 * 40, digest=DIGEST)
    deploy("3.0", 100, digest=DIGEST)  # the same digest again: no release
    actions.sweep_controls(at=now(), by=CONTROLS)
    assert found() == []


def test_a_deployment_that_belongs_to_a_release_is_no_shadow_release(db):
    started()
    deploy("2.0.0", 30, digest=DIGEST)
    actions.sweep_controls(at=now(), by=CONTROLS)
    assert found() == []


def test_an_overdue_review(drain):
    release = release_in("in_review")
    drain()
    late = now() + timedelta(days=9)
    with time_machine.travel(late, tick=False):
        reviews.chase_reviews(at=late, by=job("sweep"))
        drain()
        reviews.chase_reviews(at=late + timedelta(days=1), by=job("sweep"))
        drain()
    assert found(Control.REVIEW_OVERDUE) == [release.key]


@pytest.fixture
def emergency(drain) -> Release:
    release = release_in("scheduled", kind="emergency")
    release = releases.start_release(
        release=release, by=acting("rosa"), note="Payments are down.", incident="INC-2026-0001"
    )
    drain()
    return fresh(release)


def test_an_emergency_enters_the_register_by_itself(emergency):
    act = BreakGlass.objects.get(release=emergency)
    assert act.person == person("rosa")
    assert act.reason == "Payments are down."
    assert "adam" in act.passed_over
    assert act.approved_at is None
    assert found() == []


def test_an_emergency_whose_approval_does_not_come(emergency):
    late = emergency.owed_approval_by + timedelta(seconds=1)
    actions.sweep_controls(at=late, by=CONTROLS)
    actions.sweep_controls(at=late + timedelta(days=1), by=CONTROLS)
    assert found(Control.EMERGENCY_NOT_APPROVED) == [emergency.key]


def test_an_emergency_that_is_approved_in_time(emergency, drain):
    for name in ("adam", "anna"):
        release = fresh(emergency)
        releases.answer_approval(release=release, by=acting(name), decision="approve", digest=release.round.digest)
    drain()
    act = BreakGlass.objects.get(release=emergency)
    assert act.approved_at == fresh(emergency).owed_approval_given_at
    actions.sweep_controls(at=now() + timedelta(days=9), by=CONTROLS)
    assert found() == []


def test_a_break_glass_act_is_approved_by_another_approver_once(emergency):
    act = BreakGlass.objects.get()
    for name in ("rosa", "carl", "audrey"):
        with pytest.raises(NotPermitted):
            actions.approve_break_glass(act=act, by=acting(name))
    act = actions.approve_break_glass(act=act, by=acting("adam"))
    assert act.approved_by == person("adam")
    with pytest.raises(NotNow):
        actions.approve_break_glass(act=act, by=acting("anna"))


def test_a_trail_that_was_tampered_with(drain):
    release_in("draft")
    seal.seal_entries()
    assert actions.verify_trail(at=now(), by=CONTROLS) == []
    with connection.cursor() as cursor:  # somebody with the database's own rights
        for statement in [*untriggers(connection.vendor, "core_auditentry"), "UPDATE core_auditentry SET note = 'x'"]:
            cursor.execute(statement)
        for statement in triggers(connection.vendor, "core_auditentry"):
            cursor.execute(statement)
    raised = actions.verify_trail(at=now(), by=CONTROLS)
    assert [one.control for one in raised] == [Control.TRAIL_BROKEN]
    assert actions.verify_trail(at=now(), by=CONTROLS) == []


def test_a_breach_is_found_once_and_stays_closed_when_it_was_closed(db):
    release = tamper(started(), approval_basis="")
    [finding] = actions.judge_start(release=release, by=CONTROLS)
    assert actions.judge_start(release=release, by=CONTROLS) == []
    actions.close_finding(finding=finding, by=acting("sven"), note="Told everybody; the gate is closed now.")
    assert actions.judge_start(release=release, by=CONTROLS) == []
    assert Finding.objects.count() == 1


def test_a_breached_model_without_the_rule_bars_nobody(db):
    release = started(
        content=content_with(
            approvals={"groups": [{"name": "Any", "who": {"role": "approver"}, "mode": "n", "n": 2}], "bar": []}
        )
    )
    assert actions.judge_duties(release=release, by=CONTROLS) == []


# Findings by auditors, and who closes what


def audit(name: str = "audrey", **fields) -> Finding:
    given = {"control": "internal_audit", "title": "No rehearsal", "detail": "For three months.", **fields}
    return actions.raise_finding(by=acting(name), **given)


def test_an_auditor_raises_a_finding_of_their_own(db):
    finding = audit()
    assert (finding.status, finding.raised_by, finding.is_from_auditor) == ("open", person("audrey"), True)
    assert (finding.due_on - finding.raised_at.date()).days in (30, 31)


def test_two_findings_of_auditors_on_one_subject_are_two(db):
    release = release_in("draft")
    assert audit(release=release).pk != audit(release=release).pk


@pytest.mark.parametrize("name", ["carl", "adam", "ida", "ivan", "nora"])
def test_who_may_not_raise_a_finding_is_refused(db, name):
    with pytest.raises(NotPermitted):
        audit(name)


def test_what_the_controls_find_nobody_writes_by_hand(db):
    with pytest.raises(Invalid):
        audit(control="freeze_breach")


def test_a_finding_is_closed_with_a_note(db):
    finding = audit()
    with pytest.raises(Invalid):
        actions.close_finding(finding=finding, by=acting("audrey"), note=" ")
    closed = actions.close_finding(finding=finding, by=acting("audrey"), note="Rehearsed on Friday.")
    assert (closed.status, closed.closed_by, closed.close_note) == ("closed", person("audrey"), "Rehearsed on Friday.")
    assert closed.closed_at is not None
    with pytest.raises(NotNow):
        actions.close_finding(finding=closed, by=acting("audrey"), note="Again.")


def test_an_auditors_finding_is_closed_by_an_auditor_only(db):
    finding = audit()
    for name in ("rosa", "sven", "carl"):
        with pytest.raises(NotPermitted):
            actions.close_finding(finding=finding, by=acting(name), note="Done.")


def test_nobody_closes_a_finding_about_their_own_release(db):
    release = tamper(started(), approval_basis="")
    [finding] = actions.judge_start(release=release, by=CONTROLS)
    with pytest.raises(NotPermitted):
        actions.close_finding(finding=finding, by=acting("rosa"), note="It was fine.")
    assert actions.close_finding(finding=finding, by=acting("rolf"), note="Mended.").status == "closed"
