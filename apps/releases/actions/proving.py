"""Checks: ask for proof, take down what came of it, sign it off, waive it, let it expire."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Invalid
from apps.releases.actions.ground import by_itself, held, next_number, refuse, refuse_unless_possible
from apps.releases.actions.waiting import note_waits
from apps.releases.lifecycle.check import MANUAL, PROVEN, VERDICTS
from apps.releases.lifecycle.places import page_of
from apps.releases.lifecycle.words import CheckGroup, CheckStatus, OnNoData, RunStatus
from apps.releases.models import Check, CheckRun, Evidence, Release

NO_DATA = "no_data"
NO_DATA_MEANS = {
    OnNoData.FAIL: RunStatus.FAILED,
    OnNoData.INCONCLUSIVE: RunStatus.INCONCLUSIVE,
    OnNoData.PASS: RunStatus.PASSED,
}
FORGOTTEN = {"proven_at": None, "expires_at": None, "waived_until": None, "waiver_reason": "", "waived_by": None}


@transaction.atomic
def request_check(*, check: Check, by: Actor, note: str = "") -> CheckRun:
    """Begin a new run. A manual check is at once in the hands of people; others are carried out by verification."""
    release = held(check.release)
    run = _request(check, by, note)
    note_waits(release)
    return run


def request_checks(release: Release, groups: Iterable[str], *, by: Actor) -> None:
    """Ask for every proof of these groups that is not there. The release is locked by the caller."""
    for check in release.checks.filter(group__in=list(groups)):
        if check.status not in (*PROVEN, CheckStatus.RUNNING) or check.has_run_out(now()):
            _request(check, by_itself(by))


@transaction.atomic
def begin_check_run(*, check_run: CheckRun, by: Actor) -> CheckRun:
    """Somebody or something has begun to look. Said twice, it is taken down once."""
    release = held(check_run.check_of.release)
    run = moves.lock(check_run)
    if run.status != RunStatus.PENDING:
        return run
    _refuse_when_ended(release)
    return _begin(moves.lock(run.check_of), run, by)


@transaction.atomic
def finish_check_run(
    *,
    check_run: CheckRun,
    status: str,
    by: Actor,
    detail: str = "",
    output: dict[str, Any] | None = None,
    evidence: Iterable[Evidence] = (),
) -> CheckRun:
    """Take down what a run found. The first word stands; a run that is no longer the newest leaves its check alone.

    `no_data` becomes what the definition of the check says the absence of data means.
    """
    release = held(check_run.check_of.release)
    run = moves.lock(check_run)
    if run.status in VERDICTS:
        return run
    _refuse_when_ended(release)
    check = moves.lock(run.check_of)
    if run.status == RunStatus.PENDING:
        run = _begin(check, run, by)
    verdict, detail = _verdict(check, status, detail)
    run = _conclude(run, VERDICTS[verdict], by, detail=detail, output=output or {}, evidence=evidence)
    check = moves.lock(check)
    if check.status == CheckStatus.RUNNING and _is_newest(run):
        _take_over(check, VERDICTS[verdict], run, by, note=detail)
        expire_changed(release, by=by)
    note_waits(release)
    return run


@transaction.atomic
def sign_off_check(*, check: Check, by: Actor, note: str = "", evidence: Iterable[Evidence] = ()) -> Check:
    """A person looked, and it is as it should be."""
    return _judge_by_hand(check, "sign_off", "succeed", by=by, note=note, evidence=evidence)


@transaction.atomic
def find_check_wanting(*, check: Check, by: Actor, note: str = "", evidence: Iterable[Evidence] = ()) -> Check:
    """A person looked, and it is not as it should be."""
    return _judge_by_hand(check, "find_wanting", "fail", by=by, note=note, evidence=evidence)


@transaction.atomic
def waive_check(*, check: Check, by: Actor, until: datetime, note: str = "") -> Check:
    """Go on without this proof, until a moment and for a reason, by whom the model allows it."""
    release = held(check.release)
    check = moves.lock(check)
    refuse_unless_possible(check, "waive", by)
    if until <= now():
        raise Invalid.field("until", "past", _("A waiver ends in the future."))
    change = {"waived_until": until, "waiver_reason": note, "waived_by": by.user}
    check = moves.move(check, "waive", by=by, note=note, change=change)
    note_waits(release)
    return check


def expire_changed(release: Release, *, by: Actor) -> None:
    """Proof about an artifact that is no longer the one in the release does not hold."""
    for check in release.checks.filter(status__in=PROVEN, component__isnull=False).select_related("component"):
        if check.subject_digest != check.component.proof_subject:
            note = _("What it proved has changed.")
            moves.move(check, "expire", by=by_itself(by), note=note)


def expire_old(release: Release, *, by: Actor) -> None:
    """Proof grows old and waivers end."""
    moment = now()
    for check in release.checks.filter(status__in=PROVEN):
        if check.has_run_out(moment):
            was_waived = check.status == CheckStatus.WAIVED
            note = _("Its waiver has ended.") if was_waived else _("Its evidence is too old.")
            moves.move(check, "expire", by=by_itself(by), note=note)


def _request(check: Check, by: Actor, note: str = "") -> CheckRun:
    check = moves.move(check, "request", by=by, note=note, change=FORGOTTEN)
    number = next_number(check.runs)
    run = moves.create(CheckRun(check_of=check, number=number, subject_digest=_subject_of(check)), by=by)
    if check.kind == MANUAL:
        return _begin(check, run, by)
    moves.record(check, "run_requested", by=by, data={"run": run.pk, "number": number})
    return run


def _refuse_when_ended(release: Release) -> None:
    """The evidence of a closed release is sealed: what comes later is not taken down."""
    if release.is_ended:
        status = release.get_status_display().lower()
        refuse("release_ended", _("The release is %s; its checks rest.") % status, url=page_of(release))


def _subject_of(check: Check) -> str:
    return check.component.proof_subject if check.component_id else ""


def _is_newest(run: CheckRun) -> bool:
    return not CheckRun.objects.filter(check_of=run.check_of_id, number__gt=run.number).exists()


def _begin(check: Check, run: CheckRun, by: Actor) -> CheckRun:
    run = moves.move(run, "begin", by=by, change={"started_at": now(), "subject_digest": _subject_of(check)})
    if check.status == CheckStatus.PENDING and _is_newest(run):
        moves.move(check, "begin", by=by)
    return run


def _verdict(check: Check, status: str, detail: str) -> tuple[str, str]:
    if status == NO_DATA:
        meaning = check.get_on_no_data_display().lower()
        said = _("There is no data; by definition of this check that means: %s.") % meaning
        return NO_DATA_MEANS[check.on_no_data], f"{said} {detail}".strip()
    if status not in VERDICTS:
        raise Invalid.field("status", "unknown", _("“%s” is not the result of a check.") % status)
    return status, detail


def _conclude(
    run: CheckRun, step: str, by: Actor, *, detail: str, output: dict[str, Any], evidence: Iterable[Evidence]
) -> CheckRun:
    shown = list(evidence)
    run = moves.move(
        run,
        step,
        by=by,
        change={"finished_at": now(), "detail": detail, "output": output},
        data={"evidence": [one.sha256 for one in shown]},
    )
    run.evidence.set(shown)
    return run


def _take_over(check: Check, step: str, run: CheckRun, by: Actor, note: str = "") -> Check:
    """The check stands where its newest run came out."""
    moment = now()
    change: dict[str, Any] = {"subject_digest": run.subject_digest}
    if run.status == RunStatus.PASSED:
        change["proven_at"] = moment
        if check.stale_after_hours:
            change["expires_at"] = moment + timedelta(hours=check.stale_after_hours)
    return moves.move(check, step, by=by, note=note, change=change, data={"run": run.pk, "number": run.number})


def _judge_by_hand(
    check: Check, step: str, run_step: str, *, by: Actor, note: str, evidence: Iterable[Evidence]
) -> Check:
    release = held(check.release)
    check = moves.lock(check)
    refuse_unless_possible(check, step, by)
    if not note.strip():
        raise Invalid.field("note", "required", _("Say what you saw."))
    run = check.runs.order_by("-number").first()
    run = _conclude(run, run_step, by, detail=note, output={}, evidence=evidence)
    check = _take_over(check, step, run, by, note=note)
    note_waits(release)
    return check


RELEASE_PROOF = (CheckGroup.RELEASE,)
PLAN_PROOF = (CheckGroup.COMPONENT, CheckGroup.PROCEDURE)
