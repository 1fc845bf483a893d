"""When the work will probably be done: the plan run many times with durations as they were in the past (Monte Carlo).

A step that was measured draws from its own past; one that was not takes its plan with a spread that is stated here.
Pure, and the same for the same seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from operator import add
from random import Random

from apps.releases.planning.graph import in_order
from apps.releases.planning.schedule import EXECUTE, Step

RUNS = 2000
SHARES = (50, 85, 95)
# What is said of a step that nobody has measured: at best four fifths of its plan, at worst one and a half times it.
BEST, WORST = 0.8, 1.5


@dataclass(frozen=True)
class Forecast:
    """Minutes from the window's start by which the work is done in so many per cent of the runs."""

    minutes: Mapping[int, int]
    chance: float | None  # share of the runs that end within the window; None without one
    measured: int  # steps that drew from their past
    steps: int
    runs: int = RUNS


def forecast(
    steps: Sequence[Step], past: Mapping[str, Sequence[int]], *, seed: str, window: int | None = None, runs: int = RUNS
) -> Forecast | None:
    """Run the execution `runs` times. None where there is nothing to execute. The caller has made sure there is no circle."""
    own = {one.name: one for one in steps if one.phase == EXECUTE}
    if not own:
        return None
    chance = Random(seed)  # noqa: S311 (no secret)
    needs = {name: [need for need in one.needs if need in own] for name, one in own.items()}
    ends: dict[str, list[int]] = {}
    for name in in_order(needs):
        starts = [max(0, own[name].offset or 0)] * runs
        for need in needs[name]:
            starts = list(map(max, starts, ends[need]))
        ends[name] = list(map(add, starts, _drawn(own[name], past.get(name, ()), chance, runs)))
    done = sorted(map(max, *ends.values())) if len(ends) > 1 else sorted(next(iter(ends.values())))
    within = None if window is None else sum(one <= window for one in done) / runs
    return Forecast(
        {share: done[ceil(share / 100 * runs) - 1] for share in SHARES},
        within,
        sum(bool(past.get(name)) for name in own),
        len(own),
        runs,
    )


def _drawn(step: Step, past: Sequence[int], chance: Random, runs: int) -> list[int]:
    if past:
        return chance.choices(past, k=runs)
    if not step.minutes:
        return [0] * runs
    low, high = BEST * step.minutes, WORST * step.minutes
    return [round(chance.triangular(low, high, step.minutes)) for _ in range(runs)]
