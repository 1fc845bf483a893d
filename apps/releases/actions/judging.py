"""Judge a release again: take every consequence whose condition holds, after each deed and whenever time has passed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Refusal
from apps.core.lifecycle import blockers_of
from apps.releases.actions.approving import chase_owed_approval, settle_round, stand_by_approval
from apps.releases.actions.ground import by_itself, held
from apps.releases.actions.proving import RELEASE_PROOF, expire_changed, expire_old, request_checks
from apps.releases.actions.reaching import note_impact
from apps.releases.actions.readying import ready_tasks
from apps.releases.actions.waiting import note_waits
from apps.releases.lifecycle.words import Availability, ImpactStage, Status
from apps.releases.models import Release
from apps.releases.queries.due import releases_to_judge

EARLY_LIFE_HOURS = 24


@transaction.atomic
def judge_release(*, release: Release, by: Actor) -> Release:
    """Take the consequences that are due, in the order of the chart."""
    release = held(release)
    if release.is_ended:
        return release
    _end_holds(release, by)
    expire_changed(release, by=by)
    expire_old(release, by=by)
    release = settle_round(release, by=by)
    release = stand_by_approval(release, by=by)
    release = chase_owed_approval(release, by=by)
    release = _start_by_itself(release, by)
    return carry_on(release, by=by)


def carry_on(release: Release, *, by: Actor) -> Release:
    """What follows from what was just done: tasks whose turn has come, the end of execution or of backing out."""
    ready_tasks(release, by=by)
    if release.status == Status.RELEASING:
        release = _finish(release, by)
    if release.status == Status.BACKING_OUT:
        release = _finish_back_out(release, by)
    if release.status == Status.RELEASED and by.is_system:
        release = _begin_review_by_itself(release, by)
    return note_waits(release)


def sweep_releases(*, by: Actor, at: datetime | None = None) -> int:
    """Judge every release for which time may have changed something; returns how many changed.

    One that refuses does not stop the others.
    """
    changed = 0
    for release in releases_to_judge(at or now()).iterator(chunk_size=200):
        try:
            changed += judge_release(release=release, by=by).version != release.version
        except Refusal:
            continue
    return changed


def set_out(release: Release, *, by: Actor, note: str = "", change: dict[str, Any]) -> Release:
    """Start it, and keep on record what it reaches at this moment."""
    release = moves.move(release, "start", by=by, note=note, change={**change, "started_at": now()})
    note_impact(release, ImpactStage.START, by=by)
    return release


def look_back(
    release: Release, step: str, *, by: Actor, note: str = "", change: dict[str, Any] | None = None
) -> Release:
    """Bring it into its review by one of the steps that lead there, and keep on record what it reaches now."""
    release = moves.move(release, step, by=by, note=note, change=change or {})
    note_impact(release, ImpactStage.REVIEW, by=by)
    return release


def _end_holds(release: Release, by: Actor) -> None:
    """A hold whose time is over is lifted, so that the record says when it ended."""
    for hold in release.holds.filter(lifted_at__isnull=True, until__lte=now()):
        moves.change(hold, {"lifted_at": hold.until}, by=by_itself(by), verb="end")


def _start_by_itself(release: Release, by: Actor) -> Release:
    """Start at the time where the model says so, when nothing stands in the way. Never without an approval."""
    wants_it = release.model_content.get("start", {}).get("automatic", False)
    if not (wants_it and by.is_system and release.status == Status.SCHEDULED) or release.is_approval_owed:
        return release
    if release.planned_start is None or now() < release.planned_start or blockers_of(release, "start"):
        return release
    return set_out(release, by=by_itself(by), change={})


def _finish(release: Release, by: Actor) -> Release:
    if blockers_of(release, "finish"):
        return release
    moment = now()
    hours = release.model_content.get("early_life_hours", EARLY_LIFE_HOURS)
    release = moves.move(
        release,
        "finish",
        by=by_itself(by),
        change={
            "released_at": moment,
            "finished_at": moment,
            "early_life_ends_at": moment + timedelta(hours=hours),
            "exposure": 100,
            "availability": Availability.GENERALLY_AVAILABLE,
        },
    )
    request_checks(release, RELEASE_PROOF, by=by)
    return release


def _finish_back_out(release: Release, by: Actor) -> Release:
    if release.exposure and not release.is_rollout_managed and not blockers_of(release, "confirm_previous_versions"):
        # Nobody rolls it out in stages, so the back-out tasks are what took it away from its audience.
        release = moves.change(release, {"exposure": 0}, by=by_itself(by), verb="take_away")
    if blockers_of(release, "finish_back_out"):
        return release
    change = {"finished_at": now(), "availability": Availability.NOT_AVAILABLE}
    return look_back(release, "finish_back_out", by=by_itself(by), change=change)


def _begin_review_by_itself(release: Release, by: Actor) -> Release:
    if blockers_of(release, "begin_review"):
        return release
    return look_back(release, "begin_review", by=by_itself(by))
