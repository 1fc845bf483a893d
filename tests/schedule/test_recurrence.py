"""Recurrence on the wall clock: daylight saving, leap days, and rules that are refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import dateutil.rrule
import dateutil.tz
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.schedule.recurrence import Occurrence, Recurrence, faults_of

BERLIN = ZoneInfo("Europe/Berlin")


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def recurring(start: str, end: str, rule: str, zone: str = "Europe/Berlin") -> Recurrence:
    clock = ZoneInfo(zone)
    first, last = (datetime.fromisoformat(one).replace(tzinfo=clock).astimezone(UTC) for one in (start, end))
    return Recurrence(first, last, rule, zone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def times(recurrence: Recurrence, after: str, before: str) -> list[tuple[str, str]]:
    found = recurrence.between(utc(after), utc(before))
    return [(f"{one.starts_at:%m-%d %H:%M}", f"{one.ends_at:%m-%d %H:%M}") for one in found]


def test_once_is_once():
    once = recurring("2026-11-23T20:00", "2026-11-23T22:00", "")
    assert times(once, "2026-11-23", "2026-11-24") == [("11-23 19:00", "11-23 21:00")]
    assert times(once, "2026-11-24", "2026-11-25") == []


def test_a_weekly_window_keeps_its_wall_time_across_daylight_saving():
    weekly = recurring("2026-10-20T22:00", "2026-10-20T23:30", "FREQ=WEEKLY;BYDAY=TU")
    assert times(weekly, "2026-10-01", "2026-11-05") == [
        ("10-20 20:00", "10-20 21:30"),
        ("10-27 21:00", "10-27 22:30"),
        ("11-03 21:00", "11-03 22:30"),
    ]


def test_a_night_window_over_the_autumn_change_lasts_an_hour_longer():
    nightly = recurring("2026-10-23T22:00", "2026-10-24T04:00", "FREQ=DAILY")
    assert times(nightly, "2026-10-24T12:00", "2026-10-26") == [
        ("10-24 20:00", "10-25 03:00"),
        ("10-25 21:00", "10-26 03:00"),
    ]


def test_a_start_in_the_spring_gap_is_left_out_and_not_counted():
    """RFC 5545, 3.3.10: instances at a local time that does not exist are ignored and not counted."""
    nightly = recurring("2026-03-27T02:30", "2026-03-27T02:45", "FREQ=DAILY;COUNT=3")
    assert times(nightly, "2026-03-20", "2026-04-20") == [
        ("03-27 01:30", "03-27 01:45"),
        ("03-28 01:30", "03-28 01:45"),
        ("03-30 00:30", "03-30 00:45"),
    ]


def test_an_end_in_the_spring_gap_is_read_with_the_offset_before_it():
    nightly = recurring("2026-03-27T01:45", "2026-03-27T02:30", "FREQ=DAILY")
    assert times(nightly, "2026-03-29T00:00", "2026-03-29T12:00") == [("03-29 00:45", "03-29 01:30")]


def test_a_wall_time_that_exists_twice_is_its_first():
    nightly = recurring("2026-10-24T02:30", "2026-10-24T02:45", "FREQ=DAILY")
    assert times(nightly, "2026-10-25", "2026-10-26") == [("10-25 00:30", "10-25 00:45")]


def test_a_leap_day_comes_every_leap_year():
    yearly = recurring("2024-02-29T10:00", "2024-02-29T11:00", "FREQ=YEARLY")
    found = list(yearly.between(utc("2024-01-01"), utc("2033-01-01")))
    assert [one.starts_at.year for one in found] == [2024, 2028, 2032]


def test_the_last_friday_of_the_month():
    monthly = recurring("2026-01-30T18:00", "2026-01-30T20:00", "FREQ=MONTHLY;BYDAY=-1FR", "UTC")
    assert [start for start, _end in times(monthly, "2026-01-01", "2026-05-01")] == [
        "01-30 18:00",
        "02-27 18:00",
        "03-27 18:00",
        "04-24 18:00",
    ]


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=DAILY;COUNT=2", ["11-23", "11-24"]),
        ("FREQ=DAILY;UNTIL=20261125", ["11-23", "11-24", "11-25"]),
        ("FREQ=DAILY;UNTIL=20261124T200000", ["11-23", "11-24"]),
        ("FREQ=DAILY;UNTIL=20261124T185959Z", ["11-23"]),
        ("FREQ=DAILY;UNTIL=20261124T190000Z", ["11-23", "11-24"]),
        ("RRULE:freq=daily;interval=2;count=2", ["11-23", "11-25"]),
    ],
)
def test_a_rule_ends_where_it_says(rule, days):
    nightly = recurring("2026-11-23T20:00", "2026-11-23T21:00", rule)
    assert faults_of(nightly) == []
    assert [start[:5] for start, _end in times(nightly, "2026-11-01", "2026-12-31")] == days


@pytest.mark.parametrize(
    ("until", "exchanged"),
    [
        ("20261231", "20261231T225959Z"),
        ("20260701T120000", "20260701T100000Z"),
        ("20260701T120000Z", "20260701T120000Z"),
    ],
)
def test_an_until_beside_a_zone_is_exchanged_in_utc(until, exchanged):
    nightly = recurring("2026-06-23T20:00", "2026-06-23T21:00", f"FREQ=DAILY;UNTIL={until}")
    assert nightly.rule_beside_zone() == f"FREQ=DAILY;UNTIL={exchanged}"


def test_what_began_before_the_span_and_reaches_into_it_belongs_to_it():
    weekly = recurring("2026-11-20T18:00", "2026-11-23T06:00", "FREQ=WEEKLY;BYDAY=FR", "UTC")
    assert weekly.at(utc("2026-11-29T12:00")) == Occurrence(utc("2026-11-27T18:00"), utc("2026-11-30T06:00"))
    assert weekly.at(utc("2026-11-30T06:00")) is None, "the end is not part of it"
    assert weekly.at(utc("2026-11-27T18:00")) is not None, "the start is"
    assert weekly.next_after(utc("2026-11-27T18:00")).starts_at == utc("2026-11-27T18:00")
    assert weekly.next_after(utc("2026-11-27T18:00:01")).starts_at == utc("2026-12-04T18:00")


@given(
    start=st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001
    minutes=st.integers(1, 60 * 24 * 8),
    rule=st.sampled_from(["", "FREQ=DAILY", "FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY", "FREQ=MONTHLY"]),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    offset=st.integers(0, 60 * 24 * 60),
)
def test_at_agrees_with_the_list_of_occurrences(start, minutes, rule, zone, offset):
    first = start.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    recurrence = Recurrence(first, first + timedelta(minutes=minutes), rule, zone)
    moment = first + timedelta(minutes=offset)
    everything = list(recurrence.between(first - timedelta(days=40), moment + timedelta(days=40)))
    covering = [one for one in everything if one.covers(moment)]
    assert recurrence.at(moment) == max(covering, key=lambda one: one.ends_at, default=None)
    assert all(one.starts_at < one.ends_at for one in everything)
    assert [one.starts_at for one in everything] == sorted(one.starts_at for one in everything)


FAULTY = {
    "ends before it starts": (("2026-11-23T20:00", "2026-11-23T19:00", ""), "ends_at", "before_start"),
    "ends as it starts": (("2026-11-23T20:00", "2026-11-23T20:00", ""), "ends_at", "before_start"),
    "lasts too long": (("2026-11-23T20:00", "2028-11-23T20:00", "FREQ=YEARLY"), "ends_at", "too_long"),
    "no frequency": (("2026-11-23T20:00", "2026-11-23T21:00", "BYDAY=TU"), "rrule", "invalid"),
    "every second": (("2026-11-23T20:00", "2026-11-23T21:00", "FREQ=SECONDLY"), "rrule", "invalid"),
    "several times a day": (("2026-11-23T20:00", "2026-11-23T21:00", "FREQ=DAILY;BYHOUR=1,2"), "rrule", "invalid"),
    "nonsense": (("2026-11-23T20:00", "2026-11-23T21:00", "every tuesday"), "rrule", "invalid"),
    "unknown day": (("2026-11-23T20:00", "2026-11-23T21:00", "FREQ=WEEKLY;BYDAY=XX"), "rrule", "invalid"),
    "bad until": (("2026-11-23T20:00", "2026-11-23T21:00", "FREQ=DAILY;UNTIL=soon"), "rrule", "invalid"),
    "impossible until": (("2026-11-23T20:00", "2026-11-23T21:00", "FREQ=DAILY;UNTIL=20269999"), "rrule", "invalid"),
    "count and until": (
        ("2026-11-23T20:00", "2026-11-23T21:00", "FREQ=DAILY;COUNT=2;UNTIL=20261201"),
        "rrule",
        "invalid",
    ),
    "zero interval": (("2026-11-23T20:00", "2026-11-23T21:00", "FREQ=DAILY;INTERVAL=0"), "rrule", "invalid"),
    "two lines": (("2026-11-23T20:00", "2026-11-23T21:00", "FREQ=DAILY\nEXDATE:20261124"), "rrule", "invalid"),
    "very long": (("2026-11-23T20:00", "2026-11-23T21:00", "FREQ=DAILY;" + "BYDAY=MO;" * 50), "rrule", "invalid"),
    "start not in the rule": (
        ("2026-11-23T20:00", "2026-11-23T21:00", "FREQ=WEEKLY;BYDAY=TU"),
        "rrule",
        "start_not_in_rule",
    ),
    "a day that never comes": (
        ("2026-11-23T20:00", "2026-11-23T21:00", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"),
        "rrule",
        "start_not_in_rule",
    ),
}


@pytest.mark.parametrize("name", list(FAULTY))
def test_a_faulty_rule_is_refused_at_its_field(name):
    (start, end, rule), pointer, code = FAULTY[name]
    assert [(one.pointer, one.code) for one in faults_of(recurring(start, end, rule))] == [(pointer, code)]


def test_an_unknown_time_zone_is_refused():
    faulty = Recurrence(utc("2026-11-23T20:00"), utc("2026-11-23T21:00"), "FREQ=DAILY", "Mars/Olympus")
    assert [(one.pointer, one.code) for one in faults_of(faulty)] == [("time_zone", "unknown")]


@given(st.text(max_size=60) | st.from_regex(r"FREQ=(DAILY|WEEKLY)(;[A-Z]{2,8}=[A-Z0-9,+-]{0,8}){0,3}", fullmatch=True))
def test_no_rule_breaks_the_judge(rule):
    faults = faults_of(Recurrence(utc("2026-11-23T20:00"), utc("2026-11-23T21:00"), rule, "Europe/Berlin"))
    assert all(one.pointer == "rrule" for one in faults)


def test_days_are_left_out_on_the_wall_clock():
    nightly = replace(
        recurring("2026-10-23T23:30", "2026-10-24T01:00", "FREQ=DAILY;COUNT=4"),
        excluded=frozenset({date(2026, 10, 25)}),
    )
    assert times(nightly, "2026-10-01", "2026-11-05") == [
        ("10-23 21:30", "10-23 23:00"),
        ("10-24 21:30", "10-24 23:00"),
        ("10-26 22:30", "10-27 00:00"),
    ], "the one that is left out counts"
    assert [f"{one:%Y-%m-%dT%H:%M%z}" for one in nightly.exclusions()] == ["2026-10-25T23:30+0100"]
    assert nightly.at(utc("2026-10-25T22:45")) is None


# Not Africa/Casablanca: dateutil takes 03:00 on the day its clocks go back (2019-05-05) for a time that does not exist.
ZONES = ["Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Auckland", "UTC"]
RULES = [
    "FREQ=DAILY", "FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2;BYDAY={day},SA,SU", "FREQ=MONTHLY;BYDAY={day}",
    "FREQ=MONTHLY", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS={number}", "FREQ=YEARLY;BYMONTH=3,10,11;BYDAY={day}",
    "FREQ=YEARLY", "FREQ=WEEKLY;WKST=SU;INTERVAL=2;BYDAY={day}",
]  # fmt: skip
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def test_where_summer_time_is_the_standard_the_clocks_go_back_all_the_same():
    nightly = recurring("2019-05-04T03:00", "2019-05-04T04:00", "FREQ=DAILY", "Africa/Casablanca")
    assert times(nightly, "2019-05-04", "2019-05-07") == [
        ("05-04 02:00", "05-04 03:00"),
        ("05-05 03:00", "05-05 04:00"),
        ("05-06 03:00", "05-06 04:00"),
    ]


@settings(max_examples=300)
@given(
    start=st.datetimes(datetime(2016, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001
    minutes=st.integers(1, 60 * 30),
    rule=st.sampled_from(RULES),
    zone=st.sampled_from(ZONES),
    end=st.sampled_from(["", "COUNT", "UNTIL", "UNTIL-LOCAL"]),
    many=st.integers(1, 60),
    left_out=st.sets(st.integers(0, 40), max_size=5),
    skipped=st.integers(0, 400),
)
def test_occurrences_are_those_of_dateutil_across_changes_of_the_clocks(
    start, minutes, rule, zone, end, many, left_out, skipped
):
    """The reference: dateutil's own set of rule and exclusions with its own zones, asked for instants."""
    start = start.replace(second=0, microsecond=0, minute=start.minute - start.minute % 15)
    clock = dateutil.tz.gettz(zone)
    if not dateutil.tz.datetime_exists(start.replace(tzinfo=clock)):
        return
    rule = rule.format(day=DAYS[start.weekday()], number=start.day)
    bounded = _bounded(rule, end, start, many, clock)
    expected = _by_dateutil(rule, bounded, start, minutes, clock, left_out)
    first = start.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    wall_end = (start + timedelta(minutes=minutes)).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    excluded = frozenset(day for place, day in enumerate(_days_by_dateutil(rule, start, clock)) if place in left_out)
    recurrence = Recurrence(first, wall_end, bounded, zone, excluded)
    after, before = first + timedelta(days=skipped), first + timedelta(days=skipped + 500)
    if wall_end <= first or faults_of(recurrence):
        return  # the end lies in the hour that comes twice, before the start
    found = list(recurrence.between(after, before))
    assert found == [one for one in expected if one.starts_at < before and after < one.ends_at]


