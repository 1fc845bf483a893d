"""The tab “Plan”: every task in its phase and its place, as lines over the window and as tables, and whether it all fits."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest

from apps.core.display import page_of
from apps.core.lifecycle import status_of, steps_of
from apps.releases import queries
from apps.releases.lifecycle.editing import editable_fields
from apps.releases.lifecycle.task import FINISHED
from apps.releases.lifecycle.words import Phase
from apps.releases.models import Release, Task
from apps.releases.permissions import may_edit

WIDE = 1000  # units of a line from the first moment shown to the last
LEAST = 6
SHARES = (50, 85, 95)


@dataclass(frozen=True)
class StepLink:
    label: Any
    url: str


@dataclass
class TaskRow:
    """One task as the plan shows it."""

    planned: queries.Planned
    bar: tuple[int, int] | None = None  # where it stands on the line of its phase, in thousandths
    waits_for: list[str] = field(default_factory=list)
    links: list[StepLink] = field(default_factory=list)

    @property
    def task(self) -> Task:
        return self.planned.task


@dataclass(frozen=True)
class PhaseLines:
    """The tasks of a phase on one scale: it runs from `begin` to `end`, in minutes from the window's start."""

    phase: str
    label: Any
    rows: list[TaskRow]
    begin: int
    end: int
    window_end: int | None = None  # where on the line the window ends, in thousandths
    no_return: int | None = None
    likely: int | None = None

    @property
    def minutes(self) -> int:
        return self.end - self.begin


def plan(admin: Any, request: HttpRequest, release: Release) -> dict[str, Any]:
    """A fixed number of queries, whatever the size of the plan."""
    found = queries.plan_of(release)
    rows: dict[str, list[TaskRow]] = defaultdict(list)
    for planned in found.tasks:
        task = planned.task
        task.release = release
        before = [need.title for need in task.depends_on.all() if need.status not in FINISHED]
        links = _task_links(admin, request.user, task)
        rows[task.phase].append(TaskRow(planned, None, before, links))
    may_plan = may_edit(release, request.user) and "tasks" in editable_fields(release)
    return {
        "release": release,
        "plan": found,
        "phases": [_lines(phase, rows[phase], found) for phase in Phase if rows[phase]],
        "finishes": [(share, found.finish(share)) for share in SHARES] if found.forecast else [],
        "chance": None if not found.forecast or found.forecast.chance is None else round(100 * found.forecast.chance),
        "add_task": may_plan,
        "propose": admin.deed_url(release, "propose-people", next=page_of(release, "plan"))
        if may_plan and any(row.task.assignee_id is None for some in rows.values() for row in some)
        else "",
    }


def _lines(phase: Phase, rows: list[TaskRow], found: queries.Plan) -> PhaseLines:
    """Execution is drawn over the window, the other phases over themselves."""
    places = [row.planned.placed for row in rows if row.planned.placed]
    begin = min([0, *(one.start for one in places)]) if phase == Phase.PREPARE else 0
    end = max([1, *(one.end for one in places)]) if phase != Phase.PREPARE else max([0, *(one.end for one in places)])
    marks: dict[str, int | None] = {}
    if phase == Phase.EXECUTE and found.fit:
        likely = found.forecast.minutes[85] if found.forecast else 0
        end = max(end, found.fit.window, likely)
        no_return = found.fit.window - found.fit.back_out
        marks = {
            "window_end": _place(found.fit.window, begin, end),
            "no_return": _place(no_return, begin, end) if found.has_way_back and no_return >= 0 else None,
            "likely": _place(likely, begin, end) if likely else None,
        }
    end = max(end, begin + 1)
    for row in rows:
        if row.planned.placed:
            x = min(_place(row.planned.placed.start, begin, end), WIDE - LEAST)
            row.bar = (x, max(_place(row.planned.placed.end, begin, end) - x, LEAST))
    return PhaseLines(phase.value, phase.label, rows, begin, end, **marks)


def _place(minute: int, begin: int, end: int) -> int:
    return WIDE * (minute - begin) // max(end - begin, 1)


def _task_links(admin: Any, user: Any, task: Task) -> list[StepLink]:
    """The steps this person may take from where the task is; what stands in the way is said on the step's page."""
    part = admin.admin_site.get_model_admin(Task)
    back = page_of(task.release, "plan")
    return [
        StepLink(step.label, part.step_url(task, step.name, back))
        for step in steps_of(Task)
        if not step.is_consequence and status_of(task) in step.sources and step.permission(task, user)
    ]
