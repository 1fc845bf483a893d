"""What stands on the calendar in a span of time: releases, windows, freezes, and where releases clash."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.cmdb.models import ConfigurationItem
from apps.core.display import page_of, tone_of
from apps.releases.lifecycle.words import Status
from apps.releases.models import Component, Release
from apps.releases.queries import Clash, clashes_among
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
    clashes: tuple[str, ...] = ()
    record: Any = None

    def touches(self, day: date) -> bool:
        first, last = timezone.localdate(self.starts_at), timezone.localdate(self.ends_at - timedelta(microseconds=1))
        return first <= day <= max(first, last)

    def clock_on(self, day: date) -> str:
        """When it is on this day, on the reader's clock: 20:00–22:00, from 20:00, until 04:00, or empty for all of it."""
        starts, ends = timezone.localtime(self.starts_at), timezone.localtime(self.ends_at)
        begins, is_over = starts.date() == day, ends <= midnight(day + timedelta(days=1))
        if begins and is_over:
            return f"{starts:%H:%M}–{ends:%H:%M}"
        if begins:
            return _("from %s") % f"{starts:%H:%M}"
        return _("until %s") % f"{ends:%H:%M}" if is_over else ""


@dataclass(frozen=True)
class Filters:
    """What the reader wants to see; empty means everything."""

    kinds: frozenset[str] = frozenset()
    environment: int | None = None
    service: int | None = None
    value_stream: int | None = None
    team: int | None = None

    def reach(self) -> schedule.Reach:
        """What releases touch that the reader wants to see: so a freeze shows where it would stop one of them."""
        environments = [self.environment] if self.environment else None
        if not (self.service or self.value_stream or self.team):
            return schedule.Reach.of(environments, None, None)
        items = ConfigurationItem.objects.all()
        items = items.filter(pk=self.service) if self.service else items
        items = items.filter(value_streams=self.value_stream) if self.value_stream else items
        items = items.filter(owner=self.team) if self.team else items
        return schedule.Reach.of_items(items, environments, [self.value_stream] if self.value_stream else None)

    def wants(self, kind: str) -> bool:
        return not self.kinds or kind in self.kinds


@dataclass(frozen=True)
class Held:
    """What a span holds: events in order, the pairs of releases that clash, and of what there is more than is told."""

    events: list[Event]
    clashes: list[Clash] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)

    def of_kind(self, kind: str) -> list[Event]:
        return [one for one in self.events if one.kind == kind]


def held_between(start: datetime, end: datetime, filters: Filters) -> Held:
    """The first of each kind that the reader wants to see. A fixed number of queries."""
    found: list[Event] = []
    cut: list[str] = []
    releases: list[Release] = []
    if filters.wants("release"):
        rows = releases_between(start, end, filters).as_rows().select_related("subject__owner")
        releases = list(rows[: MOST + 1])
    clashes = clashes_among(releases[:MOST]) if releases else []
    kinds = {"release": _release_events(releases, clashes), **_scheduled(start, end, filters)}
    for kind, events in kinds.items():
        if filters.wants(kind):
            shown = list(islice(events, MOST + 1))
            found += shown[:MOST]
            cut += [kind] if len(shown) > MOST else []
    return Held(sorted(found, key=lambda one: (one.starts_at, one.kind, one.title)), clashes, cut)


def midnight(day: date) -> datetime:
    """When a day begins, in the reader's zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


def releases_between(start: datetime, end: datetime, filters: Filters) -> QuerySet[Release]:
    """Releases that the reader wants to see and whose window overlaps the span, in order."""
    found = Release.objects.planned_within(start, end).exclude(status=Status.CANCELLED)
    if filters.environment:
        found = found.filter(environment=filters.environment)
    if filters.service:
        moved = Component.objects.busy(start, end).filter(ci=filters.service).values("release")
        found = found.filter(Q(subject=filters.service) | Q(pk__in=moved))
    if filters.value_stream:
        found = found.filter(subject__value_streams=filters.value_stream)
    if filters.team:
        owned = Component.objects.busy(start, end).filter(ci__owner=filters.team).values("release")
        found = found.filter(Q(subject__owner=filters.team) | Q(pk__in=owned))
    return found.order_by("planned_start", "pk")


def _release_events(releases: list[Release], clashes: list[Clash]) -> Iterator[Event]:
    told: dict[int, list[str]] = defaultdict(list)
    for clash in clashes:
        for one in (clash.first, clash.second):
            told[one.pk].append(clash.message)
    for release in releases:
        yield Event(
            "release",
            f"{release.key} {release.title}",
            page_of(release),
            release.planned_start,
            release.planned_end,
            tone_of(release.status),
            release.get_status_display(),
            " → ".join(filter(None, [release.subject.name, release.environment and release.environment.name])),
            tuple(told[release.pk]),
            release,
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
    row, span = entry.record, entry.occurrence
    return Event("window", row.name, page_of(row), span.starts_at, span.ends_at, "good", _("Window"), record=row)


def _freeze(entry: schedule.Entry) -> Event:
    row, span = entry.record, entry.occurrence
    badge = row.get_kind_display().split(":")[0]
    about = row.party.name if row.party_id else ""
    return Event("freeze", row.name, page_of(row), span.starts_at, span.ends_at, "warn", badge, about, record=row)
