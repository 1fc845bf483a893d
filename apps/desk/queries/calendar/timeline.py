"""Four weeks as lines: one a release, in groups, over the windows and the freezes of the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.desk.queries.calendar.events import Event, Filters, Held, held_between, midnight
from apps.desk.queries.calendar.pages import DAY, WEEK, monday_of

WEEKS = 4
WIDE = 1000  # units of a line from the first day to the last
LEAST = 4  # units of a bar, so that an hour can be seen


class Grouping(models.TextChoices):
    """By what the lines are put together."""

    ENVIRONMENT = "environment", _("Environment")
    SERVICE = "service", _("Service")
    TEAM = "team", _("Team")


@dataclass(frozen=True)
class Bar:
    """Where an event stands on its line, in thousandths."""

    event: Event
    x: int
    width: int


@dataclass(frozen=True)
class Group:
    """Lines that belong together, each a release."""

    name: Any
    lines: list[Bar]


@dataclass(frozen=True)
class Timeline:
    """Four weeks from a Monday: groups of lines, and what lies behind all of them."""

    first: date
    groups: list[Group]
    windows: list[Bar]
    freezes: list[Bar]
    today: int | None
    held: Held

    @property
    def weeks(self) -> list[date]:
        return [self.first + number * WEEK for number in range(WEEKS)]

    @property
    def marks(self) -> list[int]:
        """Where the weeks begin on a line."""
        return [number * WIDE // WEEKS for number in range(1, WEEKS)]

    @property
    def last(self) -> date:
        return self.first + WEEKS * WEEK - DAY

    @property
    def events(self) -> list[Event]:
        return self.held.events

    @property
    def previous(self) -> date:
        return self.first - WEEKS * WEEK

    @property
    def following(self) -> date:
        return self.first + WEEKS * WEEK


def timeline_of(day: date, filters: Filters, at: datetime, grouping: Grouping = Grouping.ENVIRONMENT) -> Timeline:
    """The four weeks that begin with the week of a day, in the reader's zone."""
    first = monday_of(day)
    start, end = midnight(first), midnight(first + WEEKS * WEEK)
    held = held_between(start, end, filters)

    def bars(kind: str) -> list[Bar]:
        return [_bar(one, start, end) for one in held.of_kind(kind)]

    today = _place(at, start, end) if start <= at < end else None
    return Timeline(first, _grouped(bars("release"), grouping), bars("window"), bars("freeze"), today, held)


def _grouped(lines: list[Bar], grouping: Grouping) -> list[Group]:
    named = {
        Grouping.ENVIRONMENT: lambda release: release.environment,
        Grouping.SERVICE: lambda release: release.subject,
        Grouping.TEAM: lambda release: release.subject.owner,
    }[grouping]
    groups: dict[Any, list[Bar]] = {}
    for line in lines:
        groups.setdefault(named(line.event.record), []).append(line)
    order = sorted(groups, key=lambda one: (one is None, getattr(one, "order", 0), str(one)))
    return [Group(_("Not chosen yet") if one is None else one.name, groups[one]) for one in order]


def _bar(event: Event, start: datetime, end: datetime) -> Bar:
    x = min(_place(max(event.starts_at, start), start, end), WIDE - LEAST)
    until = _place(min(event.ends_at, end), start, end)
    return Bar(event, x, max(until - x, LEAST))


def _place(moment: datetime, start: datetime, end: datetime) -> int:
    return int(WIDE * ((moment - start) / (end - start)))
