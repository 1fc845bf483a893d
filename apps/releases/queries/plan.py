"""The plan of a release in time: the slack of each task, and whether work and way back fit the window."""

from __future__ import annotations

from collections.abc import Iterable

from apps.releases.lifecycle.graph import circle_in
from apps.releases.lifecycle.words import Phase, TaskStatus
from apps.releases.models import Release, Task
from apps.releases.planning import WayBack, length_of, slots, way_back


def slack_of(tasks: Iterable[Task]) -> dict[int, int]:
    """Minutes by which each task of preparation and execution may slip without delaying its phase, by primary key."""
    listed = list(tasks)
    found: dict[int, int] = {}
    for phase in (Phase.PREPARE, Phase.EXECUTE):
        keys = {task.slug: task.pk for task in listed if task.phase == phase}
        needs, minutes = _graph(listed, phase)
        if not circle_in(needs):
            found |= {keys[slug]: slot.slack for slug, slot in slots(needs, minutes).items()}
    return found


def way_back_of(release: Release, tasks: Iterable[Task]) -> WayBack | None:
    """None without a window or without back-out tasks: then nothing can be said."""
    listed = list(tasks)
    work, back = _graph(listed, Phase.EXECUTE), _graph(listed, Phase.BACK_OUT)
    if not (release.planned_start and release.planned_end and back[0]) or circle_in(work[0]) or circle_in(back[0]):
        return None
    return way_back(release.planned_start, release.planned_end, work=length_of(*work), back_out=length_of(*back))


def minutes_of(tasks: Iterable[Task], phase: str) -> int:
    """How long the tasks of a phase take, those that can be done side by side counted once."""
    return length_of(*_graph(list(tasks), phase))


def _graph(tasks: list[Task], phase: str) -> tuple[dict[str, list[str]], dict[str, int]]:
    """What each task of a phase needs within it, and its minutes; what was skipped takes no time and holds nobody up."""
    chosen = {task.slug: task for task in tasks if task.phase == phase}
    needs = {
        slug: [need.slug for need in task.depends_on.all() if need.slug in chosen] for slug, task in chosen.items()
    }
    minutes = {slug: 0 if task.status == TaskStatus.SKIPPED else task.duration_minutes for slug, task in chosen.items()}
    return needs, minutes
