"""What the database counts: pairs that stand out, and none that do not."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.cmdb.models import ConfigurationItem, Relationship, RelationshipType
from apps.core.clock import now
from apps.discovery.queries import found_pairs
from apps.discovery.queries.together import LARGEST
from tests.discovery.past import HOUR, incidents, items, judged, releases
from tests.factories import payments

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def named(found: list) -> list[tuple[str, str]]:
    keys = dict(ConfigurationItem.objects.values_list("pk", "key"))
    return [(keys[one.source], keys[one.target]) for one in found]


@pytest.fixture
def parts() -> list[ConfigurationItem]:
    return items(12)


def together_past(parts: list[ConfigurationItem]) -> None:
    """part-0 goes out eight times, seven of them with part-1; forty other releases move one of the rest each."""
    start, (first, second, *rest) = now() - 60 * DAY, parts
    known = [(start + n * DAY, [first, second] if n else [first]) for n in range(8)]
    known += [(start + n * DAY, [rest[n % len(rest)]]) for n in range(40)]
    releases(payments(), known)


def test_what_goes_out_together_is_found_with_its_figures(parts: list[ConfigurationItem]) -> None:
    together_past(parts)
    [found] = found_pairs(now())
    assert named([found]) == [("part-1", "part-0")], "part-1 never goes out without part-0"
    [told] = found.evidence
    assert told["kind"] == "released_together"
    assert (told["together"], told["releases"], told["without"], told["others"]) == (7, 7, 1, 41)
    assert found.support == 7
    assert found.times >= 3


@pytest.mark.parametrize("is_turned", [False, True])
def test_what_has_a_relationship_is_not_proposed(parts: list[ConfigurationItem], is_turned: bool) -> None:
    together_past(parts)
    ends = parts[1::-1] if is_turned else parts[:2]
    kind = RelationshipType.objects.get(slug="depends-on")
    Relationship.objects.bulk_create([Relationship(source=ends[0], target=ends[1], type=kind)])
    assert found_pairs(now()) == []


def test_retired_items_old_releases_and_large_ones_do_not_count(parts: list[ConfigurationItem]) -> None:
    together_past(parts)
    assert found_pairs(now() + 400 * DAY) == []
    ConfigurationItem.objects.filter(pk=parts[1].pk).update(lifecycle="retired")
    assert found_pairs(now()) == []


def test_a_release_of_more_than_fifty_components_makes_no_pairs() -> None:
    many = items(LARGEST + 1, "crowd")
    releases(payments(), [(now() - n * DAY, many) for n in range(1, 8)])
    assert found_pairs(now()) == []


def test_what_breaks_after_the_releases_of_another_is_found(parts: list[ConfigurationItem]) -> None:
    changed, broken = parts[:2]
    start = now() - 300 * DAY
    made = releases(payments(), [(start + n * 20 * DAY, [changed]) for n in range(10)])
    known = incidents([(row.released_at + 5 * HOUR, broken) for row in made[:7]] + [(now() - DAY, broken)])
    judged(made[0], known[0], "confirmed")
    judged(made[6], known[6], "refuted")
    found = [one for one in found_pairs(now()) if named([one]) == [("part-1", "part-0")]]
    [told] = found[0].evidence
    assert (told["kind"], told["after"], told["releases"], told["confirmed"]) == ("incidents_after", 6, 10, 1)
    assert told["expected"] < 0.5


def test_a_release_that_changed_the_broken_item_itself_says_nothing(parts: list[ConfigurationItem]) -> None:
    changed, broken = parts[:2]
    start = now() - 300 * DAY
    made = releases(payments(), [(start + n * 20 * DAY, [changed, broken]) for n in range(10)])
    incidents([(row.released_at + 5 * HOUR, broken) for row in made])
    kinds = {told["kind"] for one in found_pairs(now()) for told in one.evidence}
    assert "incidents_after" not in kinds


def test_chance_proposes_nothing() -> None:
    """Sixty items that move and break independently of each other: 1,770 pairs, none of which is true."""
    dice = random.Random(20260805)
    parts, start = items(60), now() - 360 * DAY
    at = [start + dice.uniform(0, 359) * DAY for _ in range(1500)]
    releases(payments(), [(moment, dice.sample(parts, dice.choice([1, 2, 3, 5]))) for moment in at[:900]])
    incidents([(moment, dice.choice(parts)) for moment in at[900:]])
    assert named(found_pairs(now())) == []


def test_the_number_of_queries_does_not_grow(parts: list[ConfigurationItem]) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            found_pairs(now())
        return len(seen)

    together_past(parts)
    incidents([(now() - n * DAY, parts[n % 3]) for n in range(1, 20)])
    few = asked()
    more = items(40, "more")
    releases(payments(), [(now() - n * DAY, more[n % 20 : n % 20 + 3]) for n in range(1, 200)])
    assert asked() == few <= 8
