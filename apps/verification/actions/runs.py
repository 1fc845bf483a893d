"""Carrying out check runs: begin, look, take down. Safe to be cut off anywhere and called again."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction

from apps.core import outbox
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.documents import storable
from apps.core.errors import Refusal
from apps.releases import actions as releases
from apps.releases.lifecycle.words import RunStatus
from apps.releases.models import CheckRun, Evidence, Release
from apps.verification.actions.budgets import seconds_until_free
from apps.verification.kinds import kind_named, result
from apps.verification.kinds.result import Result
from apps.verification.kinds.subject import Subject
from apps.verification.queries import (
    ATTEMPT_DUE,
    is_attempt_planned,
    is_expected,
    run_with_check,
    runs_standing_still,
    subject_of,
    worth_another_look,
)

log = logging.getLogger(__name__)

PATIENCE = timedelta(minutes=15)
GIVE_UP_AFTER = timedelta(hours=24)


def carry_out_run(*, run_id: int, by: Actor, attempt: int = 1) -> CheckRun | None:
    """Begin the run (or find it begun), look without holding any lock, and take down what was seen.

    Called twice it has one effect: a run that has come to its end is left as it is, and one that was cut off while
    looking is looked at again.
    """
    run = run_with_check(run_id)
    if run is None or kind_is_by_hand(run):
        return run
    run = releases.begin_check_run(check_run=run, by=by)
    if run.status != RunStatus.RUNNING:
        return run
    run = run_with_check(run_id)
    kind, subject = kind_named(run.check_of.kind), subject_of(run, at=now(), attempt=attempt)
    wait = seconds_until_free(kind.target_of(subject), kind.per_minute) if kind else 0
    if wait:
        said = f"{kind.target_of(subject)} is called {kind.per_minute} times a minute at most; it is tried later."
        return _plan_attempt(run, attempt, wait, said, by, after=now())
    found = _looked(run.check_of.kind, subject)
    if found.retry_after is not None:
        return _plan_attempt(run, found.next_attempt or attempt + 1, found.retry_after, found.detail, by)
    return _take_down(run, found, by)


def kind_is_by_hand(run: CheckRun) -> bool:
    kind = kind_named(run.check_of.kind)
    return kind is not None and kind.is_by_hand


def look_again(*, release: Release, about: str, by: Actor, ci_id: int | None = None) -> int:
    """There is news: obtain anew the proofs that were wanting for it. Returns how many were asked for."""
    checks = list(worth_another_look(release, about=about, ci_id=ci_id))
    for check in checks:
        releases.request_check(check=check, by=by)
    return len(checks)


def sweep_runs(*, by: Actor, at: datetime | None = None) -> int:
    """Find runs whose message was lost and send for them again; end those that nobody can carry out."""
    at = at or now()
    moved = 0
    for run in runs_standing_still(since=at - PATIENCE):
        if is_expected(run, at=at, patience=PATIENCE):
            continue
        if run.created_at < at - GIVE_UP_AFTER:
            _take_down(run, result.error("The check was begun several times and never came to an end."), by)
        else:
            outbox.later(ATTEMPT_DUE, subject=run, at=at, payload={"run": run.pk, "attempt": 1})
        moved += 1
    return moved


def _looked(slug: str, subject: Subject) -> Result:
    """The kind's verdict; a kind that breaks is an error of the check, never of the house."""
    kind = kind_named(slug)
    if kind is None:
        return result.error(f"No kind of check is called “{slug}”.")
    try:
        return kind.run(subject)
    except Refusal as refusal:
        return result.failed(refusal.detail)
    except Exception as fault:
        log.exception("A check of kind %s broke.", slug)
        return result.error(f"The check itself broke: {type(fault).__name__}. The log of the worker says more.")


@transaction.atomic
def _plan_attempt(
    run: CheckRun, attempt: int, seconds: float, said: str, by: Actor, after: datetime | None = None
) -> CheckRun:
    """The run stays under way until its next attempt; planned once, even when the message comes twice."""
    if is_attempt_planned(run, attempt, after=after):
        return run
    due = now() + timedelta(seconds=seconds)
    outbox.later(ATTEMPT_DUE, subject=run, at=due, payload={"run": run.pk, "attempt": attempt})
    return releases.note_check_progress(
        check_run=run, detail=storable(f"{said} Next look at {due:%Y-%m-%d %H:%M:%S} UTC.", 2000), by=by
    )


def _take_down(run: CheckRun, found: Result, by: Actor) -> CheckRun:
    return releases.finish_check_run(
        check_run=run,
        status=found.status,
        detail=storable(found.detail, 2000),
        output=storable(found.output),
        evidence=list(Evidence.objects.filter(pk__in=found.evidence)),
        by=by,
    )
