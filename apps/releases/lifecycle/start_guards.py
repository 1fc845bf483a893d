"""What stands between an approved release and its users, and between its end and its closing.

Backing out has no guard on purpose: no freeze, no hold and no approval stands in its way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.approvals.models import RoundStatus
from apps.core.blockers import Blocker
from apps.core.clock import now
from apps.releases.lifecycle.conditions import has_conditions_met
from apps.releases.lifecycle.fellows import goes_with_its_train, open_needs
from apps.releases.lifecycle.freezes import freeze_blockers
from apps.releases.lifecycle.places import page_of
from apps.releases.lifecycle.plan_guards import MANAGER, has_proof, keeps_to_its_windows
from apps.releases.lifecycle.scope import scope_digest
from apps.releases.lifecycle.task import FINISHED
from apps.releases.lifecycle.words import ApprovalBasis, Availability, Outcome, Phase, TaskStatus


def is_in_window(release: Any) -> Iterator[Blocker]:
    """Now is within the planned window."""
    if not release.needs_window:
        return
    moment = now()
    if release.planned_start and moment < release.planned_start:
        message = _("Its window opens at %s UTC.") % f"{release.planned_start:%Y-%m-%d %H:%M}"
        yield Blocker("before_window", message, str(MANAGER), release.planned_start, page_of(release))
    if release.planned_end and moment >= release.planned_end:
        message = _("Its window ended at %s UTC; plan another.") % f"{release.planned_end:%Y-%m-%d %H:%M}"
        yield Blocker("after_window", message, str(MANAGER), None, page_of(release))


def has_no_freeze(release: Any) -> Iterator[Blocker]:
    """No freeze is in force without an exception."""
    yield from freeze_blockers(release, now())


def has_no_hold(release: Any) -> Iterator[Blocker]:
    """Nobody has stopped it."""
    for hold in release.holds.in_force().select_related("placed_by"):
        yield hold.as_blocker()


def has_dependencies_met(release: Any) -> Iterator[Blocker]:
    """Every release that it needs has reached the state it must have reached."""
    yield from open_needs(release.dependencies.select_related("needs__release_manager"))


def is_unchanged(release: Any) -> Iterator[Blocker]:
    """What was approved is what is there."""
    if not release.approved_digest or release.approved_digest != scope_digest(release):
        message = _("What is there is not what was approved: rework it and ask again.")
        yield Blocker("digest_changed", message, str(MANAGER), url=page_of(release))


def is_approved(release: Any) -> Iterator[Blocker]:
    """The people whom the rules name have approved this scope, or the model says they may do so afterwards."""
    if release.approval_basis == ApprovalBasis.PRE_AUTHORISED:
        return
    status = release.round.status if release.round_id else ""
    if release.approval_basis == ApprovalBasis.OWED and status != RoundStatus.REJECTED:
        return
    if status != RoundStatus.APPROVED or release.round.digest != release.approved_digest:
        yield Blocker("not_approved", _("It has not been approved."), str(_("approvers")), url=page_of(release))


def has_execution_done(release: Any) -> Iterator[Blocker]:
    """Every mandatory task and stage is done, or skipped with a reason."""
    yield from _open_tasks(release, [Phase.PREPARE, Phase.EXECUTE])
    if release.is_rollout_managed and release.exposure < 100:
        message = _("The rollout has reached %s %% of its audience.") % release.exposure
        yield Blocker("rollout_open", message, str(MANAGER), url=page_of(release))


def has_back_out_done(release: Any) -> Iterator[Blocker]:
    """Every mandatory back-out task is done, or skipped with a reason."""
    yield from _open_tasks(release, [Phase.BACK_OUT])


def has_no_exposure(release: Any) -> Iterator[Blocker]:
    """Nobody sees the new version any more."""
    if release.exposure:
        message = _("%s %% of the audience still see it.") % release.exposure
        yield Blocker("still_exposed", message, str(MANAGER), url=page_of(release))


def has_previous_versions_live(release: Any) -> Iterator[Blocker]:
    """The previous versions are confirmed live, by deployments or by a person."""
    if release.previous_confirmed_at:
        return
    for component in release.components.select_related("ci"):
        if not component.is_back(release.environment_id):
            message = _("Confirm that %(ci)s runs %(version)s again.") % {
                "ci": component.ci.key,
                "version": component.from_version or _("as before"),
            }
            yield Blocker("previous_not_confirmed", message, str(MANAGER), url=page_of(release))


def is_early_life_over(release: Any) -> Iterator[Blocker]:
    """Early-life support is over."""
    until = release.early_life_ends_at
    if until and now() < until:
        message = _("Early-life support lasts until %s UTC.") % f"{until:%Y-%m-%d %H:%M}"
        yield Blocker("early_life", message, str(MANAGER), until, page_of(release))


def is_review_accepted(release: Any) -> Iterator[Blocker]:
    """Its review was accepted."""
    if release.review_accepted_at is None:
        yield Blocker("review_open", _("Its review has not been accepted."), str(_("reviewer")), url=page_of(release))


def has_outcome(release: Any) -> Iterator[Blocker]:
    """Its outcome is set."""
    if release.review_outcome not in Outcome.values:
        yield Blocker("no_outcome", _("Its review names no outcome."), str(_("reviewer")), url=page_of(release))


def has_owed_approval(release: Any) -> Iterator[Blocker]:
    """The approval that was owed after the fact has been given."""
    if release.is_approval_owed:
        message = _("It went ahead without approval; the approval is owed and has not been given.")
        yield Blocker("approval_owed", message, str(_("approvers")), release.owed_approval_by, page_of(release))


def is_without_open_round(release: Any) -> bool:
    """The approvers are being asked already."""
    return not (release.round_id and release.round.status == RoundStatus.PENDING)


def is_approval_owed(release: Any) -> bool:
    """No approval is owed."""
    return release.is_approval_owed


def is_available(release: Any) -> bool:
    """It is not available to anybody any more."""
    return release.availability in (Availability.GENERALLY_AVAILABLE, Availability.END_OF_SUPPORT)


def is_supported(release: Any) -> bool:
    """Its support has ended already."""
    return release.availability == Availability.GENERALLY_AVAILABLE


def is_out_of_support(release: Any) -> bool:
    """Its support must end before its life does."""
    return release.availability == Availability.END_OF_SUPPORT


def _open_tasks(release: Any, phases: list[str]) -> Iterator[Blocker]:
    for task in release.tasks.all():
        if task.phase in phases and task.mandatory and task.status not in FINISHED:
            yield Blocker(
                "task_failed" if task.status == TaskStatus.FAILED else "task_open",
                _("Task “%(title)s” is %(status)s.")
                % {"title": task.title, "status": task.get_status_display().lower()},
                who_can_lift=str(task.assignee_id and task.assignee or task.role),
                url=page_of(release),
            )


START_GUARDS = [
    is_in_window,
    keeps_to_its_windows,
    has_no_freeze,
    has_no_hold,
    has_dependencies_met,
    has_proof,
    is_approved,
    has_conditions_met,
    is_unchanged,
    goes_with_its_train,
]
