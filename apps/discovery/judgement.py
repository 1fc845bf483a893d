"""How surely two things come together more often than by chance. Pure; why these bounds stands in ADR 0018.

A share is taken at the lower end of its 95 % interval, what it is compared with at the upper end of its own. So few cases
speak softly: what is proposed is many times as often even when both figures err.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import exp

from apps.core.statistics import rate_interval, wilson

TIMES = 3.0  # so many times as often as otherwise, at the least
FEWEST = 5  # releases of both, or releases followed by an incident: fewer are never proposed


def times_as_often(hits: int, trials: int, otherwise: float | None) -> float:
    """The least that the share can be, as a multiple of the most that it is otherwise; 0 where there is nothing to compare."""
    known = wilson(hits, trials)
    if known is None or not otherwise:
        return 0.0
    return known[0] / otherwise


@dataclass(frozen=True)
class Together:
    """Of `releases` releases of the leader, `together` moved the follower, too; of `others` without it, `without` did."""

    leader: int
    follower: int
    together: int
    releases: int
    without: int
    others: int

    @property
    def times(self) -> float:
        otherwise = wilson(self.without, self.others)
        return times_as_often(self.together, self.releases, otherwise[1] if otherwise else None)


def together(one: int, other: int, of_one: int, of_other: int, of_both: int, releases: int) -> Together:
    """The pair as seen from the item whose releases more surely bring the other: that one seems to need the other."""
    first = Together(one, other, of_both, of_one, of_other - of_both, releases - of_one)
    second = Together(other, one, of_both, of_other, of_one - of_both, releases - of_other)
    return max((first, second), key=lambda seen: (seen.together / seen.releases, seen.times, -seen.leader))


@dataclass(frozen=True)
class After:
    """After `after` of `releases` releases of what changed, the affected item had an incident of its own within `hours`.

    `expected` says after how many there would have been one anyway; `confirmed`, how often a person found the one to be the cause.
    """

    changed: int
    affected: int
    after: int
    releases: int
    expected: float
    confirmed: int
    hours: float
    times: float


@dataclass(frozen=True)
class Exposure:
    """One release of the item that changed: when, in hours, and the incidents that a person has judged."""

    at: float
    refuted: frozenset[int]
    confirmed: frozenset[int]


def incidents_after(
    changed: int,
    affected: int,
    exposures: Sequence[Exposure],
    incidents: Sequence[tuple[float, int]],
    hours: float,
    span: float,
) -> After:
    """Count what came after the releases, and compare it with the usual rate, these incidents included.

    `incidents` are (hour, number) in order of time, `span` how many hours both are known. One incident after many releases
    is one case: there are never more cases than incidents.
    """
    moments = [at for at, _ in incidents]
    after, inside, confirmed = 0, set[int](), 0
    for one in exposures:
        near = incidents[bisect_right(moments, one.at) : bisect_right(moments, one.at + hours)]
        found = ({number for _, number in near} - one.refuted) | one.confirmed
        after += bool(found)
        inside |= found
        confirmed += bool(one.confirmed)
    cases = min(after, len(inside))
    usual = rate_interval(len(incidents), span)
    return After(
        changed,
        affected,
        cases,
        len(exposures),
        len(exposures) * _at_least_one(len(incidents) / span, hours),
        confirmed,
        hours,
        times_as_often(cases, len(exposures), _at_least_one(usual[1], hours) if usual else None),
    )


def _at_least_one(rate: float, hours: float) -> float:
    """How likely so many hours hold an event that comes by chance at this rate."""
    return 1 - exp(-rate * hours)


def strongest(found: Iterable[Together | After]) -> Iterator[Together | After]:
    """Those that are certain enough to be shown to people."""
    for one in found:
        cases = one.together if isinstance(one, Together) else one.after
        if cases >= FEWEST and one.times >= TIMES:
            yield one
