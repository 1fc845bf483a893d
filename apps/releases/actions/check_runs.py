"""While a check is under way: how far it is, and calling it off."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now
from apps.releases.actions.ground import held, refuse_unless_possible
from apps.releases.actions.waiting import note_waits
from apps.releases.lifecycle.words import RunStatus
from apps.releases.models import Check, CheckRun

UNDER_WAY = (RunStatus.PENDING, RunStatus.RUNNING)


@transaction.atomic
def cancel_check(*, check: Check, by: Actor, note: str = "") -> Check:
    """Call off the run that is under way. What it would have found is not known, so the check is inconclusive."""
    release = held(check.release)
    check = moves.lock(check)
    refuse_unless_possible(check, "cancel", by)
    detail = _("Called off by %s before it came to an end.") % by.label
    for run in check.runs.filter(status__in=UNDER_WAY):
        moves.move(run, "cancel", by=by, change={"finished_at": now(), "detail": f"{detail} {note}".strip()})
    check = moves.move(check, "cancel", by=by, note=note)
    note_waits(release)
    return check


@transaction.atomic
def note_check_progress(*, check_run: CheckRun, detail: str, by: Actor) -> CheckRun:
    """Say how far a run is: which attempt, what it waits for. Nothing is said of one that has ended."""
    run = moves.lock(check_run)
    if run.status not in UNDER_WAY:
        return run
    return moves.change(run, {"detail": detail}, by=by, verb="progress")
