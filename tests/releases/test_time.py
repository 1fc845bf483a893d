"""Time acts through sweeps that judge again: windows, freezes, holds, evidence, early life, and the waits between."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from apps.cmdb.models import Relationship, RelationshipType
from apps.core import moves
from apps.core.clock import now
from apps.core.errors import Invalid, NotNow, NotPermitted
from apps.core.models import AuditEntry
from apps.releases import actions
from apps.releases.actions import judging
from apps.releases.lifecycle.freezes import freeze_blockers
from apps.releases.models import Release
from apps.releases.queries import verification_standing, waits
from apps.schedule import actions as schedule
from apps.schedule.models import Freeze
from tests.factories import (
    check,
    ci,
    component,
    content_with,
    draft_release,
    fresh,
    payments,
    production,
    prove,
    release_in,
)
from tests.people import SYSTEM, acting

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def at(moment):
    return time_machine.travel(moment, tick=False)


def sweep() -> int:
    return actions.sweep_releases(by=SYSTEM)


def blocked(release: Release, step=actions.start_release, **more) -> dict[str, object]:
    with pytest.raises(NotNow) as refused:
        step(release=release, by=acting("rosa"), **more)
    return {blocker.code: blocker for blocker in refused.value.blockers}


def freeze(kind: str = "hard", **fields) -> Freeze:
    row = Freeze(key=f"FRZ-{kind}", name="Year end", kind=kind, starts_at=now() - HOUR, ends_at=now() + HOUR, **fields)
    row = moves.create(row, by=SYSTEM)
    row.environments.add(production())
    return row


def grant(frozen: Freeze, release: Release, digest: str) -> None:
    """Rosa asks for an exception, and Adam grants it."""
    asked = schedule.request_exception(
        freeze=frozen, release_key=release.key, digest=digest, reason="A leak.", by=acting("rosa")
    )
    schedule.grant_exception(exception=asked, by=acting("adam"))


# --- starting -----------------------------------------------------------------------------------------------------


def test_every_reason_is_said_at_once_with_who_can_lift_it_and_until_when() -> None:
    start = now() + 5 * HOUR
    release = release_in("scheduled", planned_start=start, planned_end=start + HOUR)
    other = draft_release(title="Ledger")
    needed = actions.add_dependency(release=release, needs=other, by=acting("rosa"))
    actions.place_hold(release=release, reason="The bank is down.", by=acting("adam"), until=now() + 2 * HOUR)
    frozen = freeze()
    release.checks.filter(slug="rehearsed").update(expires_at=now() - HOUR)
    reasons = blocked(release)
    assert set(reasons) == {"before_window", "frozen", "held", "dependency_open", "evidence_expired"}
    assert reasons["before_window"].until == start
    assert reasons["held"].until is not None
    assert "Adam" in reasons["held"].who_can_lift
    assert reasons["frozen"].until == frozen.ends_at
    assert other.key in reasons["dependency_open"].message
    assert all(reason.who_can_lift for reason in reasons.values())
    assert needed.number == 1


def test_the_window_opens_and_closes() -> None:
    start = now() + HOUR
    release = release_in("scheduled", planned_start=start, planned_end=start + HOUR)
    assert set(blocked(release)) == {"before_window"}
    with at(start + HOUR):
        assert set(blocked(release)) == {"after_window"}
    with at(start):
        assert actions.start_release(release=release, by=acting("rosa")).status == "releasing"


def test_the_sweep_starts_at_the_time_where_the_model_says_so() -> None:
    start = now() + HOUR
    content = content_with(start={"automatic": True})
    release = release_in("scheduled", content=content, planned_start=start, planned_end=start + HOUR)
    sweep()
    assert fresh(release).status == "scheduled"
    with at(start + timedelta(seconds=1)):
        assert sweep() == 1
    release = fresh(release)
    assert release.status == "releasing"
    assert AuditEntry.objects.get(event="releases.release.start").actor is None


def test_without_that_word_in_the_model_nobody_starts_it() -> None:
    release = release_in("scheduled")
    sweep()
    assert fresh(release).status == "scheduled"


def test_an_exception_for_this_digest_lets_it_through_a_freeze_and_for_no_other() -> None:
    release = release_in("scheduled")
    frozen = freeze()
    assert set(blocked(release)) == {"frozen"}
    grant(frozen, release, "0" * 64)
    assert set(blocked(release)) == {"frozen"}
    grant(frozen, release, release.approved_digest)
    assert actions.start_release(release=release, by=acting("rosa")).status == "releasing"


@pytest.mark.parametrize(
    ("kind", "excepted", "stops"), [("soft", ["normal"], 0), ("soft", [], 1), ("information", [], 0)]
)
def test_what_kind_of_freeze_stops_what(kind: str, excepted: list[str], stops: int) -> None:
    release = release_in("scheduled")
    freeze(kind, excepted_model_kinds=excepted)
    if stops:
        assert set(blocked(release)) == {"frozen"}
    else:
        assert actions.start_release(release=release, by=acting("rosa")).status == "releasing"


def test_a_freeze_over_a_product_holds_for_its_parts_and_for_nothing_else() -> None:
    release = release_in("scheduled")
    suite, other = ci("suite", type="product"), ci("somewhere-else", type="product")
    kind = RelationshipType.objects.get(slug="part-of")
    for source, target in ((payments(), suite), (suite, payments())):  # circles are legal
        moves.create(Relationship(source=source, target=target, type=kind), by=SYSTEM)
    frozen = freeze()
    frozen.services.set([other])
    assert not list(freeze_blockers(release, now()))
    frozen.services.set([suite])
    assert set(blocked(release)) == {"frozen"}


def test_a_freeze_over_the_planned_window_is_seen_while_planning() -> None:
    release = release_in("planning")
    freeze()
    moves.change(release, {"planned_start": now()}, by=SYSTEM)
    assert "frozen" in blocked(release, actions.start_verification)


def test_two_releases_that_move_the_same_component_at_once_are_seen_while_planning() -> None:
    first = release_in("scheduled")
    same = {"components": [component(ci=first.components.get().ci, to_version="2.1.0")]}
    second = release_in("planning", **same)
    reason = blocked(second, actions.start_verification)["window_taken"]
    assert first.key in reason.message
    actions.cancel_release(release=first, by=acting("rosa"), reason="replaced", note="By the next one.")
    assert actions.start_verification(release=second, by=acting("rosa")).status == "verifying"


def test_neither_freeze_nor_hold_stands_in_the_way_of_backing_out() -> None:
    release = release_in("releasing")
    freeze()
    actions.place_hold(release=release, reason="Stop!", by=acting("adam"))
    release = actions.back_out(release=release, by=acting("rosa"), note="Refunds fail.")
    restore = release.tasks.get(slug="restore")
    assert restore.status == "ready"
    actions.start_task(task=restore, by=acting("carl"))
    actions.finish_task(task=restore, by=acting("carl"))
    assert actions.confirm_previous_versions(release=release, by=acting("rosa"), note="Seen.").status == "in_review"


# --- holds --------------------------------------------------------------------------------------------------------


def test_a_hold_ends_by_itself_and_the_record_says_when() -> None:
    release = release_in("scheduled")
    until = now() + timedelta(minutes=30)
    hold = actions.place_hold(release=release, reason="The bank is down.", by=acting("adam"), until=until)
    assert set(blocked(release)) == {"held"}
    with at(until + timedelta(minutes=5)):
        sweep()
        hold.refresh_from_db()
        assert (hold.lifted_at, hold.is_in_force) == (until, False)
        assert actions.start_release(release=release, by=acting("rosa")).status == "releasing"


def test_a_hold_stops_tasks_but_not_the_way_back() -> None:
    release = release_in("releasing")
    actions.place_hold(release=release, reason="Look at the graphs.", by=acting("carl"))
    with pytest.raises(NotNow, match="Look at the graphs"):
        actions.start_task(task=release.tasks.get(slug="tidy"), by=acting("carl"))


def test_holds_are_refused_where_they_make_no_sense() -> None:
    release = release_in("planning")
    with pytest.raises(Invalid, match="Say why"):
        actions.place_hold(release=release, reason=" ", by=acting("adam"))
    with pytest.raises(Invalid, match="future"):
        actions.place_hold(release=release, reason="x", by=acting("adam"), until=now() - HOUR)
    with pytest.raises(NotPermitted):
        actions.place_hold(release=release, reason="x", by=acting("audrey"))
    with pytest.raises(NotNow, match="nothing to stop"):
        actions.place_hold(release=release_in("cancelled"), reason="x", by=acting("adam"))
    hold = actions.place_hold(release=release, reason="x", by=acting("adam"))
    with pytest.raises(NotPermitted):
        actions.lift_hold(hold=hold, by=acting("anna"))
    actions.lift_hold(hold=hold, by=acting("rosa"))
    with pytest.raises(NotNow, match="already"):
        actions.lift_hold(hold=hold, by=acting("rosa"))


# --- proof --------------------------------------------------------------------------------------------------------


def test_evidence_grows_old_and_a_waiver_ends() -> None:
    definitions = [check("tests", group="procedure", kind="manual", stale_after_hours=2)]
    definitions.append(check("scan", group="procedure", kind="manual"))
    release = release_in("verifying", content=content_with(checks=definitions))
    actions.sign_off_check(check=release.checks.get(slug="tests"), by=acting("carl"), note="Green.")
    scan = release.checks.get(slug="scan")
    actions.find_check_wanting(check=scan, by=acting("carl"), note="Two findings.")
    with pytest.raises(Invalid, match="future"):
        actions.waive_check(check=scan, by=acting("rosa"), until=now(), note="Known.")
    with pytest.raises(NotPermitted):
        actions.waive_check(check=scan, by=acting("carl"), until=now() + HOUR, note="Known.")
    actions.waive_check(check=scan, by=acting("rosa"), until=now() + HOUR, note="Known.")
    sweep()
    assert {one.status for one in release.checks.all()} == {"passed", "waived"}
    with at(now() + HOUR):
        sweep()
        assert release.checks.get(slug="scan").status == "expired"
    with at(now() + 2 * HOUR):
        sweep()
        assert release.checks.get(slug="tests").status == "expired"
        assert "check_expired" in blocked(release, actions.request_approval)


def test_proof_about_an_artifact_that_changed_does_not_hold() -> None:
    release = prove(release_in("verifying"))
    release = actions.rework(release=release, by=acting("rosa"), note="A fix.")
    actions.change_component(component=release.components.get(), by=acting("rosa"), digest=f"sha256:{'c3' * 32}")
    statuses = {one.slug: one.status for one in release.checks.all()}
    assert statuses["inspected-payments-api"] == "expired"
    assert statuses["rehearsed"] == "passed"
    actions.start_verification(release=release, by=acting("rosa"))
    statuses = {one.slug: one.status for one in release.checks.all()}
    assert statuses["inspected-payments-api"] == "running"
    assert statuses["rehearsed"] == "passed"


def test_a_run_that_is_no_longer_the_newest_leaves_its_check_alone() -> None:
    release = release_in("verifying", content=content_with(checks=[check("tests", group="procedure", kind="junit")]))
    one = release.checks.get()
    first = one.runs.get()
    actions.begin_check_run(check_run=first, by=SYSTEM)
    second = actions.request_check(check=one, by=acting("carl"))
    actions.finish_check_run(check_run=first, status="passed", by=SYSTEM)
    one.refresh_from_db()
    assert one.status == "pending"
    actions.finish_check_run(check_run=second, status="failed", by=SYSTEM, detail="3 of 100")
    again = actions.finish_check_run(check_run=second, status="passed", by=SYSTEM)
    one.refresh_from_db()
    assert (one.status, again.status, again.detail) == ("failed", "failed", "3 of 100")
    assert [run.status for run in one.runs.order_by("number")] == ["passed", "failed"]


@pytest.mark.parametrize(
    ("meaning", "status"), [("fail", "failed"), ("inconclusive", "inconclusive"), ("pass", "passed")]
)
def test_no_data_means_what_the_check_says_it_means(meaning: str, status: str) -> None:
    definition = check("tests", group="procedure", kind="junit", on_no_data=meaning)
    release = release_in("verifying", content=content_with(checks=[definition]))
    run = release.checks.get().runs.get()
    run = actions.finish_check_run(check_run=run, status="no_data", by=SYSTEM)
    assert run.status == status
    assert "no data" in run.detail


def test_no_required_check_reads_not_verified() -> None:
    advisory = [check("look", group="procedure", kind="manual", required=False)]
    release = release_in("verifying", content=content_with(checks=advisory))
    assert verification_standing(prove(release)) == "not_verified"
    unproven = release_in("verifying", model="thorough", content=content_with())
    assert verification_standing(unproven) == "not_ready"
    assert verification_standing(prove(unproven)) == "passed"


# --- after the release --------------------------------------------------------------------------------------------


def test_early_life_ends_and_the_review_begins_by_itself() -> None:
    release = release_in("released")
    assert set(blocked(release, actions.begin_review)) == {"early_life", "check_running"}
    prove(release, "release")
    with at(release.early_life_ends_at - timedelta(minutes=1)):
        sweep()
        assert fresh(release).status == "released"
    with at(release.early_life_ends_at + timedelta(minutes=1)):
        sweep()
    assert fresh(release).status == "in_review"


def test_waits_are_opened_and_closed_by_themselves() -> None:
    start = now() + 2 * HOUR
    release = release_in("scheduled", planned_start=start, planned_end=start + 2 * HOUR)
    assert [(one.reason, one.ended_at is None) for one in waits(release)] == [
        ("evidence", False),
        ("person", False),
        ("approval", False),
        ("window", True),
    ]
    with at(start):
        frozen = Freeze(key="FRZ-1", name="Year end", starts_at=start, ends_at=start + HOUR)
        moves.create(frozen, by=SYSTEM)
        sweep()
        assert [one.reason for one in waits(release).filter(ended_at=None)] == ["freeze"]
    with at(start + HOUR):
        sweep()
        assert waits(release).get(reason="freeze").ended_at == start + HOUR
        actions.start_release(release=release, by=acting("rosa"))
    with at(start + HOUR + HOUR):
        actions.back_out(release=release, by=acting("rosa"), note="No.")
    assert waits(release).filter(ended_at=None).count() <= 1


def test_nothing_waits_in_the_end() -> None:
    for status in ("closed", "cancelled"):
        assert not waits(release_in(status)).filter(ended_at=None).exists()


def test_a_sweep_over_many_is_not_stopped_by_one_that_refuses(monkeypatch) -> None:
    broken, fine = release_in("released"), release_in("released")
    prove(fine, "release")
    real = judging.expire_old

    def refusing(release, *, by):
        if release.pk == broken.pk:
            raise NotNow([])
        real(release, by=by)

    monkeypatch.setattr(judging, "expire_old", refusing)
    with at(fine.early_life_ends_at + HOUR):
        assert sweep() == 1
    assert (fresh(broken).status, fresh(fine).status) == ("released", "in_review")
