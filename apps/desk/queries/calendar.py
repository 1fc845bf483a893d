"""The calendar: one month of releases, windows and freezes, day by day."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.cmdb.models import ConfigurationItem
from apps.core.display import page_of, tone_of
from apps.releases.lifecycle.words import Status
from apps.releases.models import Release
from apps.schedule import queries as schedule
from apps.schedule.models import Freeze, Window

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
    cut: list[str] = field(default_factory=list)  # of what there is more than is shown

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
    value_stream: int | None = None

    def reach(self) -> schedule.Reach:
        """What releases touch that the reader wants to see: so a freeze shows where it would stop one of them."""
        environments = [self.environment] if self.environment else None
        if not (self.service or self.value_stream):
            return schedule.Reach.of(environments, None, None)
        items = ConfigurationItem.objects.all()
        items = items.filter(pk=self.service) if self.service else items
        items = items.filter(value_streams=self.value_stream) if self.value_stream else items
        return schedule.Reach.of_items(items, environments, [self.value_stream] if self.value_stream else None)

    def wants(self, kind: str) -> bool:
        return not self.kinds or kind in self.kinds


def month_of(user: Any, first: date, filters: Filters, at: datetime) -> Month:
    """The month that begins on `first`, with the days of other months that fill its weeks, in the reader's zone."""
    days = calendar.Calendar(firstweekday=0).monthdatescalendar(first.year, first.month)
    start, end = _midnight(days[0][0]), _midnight(days[-1][-1] + timedelta(days=1))
    found, cut = _events(start, end, filters)
    events = sorted(found, key=lambda event: (event.starts_at, event.kind, event.title))
    today = timezone.localdate(at)
    weeks = [
        [Day(on, on.month == first.month, on == today, [one for one in events if one.touches(on)]) for on in week]
        for week in days
    ]
    return Month(first, weeks, [event for event in events if _falls_in(event, first)], cut)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _falls_in(event: Event, first: date) -> bool:
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return timezone.localdate(event.starts_at) <= last and timezone.localdate(event.ends_at) >= first


def _events(start: datetime, end: datetime, filters: Filters) -> tuple[list[Event], list[str]]:
    """The first of each kind that the reader wants to see, and the kinds of which there are more."""
    found: list[Event] = []
    cut: list[str] = []
    kinds = {"release": _releases(start, end, filters), **_scheduled(start, end, filters)}
    for kind, events in kinds.items():
        if filters.wants(kind):
            shown = list(islice(events, MOST + 1))
            found += shown[:MOST]
            cut += [KINDS[kind]] if len(shown) > MOST else []
    return found, cut


def _releases(start: datetime, end: datetime, filters: Filters) -> Iterator[Event]:
    found = Release.objects.filter(planned_start__lt=end, planned_end__gt=start).exclude(status=Status.CANCELLED)
    if filters.environment:
        found = found.filter(environment=filters.environment)
    if filters.service:
        found = found.filter(Q(subject=filters.service) | Q(components__ci=filters.service)).distinct()
    if filters.value_stream:
        found = found.filter(subject__value_streams=filters.value_stream)
    for release in found.select_related("subject", "environment").order_by("planned_start", "pk")[: MOST + 1]:
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


def _scheduled(start: datetime, end: datetime, filters: Filters) -> dict[str, Iterator[Event]]:
    if not (filters.wants("window") or filters.wants("freeze")):
        return {}
    entries = schedule.occurrences(start, end, filters.reach())
    return {
        "window": (_window(one) for one in entries if isinstance(one.record, Window)),
        "freeze": (_freeze(one) for one in entries if isinstance(one.record, Freeze)),
    }


def _window(entry: schedule.Entry) -> Event:
    span = entry.occurrence
    return Event("window", entry.record.name, page_of(entry.record), span.starts_at, span.ends_at, "good", _("Window"))


def _freeze(entry: schedule.Entry) -> Event:
    freeze, span = entry.record, entry.occurrence
    badge = freeze.get_kind_display().split(":")[0]
    about = freeze.party.name if freeze.party_id else ""
    return Event("freeze", freeze.name, page_of(freeze), span.starts_at, span.ends_at, "warn", badge, about)
