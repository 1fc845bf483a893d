"""The calendar: one month of releases, windows and freezes, day by day."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.display import page_of, tone_of
from apps.releases.lifecycle.words import Status
from apps.releases.models import Release
from apps.schedule import queries as schedule
from apps.schedule.models import Freeze

KINDS = {"release": _("Releases"), "window": _("Windows"), "freeze": _("Freezes")}
MOST = 500


@dataclass(frozen=True)
class Event:
    """One thing on the calendar with its span."""

    kind: str
    title: str
    url: str
    starts_at: datetime
    ends_at: datetime
    tone: str
    badge: Any = ""
    about: Any = ""

    def touches(self, day: date) -> bool:
        first, last = timezone.localdate(self.starts_at), timezone.localdate(self.ends_at - timedelta(microseconds=1))
        return first <= day <= max(first, last)

    def begins_on(self, day: date) -> bool:
        return timezone.localdate(self.starts_at) == day


@dataclass(frozen=True)
class Day:
    """One field of the month grid."""

    on: date
    is_in_month: bool
    is_today: bool
    events: list[Event]


@dataclass(frozen=True)
class Month:
    """A month as weeks of days, and the same events as a list."""

    first: date
    weeks: list[list[Day]]
    events: list[Event] = field(default_factory=list)

    @property
    def previous(self) -> date:
        return (self.first - timedelta(days=1)).replace(day=1)

    @property
    def following(self) -> date:
        return (self.first + timedelta(days=32)).replace(day=1)


@dataclass(frozen=True)
class Filters:
    """What the reader wants to see; empty means everything."""

    kinds: frozenset[str] = frozenset()
    environment: int | None = None
    service: int | None = None

    def wants(self, kind: str) -> bool:
        return not self.kinds or kind in self.kinds


def month_of(user: Any, first: date, filters: Filters, at: datetime) -> Month:
    """The month that begins on `first`, with the days of other months that fill its weeks, in the reader's zone."""
    days = calendar.Calendar(firstweekday=0).monthdatescalendar(first.year, first.month)
    start, end = _midnight(days[0][0]), _midnight(days[-1][-1] + timedelta(days=1))
    events = sorted(_events(start, end, filters), key=lambda event: (event.starts_at, event.kind, event.title))
    today = timezone.localdate(at)
    weeks = [
        [Day(on, on.month == first.month, on == today, [one for one in events if one.touches(on)]) for on in week]
        for week in days
    ]
    return Month(first, weeks, [event for event in events if _falls_in(event, first)])


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _falls_in(event: Event, first: date) -> bool:
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return timezone.localdate(event.starts_at) <= last and timezone.localdate(event.ends_at) >= first


def _events(start: datetime, end: datetime, filters: Filters) -> Iterable[Event]:
    if filters.wants("release"):
        yield from _releases(start, end, filters)
    if filters.wants("window") or filters.wants("freeze"):
        yield from _scheduled(start, end, filters)


def _releases(start: datetime, end: datetime, filters: Filters) -> Iterable[Event]:
    found = Release.objects.filter(planned_start__lt=end, planned_end__gt=start).exclude(status=Status.CANCELLED)
    if filters.environment:
        found = found.filter(environment=filters.environment)
    if filters.service:
        found = found.filter(Q(subject=filters.service) | Q(components__ci=filters.service)).distinct()
    for release in found.select_related("subject", "environment").order_by("planned_start")[:MOST]:
        yield Event(
            "release",
            f"{release.key} {release.title}",
            page_of(release),
            release.planned_start,
            release.planned_end,
            tone_of(release.status),
            release.get_status_display(),
            " → ".join(filter(None, [release.subject.name, release.environment and release.environment.name])),
        )


def _scheduled(start: datetime, end: datetime, filters: Filters) -> Iterable[Event]:
    for entry in schedule.occurrences(start, end)[:MOST]:
        row, kind = entry.record, "freeze" if isinstance(entry.record, Freeze) else "window"
        if not filters.wants(kind) or not _concerns(row, filters):
            continue
        ends_at = min(entry.occurrence.ends_at, getattr(row, "lifted_at", None) or entry.occurrence.ends_at)
        yield Event(
            kind,
            row.name,
            page_of(row),
            entry.occurrence.starts_at,
            ends_at,
            "warn" if kind == "freeze" else "good",
            row.get_kind_display().split(":")[0] if kind == "freeze" else _("Window"),
        )


def _concerns(row: Any, filters: Filters) -> bool:
    """A window or freeze without a scope concerns everything."""
    environments = {one.pk for one in row.environments.all()}
    services = {one.pk for one in row.services.all()}
    return (not filters.environment or not environments or filters.environment in environments) and (
        not filters.service or not services or filters.service in services
    )
