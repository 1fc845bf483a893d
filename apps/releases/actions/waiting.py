"""Keep account of what a release waits for: spans that open and close by themselves, so that waiting can be measured."""

from __future__ import annotations

from collections.abc import Callable

from apps.approvals.queries import who_is_needed
from apps.core.blockers import Blocker
from apps.core.clock import now
from apps.releases.lifecycle.fellows import goes_with_its_train
from apps.releases.lifecycle.plan_guards import MANAGER, has_proof, has_release_proof
from apps.releases.lifecycle.start_guards import has_dependencies_met, has_no_freeze
from apps.releases.lifecycle.words import Status, TaskStatus, WaitReason
from apps.releases.models import Release, Wait
from apps.releases.models.facts import LONGEST_OWNER

Waits = dict[str, tuple[str, str]]  # what it waits for → the detail, and who can end it
NOBODY = ""  # time alone ends it


def note_waits(release: Release) -> Release:
    """Close the spans that are over and open those that began. The release is locked by the caller."""
    wanted = _waits_of(release)
    moment = now()
    open_now = {wait.reason: wait for wait in release.waits.filter(ended_at__isnull=True)}
    over = [wait.pk for reason, wait in open_now.items() if reason not in wanted]
    if over:
        Wait.objects.filter(pk__in=over).update(ended_at=moment)
    begun = [
        Wait(release=release, reason=reason, detail=detail, owner=owner[:LONGEST_OWNER], started_at=moment)
        for reason, (detail, owner) in wanted.items()
        if reason not in open_now
    ]
    if begun:
        Wait.objects.bulk_create(begun)
    return release


def _waits_of(release: Release) -> Waits:
    find = FINDERS.get(release.status)
    return find(release) if find else {}


def _standing(blockers: list[Blocker]) -> tuple[str, str]:
    """All that is in the way, and everybody who can lift some of it."""
    detail = " ".join(str(blocker.message) for blocker in blockers)
    return detail, "; ".join(dict.fromkeys(str(blocker.who_can_lift) for blocker in blockers if blocker.who_can_lift))


def _manager(release: Release) -> str:
    return str(release.release_manager or MANAGER)


def _approvers(release: Release) -> tuple[str, str]:
    """The round, and whoever it still needs."""
    if not release.round_id:
        return "", NOBODY
    return release.round.key, "; ".join(need.words for need in who_is_needed(release.round) if not need.is_met)


def _verifying(release: Release) -> Waits:
    missing = list(has_proof(release))
    if missing:
        return {WaitReason.EVIDENCE: _standing(missing)}
    return {WaitReason.PERSON: ("Everything is proven; the approval can be requested.", _manager(release))}


def _awaiting_approval(release: Release) -> Waits:
    return {WaitReason.APPROVAL: _approvers(release)}


def _scheduled(release: Release) -> Waits:
    """Before its window it waits for the window; after that for whatever else stands in the way."""
    if release.needs_window and release.planned_start and now() < release.planned_start:
        return {WaitReason.WINDOW: (release.planned_start.isoformat(), NOBODY)}
    found = {
        WaitReason.FREEZE: list(has_no_freeze(release)),
        WaitReason.DEPENDENCY: [*has_dependencies_met(release), *goes_with_its_train(release)],
        WaitReason.EVIDENCE: list(has_proof(release)),
    }
    waits = {reason: _standing(blockers) for reason, blockers in found.items() if blockers}
    return waits or {WaitReason.PERSON: ("Its window is open; it can be started.", _manager(release))}


def _executing(release: Release) -> Waits:
    tasks = list(release.tasks.select_related("assignee"))
    statuses = {task.status for task in tasks}
    if TaskStatus.READY in statuses and TaskStatus.IN_PROGRESS not in statuses:
        ready = [str(task.assignee or task.role) for task in tasks if task.status == TaskStatus.READY]
        return {WaitReason.PERSON: ("Tasks are ready and nobody has begun one.", "; ".join(dict.fromkeys(ready)))}
    return {}


def _released(release: Release) -> Waits:
    if release.early_life_ends_at and now() < release.early_life_ends_at:
        return {WaitReason.SOAK: (release.early_life_ends_at.isoformat(), NOBODY)}
    missing = list(has_release_proof(release))
    if missing:
        return {WaitReason.EVIDENCE: _standing(missing)}
    return {WaitReason.PERSON: ("The review can begin.", _manager(release))}


def _in_review(release: Release) -> Waits:
    if release.is_approval_owed:
        return {WaitReason.APPROVAL: _approvers(release)}
    return {WaitReason.PERSON: ("The review is to be accepted and the release closed.", _manager(release))}


FINDERS: dict[str, Callable[[Release], Waits]] = {
    Status.VERIFYING: _verifying,
    Status.AWAITING_APPROVAL: _awaiting_approval,
    Status.SCHEDULED: _scheduled,
    Status.RELEASING: _executing,
    Status.BACKING_OUT: _executing,
    Status.RELEASED: _released,
    Status.IN_REVIEW: _in_review,
}
