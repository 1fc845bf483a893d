"""One plan in time, pure: when each step begins and ends, how far it may slip, and whether it fits. All spans in minutes.

Preparation ends where the window begins (0), execution begins there, and the way back has a clock of its own that starts
when it is decided. A step may have an offset: it begins no earlier than that many minutes from the window's start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from apps.releases.planning.graph import circle_in, in_order

PREPARE, EXECUTE, BACK_OUT = "prepare", "execute", "back_out"
PHASES = (PREPARE, EXECUTE, BACK_OUT)


@dataclass(frozen=True)
class Step:
    """A task as the schedule sees it."""

    name: str
    phase: str
    minutes: int
    needs: tuple[str, ...] = ()
    offset: int | None = None


@dataclass(frozen=True)
class Placed:
    """Where a step stands, from the start of the window or, on the way back, from the decision."""

    start: int
    end: int
    slack: int

    @property
    def is_critical(self) -> bool:
        """What delays it delays its phase."""
        return self.slack == 0


@dataclass(frozen=True)
class Schedule:
    """Every step in its place. `late_preparation` is how long preparation still goes on when the window begins."""

    steps: Mapping[str, Step]
    placed: Mapping[str, Placed]

    def length(self, phase: str) -> int:
        """From the window's start, or the decision, to the end of the last step; for preparation from its first step."""
        spans = [self.placed[one.name] for one in self.steps.values() if one.phase == phase]
        if not spans:
            return 0
        begin = min(one.start for one in spans) if phase == PREPARE else 0
        return max(one.end for one in spans) - begin

    @property
    def work(self) -> int:
        return self.length(EXECUTE)

    @property
    def back_out(self) -> int:
        return self.length(BACK_OUT)

    @property
    def late_preparation(self) -> int:
        ends = [self.placed[one.name].end for one in self.steps.values() if one.phase == PREPARE]
        return max(0, *ends) if ends else 0


def scheduled(steps: Iterable[Step]) -> Schedule | None:
    """Each step as early as it may begin; None where steps wait for each other."""
    known = {one.name: one for one in steps}
    placed: dict[str, Placed] = {}
    for phase in PHASES:
        own = {
            name: replace(one, needs=tuple(need for need in one.needs if need in known and known[need].phase == phase))
            for name, one in known.items()
            if one.phase == phase
        }
        needs = {name: one.needs for name, one in own.items()}
        if circle_in(needs):
            return None
        placed |= _placed(own, in_order(needs), phase)
    return Schedule(known, placed)


def _placed(steps: Mapping[str, Step], order: Sequence[str], phase: str) -> dict[str, Placed]:
    begin = -_longest(steps, order) if phase == PREPARE else 0
    starts: dict[str, int] = {}
    ends: dict[str, int] = {}
    for name in order:
        step = steps[name]
        earliest = begin if step.offset is None or phase == BACK_OUT else step.offset
        starts[name] = max([earliest, *(ends[need] for need in step.needs)])
        ends[name] = starts[name] + step.minutes
    goal = max(ends.values(), default=0)
    latest = dict.fromkeys(ends, max(goal, 0) if phase == PREPARE else goal)
    for name in reversed(order):
        for need in steps[name].needs:
            latest[need] = min(latest[need], latest[name] - steps[name].minutes)
    return {name: Placed(starts[name], ends[name], latest[name] - ends[name]) for name in order}


def _longest(steps: Mapping[str, Step], order: Sequence[str]) -> int:
    """The longest chain of steps, offsets aside."""
    ends: dict[str, int] = {}
    for name in order:
        ends[name] = max((ends[need] for need in steps[name].needs), default=0) + steps[name].minutes
    return max(ends.values(), default=0)


@dataclass(frozen=True)
class Fit:
    """How the work and the way back fit the window."""

    work: int
    back_out: int
    window: int
    point_of_no_return: datetime

    @property
    def missing_for_work(self) -> int:
        """Minutes by which the work alone exceeds the window; 0 when it fits."""
        return max(0, self.work - self.window)

    @property
    def missing(self) -> int:
        """Minutes by which work and way back together exceed the window; 0 when both fit."""
        return max(0, self.work + self.back_out - self.window)


def fit(start: datetime, end: datetime, *, work: int, back_out: int) -> Fit:
    """After the point of no return, backing out no longer ends within the window."""
    window = (end - start) // timedelta(minutes=1)
    return Fit(work, back_out, window, end - timedelta(minutes=back_out))


def is_early(started: datetime | None, start: datetime | None) -> bool:
    """Begun before the plan said."""
    return started is not None and start is not None and started < start


def is_late(released: datetime | None, end: datetime, tolerance: int) -> bool:
    """Not released by the end of the plan and the model's tolerance; what was never released is late."""
    return released is None or released > end + timedelta(minutes=tolerance)
