"""The arithmetic of the figures, against values known from tables."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core import statistics


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [  # Newcombe 1998, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_agrees_with_published_values(hits, trials, low, high):
    assert statistics.wilson(hits, trials) == pytest.approx((low, high), abs=5e-5)


def test_wilson_of_nothing_is_no_interval():
    assert statistics.wilson(0, 0) is None


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_and_stays_within_bounds(pair):
    hits, trials = pair
    low, high = statistics.wilson(hits, trials)
    assert 0 <= low <= hits / trials <= high <= 1
    assert low < high


@given(st.integers(1, 20), st.integers(1, 50))
def test_wilson_narrows_as_evidence_grows(hits, times):
    widths = [high - low for low, high in (statistics.wilson(hits * n, hits * 2 * n) for n in (times, times + 1))]
    assert widths[1] < widths[0]


@pytest.mark.parametrize(
    ("degrees", "expected"), [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (10, 2.228), (30, 2.042)]
)
def test_student_quantile_agrees_with_the_table(degrees, expected):
    assert statistics.student_quantile(degrees) == pytest.approx(expected, abs=0.01)


def test_mean_interval_by_hand():
    low, high = statistics.mean_interval([4, 5, 3, 4])
    assert (low, high) == pytest.approx((4 - 3.182 * 0.8165 / 2, 4 + 3.182 * 0.8165 / 2), abs=0.01)
    assert statistics.mean_interval([4]) is None


@pytest.mark.parametrize(("events", "low", "high"), [(0, 0.0, 3.689), (1, 0.025, 5.572), (10, 4.795, 18.390)])
def test_rate_interval_is_near_the_exact_poisson_interval(events, low, high):
    found = statistics.rate_interval(events, 1)
    assert found[0] == pytest.approx(low, abs=0.03)
    assert found[1] == pytest.approx(high, rel=0.12)


def test_rate_without_exposure_has_no_interval():
    assert statistics.rate_interval(3, 0) is None


def test_quantiles_interpolate():
    assert statistics.quantile([], 0.5) is None
    assert statistics.quantile([7], 0.9) == 7
    assert statistics.quantile([1, 2, 3, 4], 0.5) == 2.5
    assert statistics.quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], 0.9) == 10


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50))
def test_quantiles_rise_within_the_values(values):
    found = [statistics.quantile(values, p) for p in (0, 0.25, 0.5, 0.85, 1)]
    assert found[0] == min(values)
    assert found[-1] == max(values)
    assert all(low <= high for low, high in pairwise(found))


def test_median_interval_needs_six_values():
    assert statistics.quantile_interval([]) is None
    assert statistics.quantile_interval([1, 2, 3, 4, 5]) is None
    assert statistics.quantile_interval([6, 5, 4, 3, 2, 1]) == (1, 6)
    assert statistics.quantile_interval(list(range(1, 11))) == (2, 9)


def test_median_interval_of_many_values_is_narrow_and_around_the_median():
    low, high = statistics.quantile_interval(list(range(1001)))
    assert 460 < low < 500 < high < 540


def test_macro_share_interval_is_not_certain_when_a_group_is_of_one_mind():
    low, high = statistics.macro_share_interval([(3, 3), (2, 2)])
    assert low < 1
    assert high == 1
    assert statistics.macro_share_interval([(0, 0)]) is None
