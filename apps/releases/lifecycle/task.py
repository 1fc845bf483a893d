"""The chart of a task.

    waiting → ready* → in_progress → done
                ↑           │  ↑ ↘ failed
                │           │  └────┘
    waiting, ready, in_progress, failed → skipped (reason)

`*` = a consequence: it is the task's turn when its phase has come and everything it depends on is done or skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core.blockers import Blocker
from apps.core.lifecycle import Lifecycle, StatusField, status_constraint, transition
from apps.releases.lifecycle.places import page_of
from apps.releases.lifecycle.words import Phase, Status, TaskStatus
from apps.releases.permissions import may_do_task, may_manage

FINISHED = (TaskStatus.DONE, TaskStatus.SKIPPED)
PHASE_RUNS_IN = {
    Phase.PREPARE: (Status.PLANNING, Status.VERIFYING, Status.AWAITING_APPROVAL, Status.SCHEDULED, Status.RELEASING),
    Phase.EXECUTE: (Status.RELEASING,),
    Phase.BACK_OUT: (Status.BACKING_OUT,),
}


def has_its_turn(task: Any) -> Iterator[Blocker]:
    """The task's phase has come."""
    if task.release.status not in PHASE_RUNS_IN[task.phase]:
        yield Blocker(
            "not_its_phase",
            _("“%(title)s” belongs to the phase “%(phase)s”; the release is %(status)s.")
            % {
                "title": task.title,
                "phase": task.get_phase_display().lower(),
                "status": task.release.get_status_display().lower(),
            },
            url=page_of(task.release),
        )


def has_its_needs_done(task: Any) -> Iterator[Blocker]:
    """Everything this task depends on is done or skipped."""
    for need in task.depends_on.all():
        if need.status not in FINISHED:
            yield Blocker(
                "task_before_it",
                _("“%(need)s” comes first; it is %(status)s.")
                % {"need": need.title, "status": need.get_status_display().lower()},
                who_can_lift=str(need.assignee or need.role),
                url=page_of(task.release),
            )


def is_not_held(task: Any) -> Iterator[Blocker]:
    """Nobody has stopped the release. Backing out is never stopped."""
    if task.phase == Phase.BACK_OUT:
        return
    for hold in task.release.holds.in_force():
        yield hold.as_blocker()


def is_release_under_way(task: Any) -> bool:
    """The release has ended; its tasks rest as they are."""
    return task.release.status not in (Status.DRAFT, Status.CLOSED, Status.CANCELLED)


class TaskLifecycle(Lifecycle):
    status = StatusField(TaskStatus, verbose_name=_("status"))

    class Meta:
        abstract = True

    @transition(status, TaskStatus.WAITING, TaskStatus.READY, conditions=[has_its_turn, has_its_needs_done])
    def make_ready(self):
        """It is this task's turn."""

    @transition(
        status,
        TaskStatus.READY,
        TaskStatus.IN_PROGRESS,
        conditions=[has_its_turn, has_its_needs_done, is_not_held],
        permission=may_do_task,
    )
    def start(self):
        """Somebody is on it."""

    @transition(
        status, TaskStatus.IN_PROGRESS, TaskStatus.DONE, conditions=[is_release_under_way], permission=may_do_task
    )
    def finish(self):
        """It is done; what depends on it may begin."""

    @transition(
        status,
        TaskStatus.IN_PROGRESS,
        TaskStatus.FAILED,
        conditions=[is_release_under_way],
        permission=may_do_task,
        note="required",
    )
    def fail(self):
        """It did not work. Try again, skip it with a reason, or back the release out."""

    @transition(
        status,
        TaskStatus.FAILED,
        TaskStatus.IN_PROGRESS,
        conditions=[has_its_turn, is_not_held],
        permission=may_do_task,
        label=_("Try again"),
    )
    def retry(self):
        """Try the task again."""

    @transition(
        status,
        [TaskStatus.WAITING, TaskStatus.READY, TaskStatus.IN_PROGRESS, TaskStatus.FAILED],
        TaskStatus.SKIPPED,
        conditions=[is_release_under_way],
        permission=may_manage,
        note="required",
    )
    def skip(self):
        """Leave the task out, with a reason."""


def status_known(name: str) -> Any:
    return status_constraint(TaskStatus, name)
