"""The arithmetic of a plan, pure: earliest and latest times, slack, and the point of no return. All spans in minutes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.releases.lifecycle.graph import Edges, earliest_finishes, in_order


@dataclass(frozen=True)
class Slot:
    """When one task can run, counted from the start of its phase, and how far it may slip without delaying the end."""

    earliest_start: int
    earliest_finish: int
    slack: int


def slots(needs: Edges, minutes: Mapping[str, int]) -> dict[str, Slot]:
    """Every task's place. The caller has made sure that there is no circle."""
    finish = earliest_finishes(needs, minutes)
    latest = dict.fromkeys(finish, max(finish.values(), default=0))
    for node in reversed(in_order(needs)):
        for need in needs[node]:
            latest[need] = min(latest[need], latest[node] - minutes[node])
    return {one: Slot(end - minutes[one], end, latest[one] - end) for one, end in finish.items()}


def length_of(needs: Edges, minutes: Mapping[str, int]) -> int:
    """How long it takes from the first task to the last."""
    return max(earliest_finishes(needs, minutes).values(), default=0)


@dataclass(frozen=True)
class WayBack:
    """How the work and the way back fit the window."""

    work: int
    back_out: int
    point_of_no_return: datetime
    missing: int  # minutes by which work and way back together exceed the window; 0 when they fit


def way_back(start: datetime, end: datetime, *, work: int, back_out: int) -> WayBack:
    """After the point of no return, backing out no longer ends within the window."""
    window = (end - start) // timedelta(minutes=1)
    return WayBack(work, back_out, end - timedelta(minutes=back_out), max(0, work + back_out - window))


def is_early(started: datetime | None, start: datetime | None) -> bool:
    """Begun before the plan said."""
    return started is not None and start is not None and started < start


def is_late(released: datetime | None, end: datetime, tolerance: int) -> bool:
    """Not released by the end of the plan and the model's tolerance; what was never released is late."""
    return released is None or released > end + timedelta(minutes=tolerance)
