"""Periods: half-open, in the organisation's time zone.

A record belongs to the period of its defining time. Midnight belongs to the day that begins, and a day of a clock
change has 23 or 25 hours and is still one day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from apps.core import clock
from apps.core.errors import Invalid

LONGEST_DAYS = 366 * 50


def organisation_zone() -> ZoneInfo:
    """The zone in which the organisation reckons its days (setting TIDEGATE_TIME_ZONE)."""
    return ZoneInfo(getattr(settings, "TIDEGATE_TIME_ZONE", "") or settings.TIME_ZONE)


@dataclass(frozen=True)
class Period:
    """The days from `first` up to, and without, `after`."""

    first: date
    after: date
    zone: ZoneInfo

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first, time(), tzinfo=self.zone)

    @property
    def end(self) -> datetime:
        return datetime.combine(self.after, time(), tzinfo=self.zone)

    @property
    def days(self) -> int:
        return (self.after - self.first).days

    @property
    def weeks(self) -> float:
        return self.days / 7

    def holds(self, at: datetime | None) -> bool:
        return at is not None and self.first <= at.astimezone(self.zone).date() < self.after

    def months(self) -> Iterator[Period]:
        """The calendar months of the period; the first and the last may be cut."""
        first = self.first
        while first < self.after:
            after = min(_next_month(first), self.after)
            yield Period(first, after, self.zone)
            first = after

    def __str__(self) -> str:
        return f"{self.first.isoformat()} to {self.after - timedelta(days=1)}"


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def last_months(months: int = 12, *, at: datetime | None = None) -> Period:
    """The running month and the whole months before it, `months` in all, up to the end of today."""
    zone = organisation_zone()
    today = (at or clock.now()).astimezone(zone).date()
    index = today.year * 12 + today.month - 1 - (months - 1)
    return Period(date(index // 12, index % 12 + 1, 1), today + timedelta(days=1), zone)


def period_between(first: str | date | None, after: str | date | None) -> Period:
    """The period a person asked for, or the last twelve months; refuses what is no period, and says why."""
    usual = last_months()
    begin = _day("from", first) if first else usual.first
    end = _day("to", after) if after else max(usual.after, begin + timedelta(days=1))
    if end <= begin:
        raise Invalid.field(
            "to", "before_from", "The period must end after it starts; “to” is the first day not in it."
        )
    if (end - begin).days > LONGEST_DAYS:
        raise Invalid.field("from", "too_long", "Choose a period of at most fifty years.")
    return Period(begin, end, usual.zone)


def _day(name: str, text: str | date) -> date:
    if isinstance(text, date):
        return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid.field(name, "not_a_date", "Write the day as YYYY-MM-DD.") from None
