"""When something recurs: an RFC 5545 rule over the wall clock of a time zone.

The first occurrence gives the wall times; each later one keeps them, whatever daylight saving does to the offset. An
occurrence whose start does not exist on its day is left out and not counted (3.3.10); a start that exists twice is its
first. An end that does not exist is read with the offset before the gap (02:30 becomes 03:30).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo, available_timezones

from dateutil.rrule import rrule, rrulestr

from apps.core.errors import FieldError

FREQUENCIES = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}
PARTS = {
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "BYDAY",
    "BYMONTHDAY",
    "BYMONTH",
    "BYSETPOS",
    "BYWEEKNO",
    "BYYEARDAY",
    "WKST",
}
LONGEST_RULE = 300
LONGEST = timedelta(days=366)
UNTIL = re.compile(r"^(\d{8})(?:T(\d{6})(Z?))?$")


@dataclass(frozen=True, order=True)
class Occurrence:
    """One time span, from its start up to but not including its end."""

    starts_at: datetime
    ends_at: datetime

    def covers(self, at: datetime) -> bool:
        return self.starts_at <= at < self.ends_at

    def overlaps(self, other: Occurrence) -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True)
class Recurrence:
    """A first occurrence, the rule by which it comes again (none: it happens once), and the days it leaves out.

    What is left out counts towards a COUNT all the same: it is taken away from what the rule gives (3.8.5.1).
    """

    starts_at: datetime
    ends_at: datetime
    rule: str
    time_zone: str
    excluded: frozenset[date] = frozenset()

    def between(self, after: datetime, before: datetime) -> Iterator[Occurrence]:
        """The occurrences that overlap the half-open span [after, before), in order."""
        if not self.rule:
            once = Occurrence(self.starts_at, self.ends_at)
            if once.starts_at < before and after < once.ends_at:
                yield once
            return
        zone = ZoneInfo(self.time_zone)
        _start, length = self._wall()
        slack = timedelta(days=1)
        since = _naive(after, zone) - length - slack
        for wall in self._starts(zone, no_later_than=_naive(before, zone) + slack):
            if wall < since or wall.date() in self.excluded or not _exists(wall, zone):
                continue
            found = Occurrence(_instant(wall, zone), _instant(wall + length, zone))
            if found.starts_at < before and after < found.ends_at:
                yield found

    def rule_beside_zone(self) -> str:
        """The rule as calendars exchange it: an UNTIL beside a start with a time zone is in UTC (3.3.10)."""
        parts = _parts(self.rule)
        if "UNTIL" in parts:
            zone = ZoneInfo(self.time_zone)
            parts["UNTIL"] = f"{_instant(_until(parts['UNTIL'], zone), zone):%Y%m%dT%H%M%SZ}"
        return _joined(parts)

    def exclusions(self) -> list[datetime]:
        """The starts that are left out, in the zone, as calendars exchange them (EXDATE, 3.8.5.1)."""
        zone = ZoneInfo(self.time_zone)
        clock = self._wall()[0].time()
        return [datetime.combine(day, clock, zone) for day in sorted(self.excluded)]

    def _starts(self, zone: ZoneInfo, *, no_later_than: datetime) -> Iterator[datetime]:
        """Where the rule puts starts on the wall clock; only what exists counts towards a COUNT."""
        start, _length = self._wall()
        walls = iter(_parsed(self.rule, start, zone, no_later_than=no_later_than))
        count = _parts(self.rule).get("COUNT")
        return islice((wall for wall in walls if _exists(wall, zone)), int(count)) if count else walls

    def at(self, moment: datetime) -> Occurrence | None:
        """The occurrence in force at a moment; of several, the one that lasts longest."""
        found = [one for one in self.between(moment, moment + timedelta(microseconds=1)) if one.covers(moment)]
        return max(found, key=lambda one: one.ends_at, default=None)

    def next_after(self, moment: datetime, within: timedelta = timedelta(days=400)) -> Occurrence | None:
        """The first occurrence that starts at or after a moment."""
        ahead = (one for one in self.between(moment, moment + within) if one.starts_at >= moment)
        return next(ahead, None)

    def _wall(self) -> tuple[datetime, timedelta]:
        zone = ZoneInfo(self.time_zone)
        start = _naive(self.starts_at, zone)
        return start, _naive(self.ends_at, zone) - start


def is_day(text: object) -> bool:
    """Whether this is a day as RFC 3339 writes it: 2026-12-24."""
    try:
        return isinstance(text, str) and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _naive(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC)


def _exists(wall: datetime, zone: ZoneInfo) -> bool:
    return _naive(_instant(wall, zone), zone) == wall


def _parsed(rule: str, start: datetime, zone: ZoneInfo, *, no_later_than: datetime) -> rrule:
    """The rule on the wall clock, without its COUNT, and cut off, so that one which never comes is not sought for ever."""
    parts = _parts(rule)
    parts.pop("COUNT", None)
    until = _until(parts["UNTIL"], zone) if "UNTIL" in parts else no_later_than
    parts["UNTIL"] = min(until, no_later_than).strftime("%Y%m%dT%H%M%S")
    return rrulestr(_joined(parts), dtstart=start)


def _until(value: str, zone: ZoneInfo) -> datetime:
    """The last moment on the wall clock: one in UTC is translated, a date without a time means the whole day."""
    day, clock, utc = UNTIL.match(value).groups()
    until = datetime.strptime(f"{day}{clock or '235959'}", "%Y%m%d%H%M%S")  # noqa: DTZ007
    return _naive(until.replace(tzinfo=UTC), zone) if utc else until


def _parts(rule: str) -> dict[str, str]:
    listed = rule.strip().upper().removeprefix("RRULE:").rstrip(";").split(";")
    return dict(part.partition("=")[::2] for part in listed)


def _joined(parts: dict[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts.items())


def faults_of(recurrence: Recurrence) -> list[FieldError]:
    """What is wrong with a time span and its rule, each fault at its field."""
    faults = []
    if recurrence.time_zone not in available_timezones():
        faults.append(
            FieldError(
                "time_zone", "unknown", f"“{recurrence.time_zone}” is not a time zone; use one such as Europe/Berlin."
            )
        )
    if recurrence.ends_at <= recurrence.starts_at:
        faults.append(FieldError("ends_at", "before_start", "It ends before it starts."))
    elif recurrence.rule and recurrence.ends_at - recurrence.starts_at > LONGEST:
        faults.append(FieldError("ends_at", "too_long", "What recurs lasts a year at most."))
    if recurrence.rule and not faults:
        faults.extend(_rule_faults(recurrence))
    return faults


def _rule_faults(recurrence: Recurrence) -> list[FieldError]:
    sentence = _fault_in_parts(recurrence.rule)
    if sentence:
        return [FieldError("rrule", "invalid", sentence)]
    start, _length = recurrence._wall()
    day_after = start + timedelta(days=1)
    try:
        days = _parsed(recurrence.rule, start, ZoneInfo(recurrence.time_zone), no_later_than=day_after)
        includes_start = any(day.date() == start.date() for day in days)
    except (ValueError, TypeError, OverflowError) as error:
        return [FieldError("rrule", "invalid", f"This is not a recurrence rule of RFC 5545: {error}.")]
    if not includes_start:
        return [
            FieldError("rrule", "start_not_in_rule", "The rule must include the day on which the first one starts.")
        ]
    return []


def _fault_in_parts(rule: str) -> str:
    if len(rule) > LONGEST_RULE or "\n" in rule:
        return f"A rule is one line of at most {LONGEST_RULE} characters, such as FREQ=WEEKLY;BYDAY=TU,TH."
    parts = _parts(rule)
    if parts.get("FREQ") not in FREQUENCIES:
        return "A rule begins with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY."
    strange = sorted(set(parts) - PARTS)
    if strange:
        return f"{', '.join(strange)} cannot be used here; the time of day comes from the first occurrence."
    if "COUNT" in parts and "UNTIL" in parts:
        return "A rule has COUNT or UNTIL, not both."
    if "UNTIL" in parts and not UNTIL.match(parts["UNTIL"]):
        return "UNTIL is a date such as 20261231 or a time such as 20261231T220000Z."
    for name, most in (("INTERVAL", 1000), ("COUNT", 10_000)):
        value = parts.get(name, "1")
        if not (value.isdecimal() and value.isascii() and 1 <= int(value) <= most):
            return f"{name} is a whole number from 1 to {most}."
    return ""
