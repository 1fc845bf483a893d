"""Periods: half-open, in the organisation's zone, whole through clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.errors import Invalid
from apps.metrics.periods import Period, last_months, organisation_zone, period_between

BERLIN = ZoneInfo("Europe/Berlin")


def test_midnight_belongs_to_the_day_that_begins_in_the_organisations_zone():
    november = Period(date(2026, 11, 1), date(2026, 12, 1), BERLIN)
    assert november.holds(datetime(2026, 10, 31, 23, 0, tzinfo=UTC))
    assert not november.holds(datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC))
    assert not november.holds(datetime(2026, 11, 30, 23, 0, tzinfo=UTC))
    assert not november.holds(None)


def test_days_of_a_clock_change_are_days():
    spring = Period(date(2026, 3, 29), date(2026, 3, 30), BERLIN)
    assert spring.days == 1
    assert spring.end.astimezone(UTC) - spring.start.astimezone(UTC) == timedelta(hours=23)
    autumn = Period(date(2026, 10, 25), date(2026, 10, 26), BERLIN)
    assert autumn.end.astimezone(UTC) - autumn.start.astimezone(UTC) == timedelta(hours=25)


@given(
    st.dates(date(2019, 1, 1), date(2030, 1, 1)),
    st.integers(1, 900),
    st.integers(1514764800, 2019686400),
)
def test_months_cover_the_period_without_gap_or_overlap(first, days, moment):
    period = Period(first, first + timedelta(days=days), BERLIN)
    months = list(period.months())
    assert months[0].first == period.first
    assert months[-1].after == period.after
    assert all(one.after == other.first for one, other in zip(months, months[1:], strict=False))
    at = datetime.fromtimestamp(moment, UTC)
    assert sum(month.holds(at) for month in months) == period.holds(at)
    assert period.holds(at) == (period.start <= at < period.end)


def test_the_zone_is_a_setting(settings):
    settings.TIDEGATE_TIME_ZONE = "Asia/Tokyo"
    assert organisation_zone() == ZoneInfo("Asia/Tokyo")


def test_the_usual_period_is_twelve_months_to_the_end_of_today():
    usual = last_months(at=datetime(2026, 11, 23, 23, 30, tzinfo=UTC))
    assert (usual.first, usual.after) == (date(2025, 12, 1), date(2026, 11, 25))


def test_a_period_is_read_from_its_days():
    asked = period_between("2026-01-01", "2026-02-01")
    assert (asked.first, asked.after, asked.days) == (date(2026, 1, 1), date(2026, 2, 1), 31)


@pytest.mark.parametrize(
    ("first", "after", "pointer"),
    [
        ("2026-02-30", None, "from"),
        ("x", None, "from"),
        (None, "2026-13-01", "to"),
        ("2026-02-01", "2026-02-01", "to"),
        ("1900-01-01", "2026-01-01", "from"),
    ],
)
def test_what_is_no_period_is_refused_with_its_place(first, after, pointer):
    with pytest.raises(Invalid) as refused:
        period_between(first, after)
    assert refused.value.errors[0].pointer == pointer
