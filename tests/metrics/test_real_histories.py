"""Adherence on real schedules: what the collector of the data computed from the same files, figure for figure."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta

import pytest

from apps.metrics.periods import Period, organisation_zone
from apps.metrics.queries import Answer, answer
from tests.metrics.histories import past_release

AS_OF = datetime(2026, 11, 23, 12, tzinfo=UTC)
EVER = Period(date(2015, 1, 1), date(2030, 1, 1), organisation_zone())


def arrivals(found: Answer) -> dict[str, int]:
    part = found.metric.part("arrivals")
    return {key: int(figure.value) for key, figure in found.split(part)}


def part_of(found: Answer, slug: str):
    return found.figure(found.metric.part(slug))


@pytest.fixture
def python(shared_data, db) -> list[dict]:
    """CPython's release stages from November 2025 on: first planned, last planned, actual."""
    path = shared_data / "11-release-histories" / "python" / "derived-planned-vs-actual.csv"
    stages = list(csv.DictReader(path.open()))
    for stage in stages:
        past_release(
            stage["stage"],
            planned=date.fromisoformat(stage["first_planned"]),
            replanned=date.fromisoformat(stage["last_planned"]),
            actual=date.fromisoformat(stage["actual"]) if stage["actual"] else None,
        )
    return stages


def test_python_against_the_first_plan(python):
    """26 of 50 stages finished: 5 on their day, 7 late, 14 early."""
    found = answer("M8", EVER, as_of=datetime(2031, 1, 1, tzinfo=UTC))
    assert arrivals(found) == {"on_time": 5, "late": 7, "early": 14, "missed": 24}
    adherence = part_of(found, "adherence")
    assert (adherence.numerator, adherence.denominator, adherence.value) == (5, 50, 0.1)


def test_python_as_of_a_day_counts_what_was_due_by_then(python):
    """A slot that lies ahead is not missed yet; one that passed without a release is."""
    found = answer("M8", EVER, as_of=AS_OF)
    adherence = part_of(found, "adherence")
    due = [one for one in python if date.fromisoformat(one["first_planned"]) < AS_OF.date()]
    assert adherence.denominator == len(due)
    assert adherence.excluded == {"not_due": len(python) - len(due)}
    late_or_never = [one for one in due if not one["actual"] or one["actual"] > one["first_planned"]]
    assert arrivals(found)["late"] + arrivals(found)["missed"] == len(late_or_never)


def test_python_slips_as_the_collector_computed_them(python):
    found = answer("M8", EVER, as_of=datetime(2031, 1, 1, tzinfo=UTC))
    slips = sorted(int(one["slip_days_from_first_plan"]) for one in python if one["actual"])
    middle = (slips[12] + slips[13]) / 2
    measured = part_of(found, "slip_median")
    assert measured.n == 26
    assert measured.value == pytest.approx(middle * 24 - 12, abs=2)  # noon of the day, against its end; clock changes
    assert measured.excluded == {"never_finished": 24}


def test_python_against_the_last_replan_looks_far_better_and_is_not_called_adherence(python):
    found = answer("M8", EVER, as_of=datetime(2031, 1, 1, tzinfo=UTC))
    kept = part_of(found, "against_last_replan")
    same_day = sum(one["actual"] == one["last_planned"] for one in python if one["actual"])
    assert kept.numerator == same_day
    assert kept.value > part_of(found, "adherence").value
    assert "adherence" not in str(found.metric.part("against_last_replan").title).lower()


def test_python_early_releases_belong_to_the_period_of_their_slot(python):
    """3.14.7 was planned for December 2026 and came in August: it counts in December."""
    december = Period(date(2026, 12, 1), date(2027, 1, 1), organisation_zone())
    found = answer("M8", december, as_of=datetime(2031, 1, 1, tzinfo=UTC))
    assert "3.14.7" in {row.key for row in found.rows_inside(found.metric.headline)}
    august = Period(date(2026, 8, 5), date(2026, 8, 6), organisation_zone())
    assert "3.14.7" not in {row.key for row in answer("M8", august, as_of=AS_OF).rows_inside(found.metric.headline)}


# Kubernetes: the collector gives the slips of 1.23 to 1.36, not which release has which; the days they came are real.
KUBERNETES_SLIPS = [0] * 7 + [7, 7, 8, 14] + [-2, -5, -22]
REPLANNED = 7


@pytest.fixture
def kubernetes(shared_data, db) -> list[date]:
    """Fourteen minor releases with their slips against the first plan; of those moved, six hit the last plan."""
    import json

    path = shared_data / "11-release-histories" / "endoflife" / "releases" / "kubernetes.json"
    versions = json.loads(path.read_text())["versions"]
    days = [date.fromisoformat(versions[f"1.{minor}.0"]["date"]) for minor in range(23, 37)]
    for minor, (day, slip) in enumerate(zip(days, KUBERNETES_SLIPS, strict=True), 23):
        last_plan = day + timedelta(days=1) if minor == 36 else day  # one of the re-planned came a day before its plan
        past_release(
            f"1.{minor}.0", planned=day - timedelta(days=slip), replanned=last_plan if slip else None, actual=day
        )
    return days


def test_kubernetes_differs_by_baseline(kubernetes):
    found = answer("M8", EVER, as_of=AS_OF)
    assert arrivals(found) == {"on_time": 7, "late": 4, "early": 3}
    adherence = part_of(found, "adherence")
    assert (adherence.numerator, adherence.denominator, adherence.value) == (7, 14, 0.5)
    assert adherence.interval == pytest.approx((0.268, 0.732), abs=0.001)
    kept = part_of(found, "against_last_replan")
    assert (kept.numerator, kept.denominator) == (7 + 6, 14)
    assert part_of(found, "slip_median").value == pytest.approx(-12)


def test_every_row_behind_adherence_leads_to_its_release_and_gives_the_figure_again(kubernetes):
    found = answer("M8", EVER, as_of=AS_OF)
    rows = found.rows_inside(found.metric.headline)
    assert len(rows) == 14
    assert all(row.url.startswith("/admin/releases/release/") for row in rows)
    assert sum(row.numerator for row in rows) / len(rows) == found.headline.value