HORIZON = 1000


def _bounded(rule: str, end: str, start: datetime, many: int, clock) -> str:
    until = start + timedelta(days=7 * many)
    if end == "UNTIL":
        return f"{rule};UNTIL={until.replace(tzinfo=clock).astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return {"": rule, "COUNT": f"{rule};COUNT={many}", "UNTIL-LOCAL": f"{rule};UNTIL={until:%Y%m%dT%H%M%S}"}[end]


def _walls_by_dateutil(rule: str, start: datetime, clock) -> list[datetime]:
    """Starts that exist, from dateutil's rule on its aware clock."""
    given = dateutil.rrule.rrulestr(rule, dtstart=start.replace(tzinfo=clock))
    last = (start + timedelta(days=HORIZON)).replace(tzinfo=clock)
    return [
        one for one in given.between(start.replace(tzinfo=clock), last, inc=True) if dateutil.tz.datetime_exists(one)
    ]


def _days_by_dateutil(rule: str, start: datetime, clock) -> list[date]:
    return [one.date() for one in _walls_by_dateutil(rule, start, clock)]


def _by_dateutil(rule: str, bounded: str, start: datetime, minutes: int, clock, left_out: set[int]) -> list[Occurrence]:
    walls = _walls_by_dateutil(rule, start, clock)
    kept = walls
    if "COUNT" in bounded:
        kept = walls[: int(bounded.split("COUNT=")[1])]
    if "UNTIL" in bounded:
        said = bounded.split("UNTIL=")[1]
        at = datetime.strptime(said.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007
        until = at.replace(tzinfo=UTC).astimezone(clock) if said.endswith("Z") else at.replace(tzinfo=clock)
        kept = [one for one in walls if one.replace(tzinfo=None) <= until.replace(tzinfo=None)]
    gone = {walls[place] for place in left_out if place < len(walls)}
    rules = dateutil.rrule.rruleset()
    for one in kept:
        rules.rdate(one)
    for one in gone:
        rules.exdate(one)
    return [
        Occurrence(
            one.astimezone(UTC),
            (one.replace(tzinfo=None) + timedelta(minutes=minutes)).replace(tzinfo=clock).astimezone(UTC),
        )
        for one in rules
    ]
