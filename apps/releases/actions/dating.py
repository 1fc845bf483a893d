"""Lay the tasks of a plan out in time: preparation before the window, execution from its start."""

from __future__ import annotations

from datetime import datetime, timedelta

from apps.core import moves
from apps.core.actor import Actor
from apps.releases.lifecycle.rehearsed import steps_of
from apps.releases.lifecycle.words import Phase, TaskStatus
from apps.releases.models import Release, Task
from apps.releases.planning import Schedule, scheduled


def lay_dates(release: Release, *, by: Actor) -> None:
    """Give every task that has not begun, and whose dates nobody set by hand, its dates from the window."""
    if release.planned_start is None:
        return
    tasks = list(release.tasks.prefetch_related("depends_on"))
    schedule = scheduled(steps_of(tasks))
    changed = [task for task in tasks if schedule and _is_moved(task, schedule, release.planned_start)]
    if changed:
        for task in changed:
            task.version += 1
        Task.objects.bulk_update(changed, ["planned_start", "planned_end", "version"])
        moves.record(release, "lay_dates", by=by, data={"tasks": [task.slug for task in changed]})


def _is_moved(task: Task, schedule: Schedule, begin: datetime) -> bool:
    """Put the task in its place, unless it has begun, its dates were set by hand, or it is there already."""
    if task.status not in (TaskStatus.WAITING, TaskStatus.READY) or task.is_pinned or task.phase == Phase.BACK_OUT:
        return False
    place = schedule.placed[task.slug]
    start, end = begin + timedelta(minutes=place.start), begin + timedelta(minutes=place.end)
    if (task.planned_start, task.planned_end) == (start, end):
        return False
    task.planned_start, task.planned_end = start, end
    return True


def keep_busy(release: Release) -> None:
    """What the release moves is busy during its window: kept with each component, where conflicts are looked up."""
    release.components.update(busy_from=release.planned_start, busy_until=release.planned_end)
