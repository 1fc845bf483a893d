"""A figure and the rows behind it.

A metric first says which rows it stands on (`queries`), then this module alone turns rows into a figure. So the
figure, its trend, its breakdown and its list of rows can never disagree: they are one list, grouped differently.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from statistics import fmean
from typing import Any

from apps.core import statistics
from apps.core.statistics import SMALL
from apps.metrics.periods import Period


class Kind(StrEnum):
    """How rows become a value."""

    SHARE = "share"
    MACRO_SHARE = "macro_share"
    MEAN = "mean"
    MEDIAN = "median"
    P85 = "p85"
    P90 = "p90"
    RATE = "rate"
    COUNT = "count"
    PER_WEEK = "per_week"
    LEVEL = "level"


@dataclass(frozen=True)
class Row:
    """One record behind a figure.

    `at` is the defining time. `numerator` and `denominator` are what the record adds to a share or rate, `value` what
    it adds to a mean or quantile. A row with `excluded` says why it does not count. `until` ends the time during which
    a row belongs to a level (a backlog, open findings).
    """

    key: str
    label: str
    at: datetime | None
    numerator: float = 0
    denominator: float = 1
    value: float | None = None
    group: str = ""
    excluded: str = ""
    until: datetime | None = None
    url: str = ""
    note: str = ""
    dimensions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Figure:
    """A value with everything that is needed to judge it."""

    value: float | None
    unit: str
    numerator: float | None
    denominator: float | None
    n: int
    interval: tuple[float, float] | None
    excluded: dict[str, int]
    enough_data: bool
    small: bool
    as_of: datetime
    definition_version: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"interval": list(self.interval) if self.interval else None}


@dataclass(frozen=True)
class Sum:
    """What a kind makes of the rows that count."""

    value: float | None
    numerator: float | None
    denominator: float | None
    n: int
    interval: tuple[float, float] | None


def _share(rows: Sequence[Row], period: Period, factor: float) -> Sum:
    hits, total = sum(row.numerator for row in rows), sum(row.denominator for row in rows)
    interval = statistics.wilson(hits, total)
    return Sum(hits / total if total else None, hits, total, int(total), interval)


def _macro_share(rows: Sequence[Row], period: Period, factor: float) -> Sum:
    groups: dict[str, list[float]] = defaultdict(lambda: [0, 0])
    for row in rows:
        groups[row.group][0] += row.numerator
        groups[row.group][1] += row.denominator
    known = [(hits, total) for hits, total in groups.values() if total]
    value = fmean(hits / total for hits, total in known) if known else None
    hits, total = sum(one for one, _ in known), sum(one for _, one in known)
    return Sum(value, hits, total, int(total), statistics.macro_share_interval(known))


def _mean(rows: Sequence[Row], period: Period, factor: float) -> Sum:
    values = [row.value for row in rows if row.value is not None]
    value = fmean(values) if values else None
    return Sum(value, sum(values) if values else None, len(values), len(values), statistics.mean_interval(values))


def _quantile(probability: float) -> Callable[[Sequence[Row], Period, float], Sum]:
    def over(rows: Sequence[Row], period: Period, factor: float) -> Sum:
        values = [row.value for row in rows if row.value is not None]
        value = statistics.quantile(values, probability)
        return Sum(value, None, len(values), len(values), statistics.quantile_interval(values, probability))

    return over


def _rate(rows: Sequence[Row], period: Period, factor: float) -> Sum:
    events, exposure = sum(row.numerator for row in rows), sum(row.denominator for row in rows)
    value = factor * events / exposure if exposure else None
    return Sum(value, events, exposure, int(exposure), statistics.rate_interval(events, exposure, factor))


def _count(rows: Sequence[Row], period: Period, factor: float) -> Sum:
    total = sum(row.numerator for row in rows)
    return Sum(total, total, None, len(rows), None)


def _per_week(rows: Sequence[Row], period: Period, factor: float) -> Sum:
    total = sum(row.numerator for row in rows)
    value = total / period.weeks if period.days > 0 else None
    return Sum(value, total, period.weeks, len(rows), statistics.rate_interval(total, period.weeks))


RECKONING: dict[Kind, Callable[[Sequence[Row], Period, float], Sum]] = {
    Kind.SHARE: _share,
    Kind.MACRO_SHARE: _macro_share,
    Kind.MEAN: _mean,
    Kind.MEDIAN: _quantile(0.5),
    Kind.P85: _quantile(0.85),
    Kind.P90: _quantile(0.9),
    Kind.RATE: _rate,
    Kind.COUNT: _count,
    Kind.PER_WEEK: _per_week,
    Kind.LEVEL: _count,
}

# Kinds whose "nothing" is a true zero, not an absence of data.
COUNTING = {Kind.COUNT, Kind.PER_WEEK, Kind.LEVEL}


@dataclass(frozen=True)
class Measure:
    """How a part of a metric is reckoned: its kind, unit, factor, and the version of its definition."""

    kind: Kind
    unit: str
    version: int = 1
    factor: float = 1.0

    def of(self, rows: Iterable[Row], period: Period, as_of: datetime) -> Figure:
        """The figure that these rows give for the period."""
        inside = [row for row in rows if self.belongs(row, period, as_of)]
        counted = [row for row in inside if not row.excluded]
        reckoned = RECKONING[self.kind](counted, period, self.factor)
        no_data = reckoned.value is None
        return Figure(
            value=reckoned.value,
            unit=self.unit,
            numerator=reckoned.numerator,
            denominator=reckoned.denominator,
            n=reckoned.n,
            interval=self._possible(reckoned.interval),
            excluded=dict(sorted(Counter(row.excluded for row in inside if row.excluded).items())),
            enough_data=not no_data and (self.kind in COUNTING or reckoned.n >= SMALL),
            small=not no_data and self.kind not in COUNTING and reckoned.n < SMALL,
            as_of=as_of,
            definition_version=self.version,
        )

    def _possible(self, interval: tuple[float, float] | None) -> tuple[float, float] | None:
        """A share lies between nothing and all, whatever the spread of a mean of shares says."""
        if interval is None or self.unit != "share":
            return interval
        return max(0.0, interval[0]), min(1.0, interval[1])

    def belongs(self, row: Row, period: Period, as_of: datetime) -> bool:
        if self.kind is not Kind.LEVEL:
            return period.holds(row.at)
        end = min(period.end, as_of)
        return row.at is not None and row.at < end and (row.until is None or row.until >= end)

    def trend(self, rows: Sequence[Row], period: Period, as_of: datetime) -> list[tuple[Period, Figure]]:
        """The same figure month by month, for the months that have begun."""
        return [(month, self.of(rows, month, as_of)) for month in period.months() if month.start < as_of]

    def breakdown(self, rows: Sequence[Row], period: Period, as_of: datetime, by: str) -> list[tuple[str, Figure]]:
        """The same figure for each value of a dimension; a row with several values counts in each, one with none under “”."""
        groups: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            for value in row.dimensions.get(by, ()) or ("",):
                groups[value].append(row)
        figures = [(value, self.of(members, period, as_of)) for value, members in sorted(groups.items())]
        return [(value, figure) for value, figure in figures if figure.n or figure.excluded]
