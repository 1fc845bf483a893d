"""The plan of a release in time: where each task stands, how long it took in the past, whether it fits, when it will be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from apps.core.clock import now
from apps.releases.lifecycle.rehearsed import Measured, measured_steps, steps_of
from apps.releases.lifecycle.words import Phase, TaskStatus
from apps.releases.models import Release, Task
from apps.releases.planning import Fit, Forecast, Placed, Schedule, fit, forecast, scheduled


@dataclass(frozen=True)
class Planned:
    """A task in its place: `placed` by planned durations (None where tasks wait for each other), its past if it has one."""

    task: Task
    placed: Placed | None
    measured: Measured | None
    taken_back_by: tuple[str, ...]

    @property
    def minutes(self) -> int:
        """What is reckoned with: the median of its past, or else its plan."""
        return self.measured.median if self.measured else self.task.duration_minutes

    @property
    def is_critical(self) -> bool:
        """What delays it delays its phase; on the way back nothing is marked before it is needed."""
        is_forward = self.task.phase != Phase.BACK_OUT and self.task.status != TaskStatus.SKIPPED
        return self.placed is not None and is_forward and self.placed.is_critical


@dataclass(frozen=True)
class Plan:
    """The whole plan. `schedule` has planned durations, `rehearsed` those of the past where they are known."""

    release: Release
    tasks: list[Planned]
    schedule: Schedule | None
    rehearsed: Schedule | None
    fit: Fit | None
    forecast: Forecast | None

    @property
    def critical_minutes(self) -> int:
        """How long preparation and execution take one after the other, as planned."""
        return self.schedule.length(Phase.PREPARE) + self.schedule.work if self.schedule else 0

    @property
    def is_measured(self) -> bool:
        return any(one.measured for one in self.tasks)

    @property
    def has_way_back(self) -> bool:
        return any(one.task.phase == Phase.BACK_OUT for one in self.tasks)

    @property
    def has_pairs(self) -> bool:
        """Somebody said which step takes back which: so it is worth saying where none does."""
        return any(one.taken_back_by for one in self.tasks)

    def finish(self, share: int) -> datetime | None:
        """The moment by which the work is done in so many per cent of the runs."""
        begin = self.release.started_at or self.release.planned_start
        if self.forecast is None or begin is None:
            return None
        return begin + timedelta(minutes=self.forecast.minutes[share])


def plan_of(release: Release) -> Plan:
    """Five queries, whatever the size of the plan."""
    tasks = list(
        release.tasks.select_related("assignee")
        .prefetch_related("depends_on", "takes_back", "taken_back_by")
        .order_by(F("planned_start").asc(nulls_last=True), "id")
    )
    measured = measured_steps(release)
    schedule, rehearsed = scheduled(steps_of(tasks)), scheduled(steps_of(tasks, measured))
    rows = [
        Planned(
            task,
            schedule.placed[task.slug] if schedule else None,
            measured.get(task.slug),
            tuple(one.title for one in task.taken_back_by.all()),
        )
        for task in tasks
    ]
    fitting = _fit(release, rehearsed)
    return Plan(release, rows, schedule, rehearsed, fitting, _forecast(release, tasks, rehearsed, measured, fitting))


def critical_path(release: Release) -> list[Task]:
    """The tasks of preparation and execution that may not slip, in order: what delays one of them delays the release."""
    rows = [one for one in plan_of(release).tasks if one.is_critical]
    return [one.task for one in sorted(rows, key=lambda one: (one.placed.start, one.placed.end, one.task.pk))]


def _fit(release: Release, schedule: Schedule | None) -> Fit | None:
    if schedule is None or not (release.planned_start and release.planned_end):
        return None
    return fit(release.planned_start, release.planned_end, work=schedule.work, back_out=schedule.back_out)


def _forecast(
    release: Release, tasks: list[Task], schedule: Schedule | None, measured: dict[str, Measured], fitting: Fit | None
) -> Forecast | None:
    """What is done is as long as it was, what is under way as long as it has been at least."""
    if schedule is None or release.is_ended:
        return None
    past: dict[str, tuple[int, ...]] = {slug: one.minutes for slug, one in measured.items()}
    for task in tasks:
        if task.started_at and task.status in (TaskStatus.IN_PROGRESS, TaskStatus.DONE, TaskStatus.FAILED):
            spent = max(0, round(((task.finished_at or now()) - task.started_at) / timedelta(minutes=1)))
            known = past.get(task.slug) or (task.duration_minutes,)
            past[task.slug] = (spent,) if task.finished_at else tuple(max(spent, one) for one in known)
    seed = f"{release.key} {sorted((one.name, one.minutes, one.needs) for one in schedule.steps.values())}"
    return forecast(list(schedule.steps.values()), past, seed=seed, window=fitting.window if fitting else None)
