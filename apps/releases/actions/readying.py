"""Tasks become ready by themselves when their turn has come."""

from __future__ import annotations

from apps.core import moves
from apps.core.actor import Actor
from apps.releases.actions.ground import by_itself
from apps.releases.lifecycle.task import FINISHED, PHASE_RUNS_IN
from apps.releases.lifecycle.words import TaskStatus
from apps.releases.models import Release


def ready_tasks(release: Release, *, by: Actor) -> None:
    """Move every waiting task whose phase has come and whose needs are finished. The release is locked."""
    phases = [phase for phase, statuses in PHASE_RUNS_IN.items() if release.status in statuses]
    waiting = release.tasks.filter(status=TaskStatus.WAITING, phase__in=phases).prefetch_related("depends_on")
    for task in waiting:
        if all(need.status in FINISHED for need in task.depends_on.all()):
            moves.move(task, "make_ready", by=by_itself(by))
