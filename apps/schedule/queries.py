"""Questions about the schedule: what is frozen, what stands in the way and who can lift it, when the next window is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model, Q, QuerySet

from apps.cmdb.models import ServiceRelationship
from apps.core.blockers import Blocker
from apps.core.display import page_of
from apps.schedule.lifecycle import ExceptionStatus
from apps.schedule.models import Freeze, FreezeException, Timed, Window
from apps.schedule.recurrence import Occurrence

Touched = Iterable[Any] | None  # records or their ids; None asks for everything
WHO_LIFTS = "release manager or approver (an exception for this release)"


@dataclass(frozen=True)
class Entry:
    """One occurrence of a window or a freeze, for a calendar."""

    record: Timed
    occurrence: Occurrence


@dataclass(frozen=True)
class Reach:
    """What a release touches, by database id; None asks for everything there is."""

    environments: frozenset[int] | None
    services: frozenset[int] | None
    value_streams: frozenset[int] | None

    @classmethod
    def of(cls, environments: Touched, services: Touched, value_streams: Touched) -> Reach:
        return cls(_ids(environments), _ids(services), _ids(value_streams))


def _ids(things: Touched) -> frozenset[int] | None:
    if things is None:
        return None
    return frozenset(one.pk if isinstance(one, Model) else int(one) for one in things)


def _timed(rows: QuerySet, start: datetime, end: datetime) -> QuerySet:
    """Rows that may have an occurrence in [start, end): once and overlapping, or recurring and begun before its end."""
    begun = rows.filter(starts_at__lt=end).filter(Q(ends_at__gt=start) | ~Q(rrule=""))
    return begun.prefetch_related("environments", "services", "value_streams")


def _party_services(rows: Iterable[Freeze]) -> dict[int, set[int]]:
    """The services each freeze's party is tied to."""
    parties = {row.party_id for row in rows if row.party_id}
    found: dict[int, set[int]] = {party: set() for party in parties}
    if parties:
        for party, service in ServiceRelationship.objects.filter(party__in=parties).values_list("party", "service"):
            found[party].add(service)
    return found


def _touches(row: Timed, reach: Reach, party_services: dict[int, set[int]]) -> bool:
    """Whether what is scheduled concerns what is touched. An empty scope concerns everything."""
    for scope, touched in (
        (row.environments.all(), reach.environments),
        (row.services.all(), reach.services),
        (row.value_streams.all(), reach.value_streams),
    ):
        named = {one.pk for one in scope}
        if named and touched is not None and not named & touched:
            return False
    party = getattr(row, "party_id", None)
    if party is None or reach.services is None:
        return True
    return bool(party_services.get(party, set()) & reach.services)


def freezes_in_force(
    at: datetime,
    environments: Touched = None,
    services: Touched = None,
    value_streams: Touched = None,
) -> list[Freeze]:
    """The freezes in force at a moment over what is touched, those that last longest first."""
    reach = Reach.of(environments, services, value_streams)
    rows = list(_timed(Freeze.objects.all(), at, at + timedelta(microseconds=1)).prefetch_related("exceptions"))
    party_services = _party_services(rows)
    found = [row for row in rows if row.occurrence_at(at) and _touches(row, reach, party_services)]
    return sorted(found, key=lambda row: row.in_force_until(at), reverse=True)


def freezes_between(
    start: datetime,
    end: datetime,
    environments: Touched = None,
    services: Touched = None,
    value_streams: Touched = None,
) -> list[Entry]:
    """Every occurrence of a freeze that overlaps a span and concerns what is touched: conflicts seen before they bite."""
    reach = Reach.of(environments, services, value_streams)
    rows = list(_timed(Freeze.objects.all(), start, end))
    party_services = _party_services(rows)
    concerned = [row for row in rows if _touches(row, reach, party_services)]
    return _in_order(concerned, start, end)


def blockers_for(
    *,
    at: datetime,
    environments: Touched = None,
    services: Touched = None,
    value_streams: Touched = None,
    model_kind: str = "normal",
    release_key: str = "",
    digest: str = "",
) -> list[Blocker]:
    """Every freeze that forbids a release at a moment and from which it is not excepted, in words."""
    return [
        freeze_blocker(freeze, at)
        for freeze in freezes_in_force(at, environments, services, value_streams)
        if freeze.forbids(model_kind) and not (release_key and freeze.is_excepted(release_key, digest, at))
    ]


def freeze_blocker(freeze: Freeze, at: datetime) -> Blocker:
    """What a freeze says to whoever wants to release."""
    until = freeze.in_force_until(at)
    sentence = f"The freeze “{freeze.name}” ({freeze.key}) is in force until {until:%Y-%m-%d %H:%M} UTC."
    return Blocker("frozen", sentence, who_can_lift=WHO_LIFTS, until=until, url=page_of(freeze))


def windows_for(
    start: datetime,
    end: datetime,
    environments: Touched = None,
    services: Touched = None,
    value_streams: Touched = None,
) -> list[Entry]:
    """The occurrences of windows that overlap a span and serve what is touched."""
    reach = Reach.of(environments, services, value_streams)
    rows = [row for row in _timed(Window.objects.all(), start, end) if _touches(row, reach, {})]
    return _in_order(rows, start, end)


def is_within_a_window(
    start: datetime,
    end: datetime,
    environments: Touched = None,
    services: Touched = None,
    value_streams: Touched = None,
) -> bool:
    """Whether one occurrence of a window holds the whole span."""
    return any(
        one.occurrence.starts_at <= start and end <= one.occurrence.ends_at
        for one in windows_for(start, end, environments, services, value_streams)
    )


def next_window(
    after: datetime,
    environments: Touched = None,
    services: Touched = None,
    value_streams: Touched = None,
    within: timedelta = timedelta(days=60),
) -> Entry | None:
    """The first window ahead that serves what is touched."""
    entries = windows_for(after, after + within, environments, services, value_streams)
    return next((one for one in entries if one.occurrence.starts_at >= after), None)


def occurrences(start: datetime, end: datetime) -> list[Entry]:
    """Everything on the schedule that overlaps a span, in order: for calendars."""
    rows: list[Timed] = [*_timed(Window.objects.all(), start, end), *_timed(Freeze.objects.all(), start, end)]
    return _in_order(rows, start, end)


def _in_order(rows: Iterable[Timed], start: datetime, end: datetime) -> list[Entry]:
    found = [
        Entry(row, one)
        for row in rows
        for one in row.recurrence.between(start, end)
        if getattr(row, "lifted_at", None) is None or one.starts_at < row.lifted_at
    ]
    return sorted(found, key=lambda entry: (entry.occurrence, entry.record.key))


def exceptions_past_their_time(at: datetime) -> list[FreezeException]:
    """Exceptions asked for or granted whose own time, or whose freeze, is over."""
    live = FreezeException.objects.filter(status__in=[ExceptionStatus.REQUESTED, ExceptionStatus.GRANTED])
    return [
        one
        for one in live.select_related("freeze").order_by("pk")
        if (one.until is not None and one.until <= at) or not one.freeze.has_not_ended(at)
    ]
