"""How long the steps of a plan really took in the past: same model, same step; of the same service where that is known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from statistics import median
from typing import Any

from apps.releases.lifecycle.words import Phase, TaskStatus
from apps.releases.planning import Schedule, Step, scheduled

LATEST = 50  # releases that are looked back to
ENOUGH = 3  # times a step must have been done before its past says more than its plan


@dataclass(frozen=True)
class Measured:
    """How long one step took: minutes of each time, and whether only the same service counts."""

    minutes: tuple[int, ...]
    is_of_subject: bool

    @property
    def times(self) -> int:
        return len(self.minutes)

    @property
    def median(self) -> int:
        return round(median(self.minutes))

    @property
    def p85(self) -> int:
        """What it did not exceed in 85 of 100 times (nearest rank)."""
        return sorted(self.minutes)[ceil(0.85 * self.times) - 1]


def measured_steps(release: Any) -> dict[str, Measured]:
    """By slug, the steps that were done often enough: for this service, or else in any release of the model. Two queries."""
    if not release.model_version_id:
        return {}
    past = _past_releases(release)
    rows = release.tasks.model.objects.filter(
        release__in=past, status=TaskStatus.DONE, started_at__isnull=False, finished_at__isnull=False
    )
    own: dict[str, list[int]] = defaultdict(list)
    everywhere: dict[str, list[int]] = defaultdict(list)
    for key, slug, began, ended in rows.values_list("release", "slug", "started_at", "finished_at"):
        minutes = _minutes(began, ended)
        everywhere[slug].append(minutes)
        if past[key] == release.subject_id:
            own[slug].append(minutes)
    found = {slug: Measured(tuple(some), False) for slug, some in everywhere.items() if len(some) >= ENOUGH}
    return found | {slug: Measured(tuple(some), True) for slug, some in own.items() if len(some) >= ENOUGH}


def _past_releases(release: Any) -> dict[int, int]:
    """The latest releases under the same model that went out, each with its subject; those of the subject come first."""
    done = (
        type(release)
        .objects.filter(model_version__model=release.model_version.model_id, released_at__isnull=False)
        .exclude(pk=release.pk)
    )
    latest = done.order_by("-released_at").values_list("pk", "subject")
    return dict([*latest[:LATEST], *latest.filter(subject=release.subject_id)[:LATEST]])


def _minutes(began: datetime, ended: datetime) -> int:
    return max(0, round((ended - began) / timedelta(minutes=1)))


def steps_of(tasks: Iterable[Any], measured: dict[str, Measured] | None = None) -> list[Step]:
    """The tasks as steps; what was skipped takes no time. Where a step was measured, its median stands for its plan."""
    known = measured or {}
    return [
        Step(
            task.slug,
            task.phase,
            _length(task, known.get(task.slug)),
            tuple(need.slug for need in task.depends_on.all()),
            task.offset_minutes,
        )
        for task in tasks
    ]


def _length(task: Any, measured: Measured | None) -> int:
    if task.status == TaskStatus.SKIPPED:
        return 0
    return measured.median if measured else task.duration_minutes


def rehearsed_schedule(release: Any) -> Schedule | None:
    """The plan with the durations of the past."""
    tasks = list(release.tasks.prefetch_related("depends_on"))
    return scheduled(steps_of(tasks, measured_steps(release)))


def critical_of(schedule: Schedule, phase: str = Phase.EXECUTE) -> list[str]:
    """The steps of a phase that may not slip."""
    return [name for name, one in schedule.steps.items() if one.phase == phase and schedule.placed[name].is_critical]
