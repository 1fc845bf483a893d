"""Lay the tasks of a plan out in time: preparation before the window, execution from its start."""

from __future__ import annotations

from datetime import datetime, timedelta

from apps.core import moves
from apps.core.actor import Actor
from apps.releases.lifecycle.graph import circle_in, earliest_finishes
from apps.releases.lifecycle.words import Phase, TaskStatus
from apps.releases.models import Release, Task


def lay_dates(release: Release, *, by: Actor) -> None:
    """Give every task that has not begun, and whose dates nobody set by hand, its dates from the window."""
    if release.planned_start is None:
        return
    tasks = list(release.tasks.prefetch_related("depends_on"))
    changed = []
    for phase in (Phase.PREPARE, Phase.EXECUTE):
        changed += _lay_phase([task for task in tasks if task.phase == phase], phase, release.planned_start)
    if changed:
        for task in changed:
            task.version += 1
        Task.objects.bulk_update(changed, ["planned_start", "planned_end", "version"])
        moves.record(release, "lay_dates", by=by, data={"tasks": [task.slug for task in changed]})


def keep_busy(release: Release) -> None:
    """What the release moves is busy during its window: kept with each component, where conflicts are looked up."""
    release.components.update(busy_from=release.planned_start, busy_until=release.planned_end)


def _lay_phase(tasks: list[Task], phase: str, window_start: datetime) -> list[Task]:
    needs = {task.slug: [need.slug for need in task.depends_on.all() if need.phase == phase] for task in tasks}
    if not tasks or circle_in(needs):
        return []
    minutes = {task.slug: task.duration_minutes for task in tasks}
    finish = earliest_finishes(needs, minutes)
    begin = window_start - timedelta(minutes=max(finish.values())) if phase == Phase.PREPARE else window_start
    changed = []
    for task in tasks:
        end = begin + timedelta(minutes=finish[task.slug])
        start = end - timedelta(minutes=task.duration_minutes)
        is_laid = (task.planned_start, task.planned_end) == (start, end)
        if task.status in (TaskStatus.WAITING, TaskStatus.READY) and not task.is_pinned and not is_laid:
            task.planned_start, task.planned_end = start, end
            changed.append(task)
    return changed
