"""A month as a grid of days, and a week as seven days with their clock times."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils import timezone

from apps.desk.queries.calendar.events import Event, Filters, Held, held_between, midnight

WEEK = timedelta(days=7)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Day:
    """One day: its events in order of time."""

    on: date
    is_in_month: bool
    is_today: bool
    events: list[Event]

    @property
    def timed(self) -> list[tuple[str, Event]]:
        """Each event with its time on this day, what lasts all day first."""
        return sorted(((one.clock_on(self.on), one) for one in self.events), key=lambda pair: pair[0] != "")


@dataclass(frozen=True)
class Month:
    """A month as weeks of days, and the same events as a list."""

    first: date
    weeks: list[list[Day]]
    held: Held
    events: list[Event] = field(default_factory=list)

    @property
    def previous(self) -> date:
        return (self.first - DAY).replace(day=1)

    @property
    def following(self) -> date:
        return (self.first + timedelta(days=32)).replace(day=1)


@dataclass(frozen=True)
class Week:
    """Seven days from a Monday."""

    first: date
    days: list[Day]
    held: Held

    @property
    def last(self) -> date:
        return self.first + WEEK - DAY

    @property
    def events(self) -> list[Event]:
        return self.held.events

    @property
    def previous(self) -> date:
        return self.first - WEEK

    @property
    def following(self) -> date:
        return self.first + WEEK


def month_of(day: date, filters: Filters, at: datetime) -> Month:
    """The month of a day, with the days of other months that fill its weeks, in the reader's zone."""
    first = day.replace(day=1)
    days = calendar.Calendar(firstweekday=0).monthdatescalendar(first.year, first.month)
    held = held_between(midnight(days[0][0]), midnight(days[-1][-1] + DAY), filters)
    weeks = [[_day(on, held, at, first) for on in week] for week in days]
    return Month(first, weeks, held, [event for event in held.events if _falls_in(event, first)])


def week_of(day: date, filters: Filters, at: datetime) -> Week:
    """The week of a day, from Monday, in the reader's zone."""
    first = monday_of(day)
    held = held_between(midnight(first), midnight(first + WEEK), filters)
    return Week(first, [_day(first + number * DAY, held, at, None) for number in range(7)], held)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _day(on: date, held: Held, at: datetime, month: date | None) -> Day:
    is_in_month = month is None or on.month == month.month
    return Day(on, is_in_month, on == timezone.localdate(at), [one for one in held.events if one.touches(on)])


def _falls_in(event: Event, first: date) -> bool:
    last = (first + timedelta(days=32)).replace(day=1) - DAY
    return timezone.localdate(event.starts_at) <= last and timezone.localdate(event.ends_at) >= first
