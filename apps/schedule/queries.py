"""Questions about the schedule: what is frozen, what stands in the way and who can lift it, when the next window is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from apps.cmdb.models import ConfigurationItem, ServiceRelationship, ValueStream
from apps.cmdb.queries.wholes import with_wholes
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

    @classmethod
    def of_items(
        cls, items: QuerySet[ConfigurationItem], environments: Touched = None, value_streams: Touched = None
    ) -> Reach:
        """What releases of these items touch: the items, the wholes they are part of, and, unless said, their streams."""
        if value_streams is None:
            value_streams = ValueStream.objects.filter(items__in=items.values("pk")).values_list("pk", flat=True)
        return cls.of(environments, with_wholes(items.values_list("pk", flat=True)), value_streams)


EVERYTHING = Reach(None, None, None)


def _ids(things: Touched) -> frozenset[int] | None:
    if things is None:
        return None
    return frozenset(one.pk if isinstance(one, Model) else int(one) for one in things)


def _timed(rows: QuerySet, start: datetime, end: datetime) -> QuerySet:
    """Rows that may have an occurrence in [start, end): once and overlapping, or recurring and begun before its end."""
    begun = rows.filter(starts_at__lt=end).filter(Q(ends_at__gt=start) | ~Q(rrule=""))
    return begun.select_related("party") if rows.model is Freeze else begun


def _party_services(rows: Iterable[Timed]) -> dict[int, set[int]]:
    """The services each freeze's party is tied to."""
    parties = {row.party_id for row in rows if getattr(row, "party_id", None)}
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
    rows = _timed(Freeze.objects.prefetch_related("exceptions"), at, at + timedelta(microseconds=1))
    found = [row for row in _concerned(rows, reach) if row.occurrence_at(at)]
    return sorted(found, key=lambda row: row.in_force_until(at), reverse=True)


def freezes_between(
    start: datetime,
    end: datetime,
    environments: Touched = None,
    services: Touched = None,
    value_streams: Touched = None,
) -> list[Entry]:
    """Every occurrence of a freeze that overlaps a span and concerns what is touched: conflicts seen before they bite."""
    rows = _timed(Freeze.objects.prefetch_related("exceptions"), start, end)
    return _in_order(_concerned(rows, Reach.of(environments, services, value_streams)), start, end)


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
    sentence = _("%(freeze)s is in force until %(until)s UTC.")
    return _blocker(freeze, until, sentence % {"freeze": _named(freeze), "until": f"{until:%Y-%m-%d %H:%M}"})


def planned_freeze_blocker(entry: Entry) -> Blocker:
    """What a freeze says to whoever plans into it."""
    start, end = entry.occurrence.starts_at, entry.occurrence.ends_at
    sentence = _("%(freeze)s is in force from %(start)s until %(end)s UTC, within the planned window.") % {
        "freeze": _named(entry.record),
        "start": f"{start:%Y-%m-%d %H:%M}",
        "end": f"{end:%Y-%m-%d %H:%M}",
    }
    return _blocker(entry.record, end, sentence)


def _blocker(freeze: Freeze, until: datetime, sentence: str) -> Blocker:
    return Blocker("frozen", sentence, who_can_lift=WHO_LIFTS, until=until, url=page_of(freeze))


def _named(freeze: Freeze) -> str:
    if freeze.party_id is None:
        return _("The freeze “%(name)s” (%(key)s)") % {"name": freeze.name, "key": freeze.key}
    words = {"name": freeze.name, "key": freeze.key, "party": freeze.party.name}
    return _("The freeze “%(name)s” (%(key)s) for %(party)s") % words


def windows_for(
    start: datetime,
    end: datetime,
    environments: Touched = None,
    services: Touched = None,
    value_streams: Touched = None,
) -> list[Entry]:
    """The occurrences of windows that overlap a span and serve what is touched."""
    rows = _timed(Window.objects.all(), start, end)
    return _in_order(_concerned(rows, Reach.of(environments, services, value_streams)), start, end)


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


def is_within_a_window_named(start: datetime, end: datetime, keys: Iterable[str]) -> bool:
    """Whether one occurrence of one of these windows holds the whole span."""
    named = _timed(Window.objects.filter(key__in=keys), start, end)
    held = (one for row in named for one in row.recurrence.between(start, end))
    return any(one.starts_at <= start and end <= one.ends_at for one in held)


def windows_named(start: datetime, end: datetime, keys: Iterable[str]) -> list[Entry]:
    """The occurrences of these windows that overlap a span, in order."""
    return _in_order(_timed(Window.objects.filter(key__in=keys), start, end), start, end)


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


def scheduled(start: datetime, end: datetime, reach: Reach = EVERYTHING) -> list[Timed]:
    """The windows and freezes that may fall in a span and concern what is touched."""
    return [
        *_concerned(_timed(Window.objects.all(), start, end), reach),
        *_concerned(_timed(Freeze.objects.all(), start, end), reach),
    ]


def occurrences(start: datetime, end: datetime, reach: Reach = EVERYTHING) -> list[Entry]:
    """Everything on the schedule that overlaps a span and concerns what is touched, in order: for calendars."""
    return _in_order(scheduled(start, end, reach), start, end)


def _concerned(found: QuerySet, reach: Reach) -> list[Any]:
    if reach == EVERYTHING:
        return list(found)
    rows = list(found.prefetch_related("environments", "services", "value_streams"))
    party_services = _party_services(rows)
    return [row for row in rows if _touches(row, reach, party_services)]


def _in_order(rows: Iterable[Timed], start: datetime, end: datetime) -> list[Entry]:
    found = [Entry(row, one) for row in rows for one in row.occurrences_between(start, end)]
    return sorted(found, key=lambda entry: (entry.occurrence, entry.record.key))


def exceptions_past_their_time(at: datetime) -> list[FreezeException]:
    """Exceptions asked for or granted whose own time, or whose freeze, is over."""
    live = FreezeException.objects.filter(status__in=[ExceptionStatus.REQUESTED, ExceptionStatus.GRANTED])
    return [
        one
        for one in live.select_related("freeze").order_by("pk")
        if (one.until is not None and one.until <= at) or not one.freeze.has_not_ended(at)
    ]
