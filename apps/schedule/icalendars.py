"""Read an iCalendar file (RFC 5545) as time spans that a freeze can hold, pure; what cannot be held is told with its reason.

Files in the wild carry a byte order mark, NUL bytes, lone carriage returns, Latin-1, unknown time zones. What is only
untidy is read; what is ambiguous is rejected, event by event. Nothing here opens an address or a second file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from icalendar import Calendar, Event

from apps.core.errors import Invalid
from apps.schedule.recurrence import Recurrence, faults_of

MOST_BYTES = 2 * 1024 * 1024
MOST_EVENTS = 2000
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """One event as a freeze can hold it; `uid` finds it again."""

    uid: str
    name: str
    description: str
    starts_at: datetime
    ends_at: datetime
    rrule: str
    time_zone: str
    excluded_on: tuple[str, ...]


@dataclass(frozen=True)
class Rejected:
    """An event that was not taken over: which, the how manieth of the file, and why."""

    record: str
    number: int
    reason: str


@dataclass
class Reading:
    """What a file says."""

    spans: list[Span] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


class NotHeld(Exception):
    """The event says something that a freeze cannot hold."""


def read(data: bytes, time_zone: str = "UTC") -> Reading:
    """Every event of every calendar in the file. Days and times without a zone are those of `time_zone`.

    Raises Invalid for what is no iCalendar file, or too much of one.
    """
    if time_zone not in available_timezones():
        raise Invalid.field(
            "time_zone", "unknown", f"“{time_zone[:60]}” is not a time zone; use one such as Europe/Berlin."
        )
    found = Reading()
    seen: set[str] = set()
    for number, event in enumerate(_events(data), start=1):
        if number > MOST_EVENTS:
            raise Invalid.field("file", "too_many", f"A file has at most {MOST_EVENTS} events; split it.")
        uid = _uid_of(event, number)
        try:
            span = _span(event, uid, ZoneInfo(time_zone), time_zone)
            if uid in seen:
                raise NotHeld("This event stands in the file twice; the first one was taken.")
            found.spans.append(span)
            seen.add(uid)
        except NotHeld as why:
            found.rejected.append(Rejected(uid, number, str(why)))
        except (ValueError, TypeError, OverflowError, AttributeError, KeyError) as error:
            found.rejected.append(Rejected(uid, number, f"It cannot be read: {_short(error)}"))
    return found


def _events(data: bytes) -> Iterator[Event]:
    if len(data) > MOST_BYTES:
        raise Invalid.field("file", "too_large", f"A calendar file has at most {MOST_BYTES // 1024 // 1024} MiB.")
    try:
        calendars = Calendar.from_ical(_text(data), multiple=True)
    except Exception as error:
        raise Invalid.field("file", "invalid", f"This is not an iCalendar file: {_short(error)}") from error
    if not any(one.name == "VCALENDAR" for one in calendars):
        raise Invalid.field("file", "invalid", "This is not an iCalendar file: it holds no VCALENDAR.")
    for calendar in calendars:
        yield from calendar.walk("VEVENT")


def _text(data: bytes) -> str:
    """UTF-8 with or without a byte order mark, or else Latin-1; one kind of line end, no NUL, no blank lines."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    lines = re.split(r"\r\n|\r|\n", text.replace("\0", ""))
    return "\r\n".join(line for line in lines if line.strip()) + "\r\n"


def _uid_of(event: Event, number: int) -> str:
    uid = str(event.get("UID") or "").strip()
    return uid[:255] or f"event {number}"


def _span(event: Event, uid: str, zone: ZoneInfo, time_zone: str) -> Span:
    _refuse_what_is_not_held(event)
    begins = _moment_of(event, "DTSTART")
    ends = _end_of(event, begins)
    named = _zone_of(begins, time_zone)
    rule = _rule_of(event)
    if named is None:
        if rule:
            raise NotHeld("It recurs in a time zone that is not known here; name it as the IANA data base does.")
        named = time_zone
    clock = ZoneInfo(named)
    span = Span(
        uid=uid,
        name=_line(event.get("SUMMARY")) or uid,
        description=str(event.get("DESCRIPTION") or "").replace("\0", "")[:10_000],
        starts_at=_instant(begins, clock),
        ends_at=_instant(ends, clock),
        rrule=rule,
        time_zone=named,
        excluded_on=_excluded(event, clock) if rule else (),
    )
    faults = faults_of(Recurrence(span.starts_at, span.ends_at, span.rrule, span.time_zone))
    if faults:
        raise NotHeld(" ".join(str(one.detail) for one in faults))
    return span


def _refuse_what_is_not_held(event: Event) -> None:
    errors = getattr(event, "errors", None)
    if errors:
        raise NotHeld(f"It cannot be read: {_short(errors[0][1] if isinstance(errors[0], tuple) else errors[0])}")
    if str(event.get("STATUS") or "").upper() == "CANCELLED":
        raise NotHeld("It is cancelled.")
    if event.get("RECURRENCE-ID") is not None:
        raise NotHeld("It changes one time of a recurring event; leave that day out by hand, and add the other time.")
    if event.get("RDATE") is not None:
        raise NotHeld("It adds single times (RDATE); a freeze recurs by a rule. Add these by hand.")


def _moment_of(event: Event, name: str) -> date | datetime:
    found = event.get(name)
    if found is None:
        raise NotHeld(f"It has no {name}.")
    if isinstance(found, list):
        raise NotHeld(f"It has several {name}.")
    moment = found.dt
    if not isinstance(moment, date):
        raise NotHeld(f"Its {name} is neither a day nor a time.")
    return moment


def _end_of(event: Event, begins: date | datetime) -> date | datetime:
    """DTEND, or DTSTART and DURATION; a day without either lasts a day (3.6.1)."""
    if event.get("DTEND") is not None:
        ends = _moment_of(event, "DTEND")
        if isinstance(ends, datetime) != isinstance(begins, datetime):
            raise NotHeld("It begins with a day and ends with a time, or the other way round.")
        return ends
    if event.get("DURATION") is not None:
        return begins + event["DURATION"].dt
    if isinstance(begins, datetime):
        raise NotHeld("It has no end.")
    return begins + DAY


def _zone_of(moment: date | datetime, time_zone: str) -> str | None:
    """The zone by its IANA name; the chosen one for days and for times without a zone; None where it is not known."""
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        return time_zone
    if moment.tzinfo == UTC or moment.tzinfo.tzname(None) == "UTC":
        return "UTC"
    name = getattr(moment.tzinfo, "key", None) or getattr(moment.tzinfo, "zone", None)
    return name if name in available_timezones() else None


def _instant(moment: date | datetime, zone: ZoneInfo) -> datetime:
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time.min)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _rule_of(event: Event) -> str:
    found = event.get("RRULE")
    if found is None:
        return ""
    if isinstance(found, list):
        raise NotHeld("It has several rules (RRULE); a freeze has one.")
    return found.to_ical().decode()


def _excluded(event: Event, zone: ZoneInfo) -> tuple[str, ...]:
    found = event.get("EXDATE")
    lists = found if isinstance(found, list) else [found] if found is not None else []
    days = set()
    for listed in lists:
        for one in listed.dts:
            moment = one.dt
            is_time = isinstance(moment, datetime)
            local = moment.astimezone(zone) if is_time and moment.tzinfo else moment
            days.add((local.date() if is_time else local).isoformat())
    return tuple(sorted(days))


def _line(text: Any) -> str:
    return " ".join(str(text or "").replace("\0", "").split())[:200]


def _short(error: Any) -> str:
    said = " ".join(str(error).replace("\0", "").split())
    return said[:200] or type(error).__name__
