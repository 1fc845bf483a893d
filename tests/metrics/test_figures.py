"""Rows become a figure, and the rows give the figure again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from statistics import fmean, median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.metrics.figures import Kind, Measure, Row
from apps.metrics.periods import Period, organisation_zone
from apps.metrics.templatetags.figures import shown

PERIOD = Period(date(2026, 1, 1), date(2026, 3, 1), organisation_zone())
INSIDE = datetime(2026, 1, 15, 12, tzinfo=UTC)
AS_OF = datetime(2026, 6, 1, tzinfo=UTC)


def figure_of(kind: Kind, rows: list[Row], factor: float = 1.0, period: Period = PERIOD):
    return Measure(kind, "unit", factor=factor).of(rows, period, AS_OF)


def row(numerator: float = 0, value: float | None = None, at: datetime = INSIDE, **more) -> Row:
    return Row("REL-1", "a release", at, numerator=numerator, value=value, **more)


rows_of_releases = st.lists(
    st.builds(
        Row,
        key=st.text(max_size=3),
        label=st.just(""),
        at=st.integers(-60, 120).map(lambda days: INSIDE + timedelta(days=days, hours=days % 24)),
        numerator=st.integers(0, 1),
        value=st.floats(-1000, 1000),
        group=st.sampled_from(["consumer", "partner", "owner"]),
        excluded=st.sampled_from(["", "", "", "cancelled"]),
        dimensions=st.fixed_dictionaries({"team": st.sampled_from([(), ("red",), ("blue",), ("red", "blue")])}),
    ),
    max_size=40,
)


@given(rows_of_releases)
def test_a_share_is_recomputed_from_its_rows(rows):
    found = figure_of(Kind.SHARE, rows)
    counted = [one for one in rows if PERIOD.holds(one.at) and not one.excluded]
    assert found.denominator == found.n == len(counted)
    assert found.numerator == sum(one.numerator for one in counted)
    assert found.value == (found.numerator / len(counted) if counted else None)
    assert sum(found.excluded.values()) == sum(PERIOD.holds(one.at) and bool(one.excluded) for one in rows)


@given(rows_of_releases)
def test_means_and_medians_are_recomputed_from_their_rows(rows):
    values = [one.value for one in rows if PERIOD.holds(one.at) and not one.excluded]
    assert figure_of(Kind.MEAN, rows).value == (pytest.approx(fmean(values), abs=1e-9) if values else None)
    assert figure_of(Kind.MEDIAN, rows).value == (pytest.approx(median(values), abs=1e-9) if values else None)


@given(rows_of_releases)
def test_months_of_a_trend_add_up_to_the_figure(rows):
    measure = Measure(Kind.SHARE, "share")
    whole = measure.of(rows, PERIOD, AS_OF)
    months = [figure for _, figure in measure.trend(rows, PERIOD, AS_OF)]
    assert sum(month.n for month in months) == whole.n
    assert sum(month.numerator for month in months) == whole.numerator


@given(rows_of_releases)
def test_a_breakdown_shows_every_row_and_counts_one_in_two_teams_in_both(rows):
    measure = Measure(Kind.SHARE, "share")
    parts = dict(measure.breakdown(rows, PERIOD, AS_OF, "team"))
    counted = [one for one in rows if PERIOD.holds(one.at) and not one.excluded]
    assert sum(figure.n for figure in parts.values()) == sum(len(one.dimensions["team"] or ("",)) for one in counted)


def test_nothing_is_no_data_and_never_nought_or_all():
    found = figure_of(Kind.SHARE, [])
    assert (found.value, found.interval, found.enough_data, found.small) == (None, None, False, False)
    assert figure_of(Kind.RATE, [row(1, value=None, at=INSIDE)][:0]).value is None
    assert figure_of(Kind.MEDIAN, []).value is None
    assert figure_of(Kind.MACRO_SHARE, []).value is None


def test_counts_of_nothing_are_a_true_nought():
    assert figure_of(Kind.COUNT, []).value == 0
    assert figure_of(Kind.PER_WEEK, []).value == 0
    assert figure_of(Kind.COUNT, []).enough_data


def test_fewer_than_five_is_marked_small():
    four = figure_of(Kind.SHARE, [row(1)] * 4)
    five = figure_of(Kind.SHARE, [row(1)] * 5)
    assert (four.small, four.enough_data) == (True, False)
    assert (five.small, five.enough_data) == (False, True)


def test_a_macro_share_lets_no_group_drown_another():
    many = [row(1, group="consumer")] * 98 + [row(0, group="partner")] * 2
    assert figure_of(Kind.SHARE, many).value == pytest.approx(0.98)
    assert figure_of(Kind.MACRO_SHARE, many).value == pytest.approx(0.5)


def test_a_rate_divides_events_by_exposure():
    rows = [row(1, denominator=0), row(1, denominator=0), *[row(0, denominator=1)] * 8]
    found = figure_of(Kind.RATE, rows, factor=100)
    assert (found.value, found.numerator, found.denominator, found.n) == (25, 2, 8, 8)
    assert figure_of(Kind.RATE, [row(1, denominator=0)]).value is None


def test_per_week_uses_the_calendar():
    found = figure_of(Kind.PER_WEEK, [row(1)] * 59)
    assert found.value == pytest.approx(7)


def test_a_level_counts_what_is_there_at_the_end():
    rows = [
        row(1, at=INSIDE, until=None),
        row(1, at=INSIDE, until=PERIOD.end - timedelta(seconds=1)),
        row(1, at=INSIDE, until=PERIOD.end + timedelta(days=1)),
        row(1, at=PERIOD.end),
        row(1, at=PERIOD.start - timedelta(days=400)),
    ]
    assert figure_of(Kind.LEVEL, rows).value == 3


def test_a_level_knows_nothing_after_its_as_of():
    early = PERIOD.start + timedelta(days=3)
    measure = Measure(Kind.LEVEL, "items")
    assert measure.of([row(1, at=INSIDE)], PERIOD, early).value == 0


def test_a_figure_as_plain_data():
    shown = figure_of(Kind.SHARE, [row(1), row(0), row(0, excluded="cancelled")]).as_dict()
    assert shown["value"] == 0.5
    assert shown["excluded"] == {"cancelled": 1}
    assert isinstance(shown["interval"], list)
    assert shown["definition_version"] == 1


def test_the_interval_of_a_mean_of_shares_stays_within_nothing_and_all():
    rows = [row(1, value=value) for value in (1.0, 1.0, 1.0, 0.8)]
    share, number = (Measure(Kind.MEAN, unit).of(rows, PERIOD, AS_OF).interval for unit in ("share", "days"))
    assert share[1] == 1.0 < number[1]
    assert share[0] == number[0] > 0


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (5 / 9, "share", "55.6 %"),
        (2 / 3, "share", "66.7 %"),
        (0.617, "items", "0.62 items"),
        (1234.0, "items", "1,234 items"),
    ],
)
def test_a_figure_in_words_is_rounded_and_not_cut(value: float, unit: str, said: str):
    figure = Measure(Kind.MEAN, unit).of([row(value=value)] * 2, PERIOD, AS_OF)
    assert shown(figure) == said
