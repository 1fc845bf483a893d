"""The arithmetic: bounds, never point estimates; few cases speak softly."""

from __future__ import annotations

from apps.discovery.judgement import Exposure, Together, incidents_after, strongest, times_as_often, together


def shown(*found: object) -> list[object]:
    return list(strongest(found))


def test_seven_of_eight_against_one_in_twenty_stands_out() -> None:
    seen = together(1, 2, of_one=8, of_other=15, of_both=7, releases=168)
    assert (seen.leader, seen.together, seen.releases, seen.without, seen.others) == (1, 7, 8, 8, 160)
    assert 5 < seen.times < 7, "88 % is at least 53 %, 5 % at most 9.6 %"
    assert shown(seen) == [seen]


def test_the_item_that_seldom_goes_out_alone_leads() -> None:
    """Of ten releases of the one, nine brought the other, which has thirty of its own."""
    assert together(1, 2, of_one=10, of_other=30, of_both=9, releases=200).leader == 1
    assert together(1, 2, of_one=30, of_other=10, of_both=9, releases=200).leader == 2


def test_few_cases_are_never_shown_however_clear() -> None:
    assert shown(together(1, 2, of_one=4, of_other=4, of_both=4, releases=10_000)) == []
    assert shown(together(1, 2, of_one=5, of_other=5, of_both=5, releases=10_000)) != []


def test_what_always_goes_out_says_nothing() -> None:
    assert together(1, 2, of_one=10, of_other=10, of_both=10, releases=10).times == 0
    assert shown(together(1, 2, of_one=40, of_other=99, of_both=40, releases=100)) == []


def test_without_anything_to_compare_there_is_no_answer() -> None:
    assert times_as_often(0, 0, 0.5) == times_as_often(5, 5, None) == times_as_often(5, 5, 0.0) == 0.0
    assert Together(1, 2, 5, 5, 0, 0).times == 0.0


YEAR = 8760.0
NOBODY = frozenset[int]()


def week(n: int, **judged: frozenset[int]) -> Exposure:
    return Exposure(n * 168.0, judged.get("refuted", NOBODY), judged.get("confirmed", NOBODY))


def test_incidents_after_most_releases_and_hardly_ever_else_stand_out() -> None:
    exposures = [week(n) for n in range(1, 9)]
    incidents = [(n * 168.0 + 3, n) for n in range(1, 7)] + [(5000.0, 99)]
    seen = incidents_after(1, 2, exposures, incidents, 24, YEAR)
    assert (seen.after, seen.releases) == (6, 8)
    assert seen.expected < 0.2, "seven incidents in a year"
    assert shown(seen) == [seen]


def test_an_item_that_always_has_incidents_does_not() -> None:
    exposures = [week(n) for n in range(1, 9)]
    daily = [(hour + 0.5, hour) for hour in range(0, 8760, 24)]
    seen = incidents_after(1, 2, exposures, daily, 24, YEAR)
    assert seen.after == 8
    assert seen.times < 2
    assert shown(seen) == []


def test_one_incident_after_many_releases_is_one_case() -> None:
    exposures = [Exposure(100.0 + n, NOBODY, NOBODY) for n in range(10)]
    seen = incidents_after(1, 2, exposures, [(110.5, 1)], 24, YEAR)
    assert seen.after == 1
    assert shown(seen) == []


def test_what_people_found_counts_and_what_they_refuted_does_not() -> None:
    exposures = [week(n, refuted=frozenset({n})) for n in range(1, 7)]
    incidents = [(n * 168.0 + 3, n) for n in range(1, 7)]
    assert incidents_after(1, 2, exposures, incidents, 24, YEAR).after == 0
    late = [week(n, confirmed=frozenset({n})) for n in range(1, 7)]
    seen = incidents_after(1, 2, late, [(n * 168.0 + 60, n) for n in range(1, 7)], 24, YEAR)
    assert (seen.after, seen.confirmed) == (6, 6), "confirmed long after is still a case"


def test_after_is_later_than_the_release_and_within_the_hours() -> None:
    def cases(*hours: float) -> int:
        return incidents_after(1, 2, [week(1)], [(hour, n) for n, hour in enumerate(hours)], 24, YEAR).after

    assert (cases(168.0), cases(192.1), cases(168.1), cases(192.0)) == (0, 0, 1, 1)


def test_incidents_that_fall_after_releases_by_luck_do_not_stand_out() -> None:
    """Eight of ten in a year, of an item with seventy-one releases near them: with thousands of pairs that happens."""
    exposures = [week(n % 50 + 1) for n in range(71)]
    incidents = [(n * 168.0 + 3, n) for n in range(1, 9)] + [(8500.0, 98), (8600.0, 99)]
    assert shown(incidents_after(1, 2, exposures, incidents, 24, YEAR)) == []
