"""The next free slots for a release: where it fits between freezes and other releases, and why not earlier."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core.clock import now
from apps.core.display import page_of
from apps.releases.lifecycle.freezes import reach_of, standing_freezes
from apps.releases.lifecycle.words import ENDED, NeededState
from apps.releases.models import Component, Release
from apps.releases.queries.conflicts import AHEAD
from apps.schedule import queries as schedule
from apps.schedule.recurrence import Occurrence

HORIZON = timedelta(days=60)
STEP = timedelta(minutes=15)
USUAL = timedelta(hours=1)
APART = timedelta(days=1)  # where no window says when, a day between two proposals


@dataclass(frozen=True)
class Taken:
    """A time in which the release cannot be, and why."""

    starts_at: datetime
    ends_at: datetime
    why: str
    url: str = ""


@dataclass(frozen=True)
class Slot:
    """A window that is free, in which release window it lies, and what kept it from being earlier there."""

    starts_at: datetime
    ends_at: datetime
    window: str = ""
    passed_over: list[Taken] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "planned_start": self.starts_at,
            "planned_end": self.ends_at,
            "window": self.window or None,
            "passed_over": [one.why for one in self.passed_over],
        }


@dataclass(frozen=True)
class Slots:
    """Free slots, soonest first, and the release windows that were passed over with the reasons."""

    found: list[Slot]
    passed_over: list[Taken]
    length: timedelta
    until: datetime


def free_slots(release: Release, after: datetime | None = None, count: int = 5) -> Slots:
    """Up to `count` slots of the planned length within sixty days. A fixed number of queries."""
    after = max(after or now(), now())
    length = _length_of(release)
    until = after + HORIZON
    earliest, waits = _after_needed(release, after)
    taken = sorted([*waits, *_frozen(release, after, until), *_busy(release, after, until)], key=_by_start)
    passed: list[Taken] = []
    places = _places(release, after, until)
    found = list(islice(_fitting(places, earliest, length, taken, passed), count))
    return Slots(found, passed, length, until)


def _by_start(one: Taken) -> tuple[datetime, datetime, str]:
    return (one.starts_at, one.ends_at, one.why)


def _length_of(release: Release) -> timedelta:
    if release.planned_start and release.planned_end:
        return release.planned_end - release.planned_start
    return USUAL


def _after_needed(release: Release, after: datetime) -> tuple[datetime, list[Taken]]:
    """Not before the releases that must come first are planned to end."""
    waits = []
    rows = release.dependencies.exclude(state=NeededState.SCHEDULED).exclude(needs__status__in=ENDED)
    for one in rows.select_related("needs"):
        ends = one.needs.planned_end
        if ends is not None and ends > after and not one.is_met:
            why = _("%(key)s must come first, and is planned until %(until)s.") % {
                "key": one.needs.key,
                "until": _said(ends),
            }
            waits.append(Taken(after, ends, why, page_of(one.needs)))
    return max([after, *(one.ends_at for one in waits)]), waits


def _frozen(release: Release, after: datetime, until: datetime) -> Iterator[Taken]:
    for entry in standing_freezes(release, after, until):
        freeze, span = entry.record, entry.occurrence
        why = _("The freeze “%(name)s” is in force from %(start)s until %(end)s.") % {
            "name": freeze.name,
            "start": _said(span.starts_at),
            "end": _said(span.ends_at),
        }
        yield Taken(span.starts_at, span.ends_at, why, page_of(freeze))


def _busy(release: Release, after: datetime, until: datetime) -> Iterator[Taken]:
    """Windows in which others move the same items in the same place; where a place is open, it may be the same."""
    rows = Component.objects.busy(after, until).filter(
        ci__in=release.components.values("ci"), release__status__in=AHEAD
    )
    if release.environment_id:
        rows = rows.filter(Q(release__environment=release.environment_id) | Q(release__environment__isnull=True))
    for one in rows.exclude(release=release.pk).select_related("release", "ci"):
        why = _("%(key)s moves %(item)s from %(start)s until %(end)s.") % {
            "key": one.release.key,
            "item": one.ci.name,
            "start": _said(one.busy_from),
            "end": _said(one.busy_until),
        }
        yield Taken(one.busy_from, one.busy_until, why, page_of(one.release))


def _places(release: Release, after: datetime, until: datetime) -> Iterator[tuple[Occurrence, str]]:
    """The release windows it may use, in order; where there is none for it, any time."""
    keys = release.model_content.get("window", {}).get("keys", []) if release.needs_window else []
    entries = (
        schedule.windows_named(after, until, keys) if keys else schedule.windows_for(after, until, **reach_of(release))
    )
    if entries or keys:
        return ((one.occurrence, one.record.name) for one in entries)
    return _any_time(after, until)


def _any_time(after: datetime, until: datetime) -> Iterator[tuple[Occurrence, str]]:
    start = after
    while start < until:
        yield Occurrence(start, until), ""
        start += APART


def _fitting(
    places: Iterable[tuple[Occurrence, str]],
    earliest: datetime,
    length: timedelta,
    taken: list[Taken],
    passed: list[Taken],
) -> Iterator[Slot]:
    """The first gap in each place; what does not fit goes to `passed` with the reason."""
    last: datetime | None = None
    for span, name in places:
        start, reasons = first_gap(max(span.starts_at, earliest), length, taken)
        if start + length <= span.ends_at:
            if last is None or start >= last:
                last = start + length
                yield Slot(start, start + length, name, reasons)
        elif name:
            passed.append(_too_tight(span, name, length, reasons))


def _too_tight(span: Occurrence, name: str, length: timedelta, reasons: list[Taken]) -> Taken:
    within = [one.why for one in reasons if one.starts_at < span.ends_at]
    if not within:
        within = [_("%s minutes do not fit into it any more.") % int(length / timedelta(minutes=1))]
    said = _("“%(name)s” on %(start)s: %(why)s") % {
        "name": name,
        "start": _said(span.starts_at),
        "why": " ".join(within),
    }
    return Taken(span.starts_at, span.ends_at, said)


def first_gap(earliest: datetime, length: timedelta, taken: list[Taken]) -> tuple[datetime, list[Taken]]:
    """The first start from `earliest` on, to the quarter of an hour, with nothing taken for `length`; and what was in the way.

    `taken` is in order of its starts.
    """
    start, reasons = _rounded(earliest), []
    for one in taken:
        if one.starts_at < start + length and start < one.ends_at:
            reasons.append(one)
            start = _rounded(one.ends_at)
    return start, reasons


def _rounded(moment: datetime) -> datetime:
    """Up to the next quarter of an hour."""
    past = timedelta(minutes=moment.minute % 15, seconds=moment.second, microseconds=moment.microsecond)
    return moment + (STEP - past if past else timedelta())


def _said(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
