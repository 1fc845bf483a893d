"""What gets in the way of a plan: each kind in words, exactly those that brute force finds, in a fixed number of queries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from apps.cmdb import actions as cmdb
from apps.cmdb.models import RelationshipType
from apps.core.clock import now
from apps.releases import actions
from apps.releases.lifecycle.words import ConflictKind, Severity
from apps.releases.models import Component, Release, Task
from apps.releases.queries import clashes_among, conflicts_of
from apps.releases.queries.clashes import Span, overlapping
from tests.core.api.conftest import Caller
from tests.factories import (
    ci,
    component,
    content_with,
    draft_release,
    fresh,
    payments,
    payments_api,
    production,
    release_in,
    staging,
)
from tests.people import SYSTEM, acting, person

HOUR = timedelta(hours=1)
START = datetime(2026, 3, 2, 20, tzinfo=UTC)


def of(item: Any) -> list[dict[str, Any]]:
    return [{"ci": item, "to_version": "3.0.0", "no_digest_reason": "An index."}]


def told(release: Release, **window: datetime) -> list[tuple[str, str, str | None]]:
    return [
        (one.kind.value, one.severity.value, one.other.key if one.other else None)
        for one in conflicts_of(fresh(release), **window)
    ]


@pytest.mark.django_db
class TestKinds:
    """One test a kind."""

    def test_an_approved_release_of_the_same_item_at_the_same_place_blocks(self) -> None:
        first = release_in("scheduled")
        second = release_in("planning", components=[component(ci=payments_api())])
        assert told(second) == [("item", "blocking", first.key)]
        found = conflicts_of(fresh(second))[0]
        assert f"{first.key} moves Payments api from " in found.message
        assert (found.item, found.who_can_lift, found.url) == ("payments-api", "Rosa", _page(first))

    def test_a_mere_plan_of_the_same_item_is_a_warning(self) -> None:
        first, second = (release_in("planning", components=[component(ci=payments_api())]) for _ in range(2))
        assert told(second) == [("item", "warning", first.key)]
        assert told(first) == [("item", "warning", second.key)]

    def test_elsewhere_or_later_is_no_conflict(self) -> None:
        first = release_in("scheduled")
        moved = {"components": [component(ci=payments_api())]}
        elsewhere = release_in("planning", environment=staging(), **moved)
        later = {"planned_start": first.planned_end, "planned_end": first.planned_end + HOUR}
        assert told(elsewhere) == []
        assert told(release_in("planning", **later, **moved)) == []

    def test_where_an_environment_is_open_it_may_be_the_same(self) -> None:
        first = release_in("scheduled")
        second = draft_release(environment=None, components=[component(ci=payments_api())])
        assert told(second) == [("item", "warning", first.key)]

    def test_what_it_depends_on_and_what_depends_on_it_moves_meanwhile(self) -> None:
        depends = RelationshipType.objects.get(slug="depends-on")
        cmdb.create_relationship(source=ci("shop"), type=depends, target=payments_api(), by=SYSTEM)
        below = release_in("planning", components=of(payments_api()))
        above = release_in("planning", subject=ci("shop-service", type="service"), components=of(ci("shop")))
        assert ("depended", "warning", below.key) in told(above)
        assert ("depended", "warning", above.key) in told(below)
        assert "Shop depends on it." in conflicts_of(fresh(above))[0].message
        assert "it depends on Payments api." in conflicts_of(fresh(below))[0].message

    def test_a_release_that_must_come_first_is_planned_to_end_too_late(self) -> None:
        first = release_in("planning", components=of(ci("ledger")))
        second = release_in("planning", components=of(ci("shop")))
        actions.add_dependency(release=second, needs=first, by=acting("rosa"))
        assert ("needed", "warning", first.key) in told(second)
        assert ("needed", "warning", second.key) in told(first)
        after = {"start": first.planned_end, "end": first.planned_end + HOUR}
        assert told(second, **after) == []

    def test_two_risky_releases_within_early_life(self) -> None:
        start = now() + 48 * HOUR
        content = content_with(early_life_hours=24)
        window = {"planned_start": start, "planned_end": start + HOUR}
        later = {"planned_start": start + 20 * HOUR, "planned_end": start + 21 * HOUR}
        first = release_in("planning", content=content, risk="high", components=of(ci("ledger")), **window)
        second = release_in("planning", risk="high", components=of(ci("shop")), **later)
        assert told(second) == [("bake", "warning", first.key)]
        assert told(first) == [("bake", "warning", second.key)]
        assert told(second, start=start + 25 * HOUR, end=start + 26 * HOUR) == []
        actions.change_release(release=second, by=acting("rosa"), risk="medium")
        assert told(second) == []

    def test_nobody_does_two_things_at_once(self) -> None:
        first = release_in("planning", components=of(ci("ledger")))
        second = release_in("planning", components=of(ci("shop")))
        for release in (first, second):
            actions.change_task(task=release.tasks.get(slug="deploy"), assignee=person("carl"), by=acting("rosa"))
        assert ("person", "warning", first.key) in told(second)
        found = next(one for one in conflicts_of(fresh(second)) if one.kind == ConflictKind.PERSON)
        assert found.person == "carl"
        assert f"Carl is to do “Deploy” here and “Deploy” of {first.key}" in found.message
        later = {"start": second.planned_start + HOUR, "end": second.planned_end + HOUR}
        assert ("person", "warning", first.key) not in told(second, **later)

    def test_others_in_the_environment_are_told_in_one_sentence(self) -> None:
        others = [release_in("planning", components=of(ci(f"item-{n}"))) for n in range(6)]
        release = release_in("planning", components=of(ci("shop")))
        assert told(release) == [("environment", "notice", None)]
        sentence = conflicts_of(fresh(release))[0].message
        assert all(one.key in sentence for one in others[:5])
        assert others[5].key not in sentence
        assert "and 1 more" in sentence

    def test_what_has_ended_is_in_nobodys_way(self) -> None:
        first = release_in("scheduled")
        second = release_in("planning", components=[component(ci=payments_api())])
        actions.cancel_release(release=first, by=acting("rosa"), reason="replaced", note="By the next one.")
        assert told(second) == []

    def test_without_a_window_there_is_none(self) -> None:
        release_in("scheduled")
        assert told(draft_release(planned_start=None, planned_end=None)) == []


def _page(release: Release) -> str:
    return f"/admin/releases/release/{release.pk}/change/"


@pytest.mark.django_db
def test_a_moved_window_takes_its_components_along() -> None:
    first = release_in("scheduled")
    second = release_in("planning", components=[component(ci=payments_api())])
    away = {"planned_start": first.planned_end + HOUR, "planned_end": first.planned_end + 2 * HOUR}
    actions.change_release(release=second, by=acting("rosa"), **away)
    assert told(second) == []
    actions.change_release(
        release=second, by=acting("rosa"), planned_start=first.planned_start, planned_end=first.planned_end
    )
    assert told(second) == [("item", "blocking", first.key)]
    added = actions.add_component(release=second, ci=ci("ledger"), by=acting("rosa"))
    assert (added.busy_from, added.busy_until) == (first.planned_start, first.planned_end)


@pytest.mark.django_db
def test_the_door_of_programs_says_the_same() -> None:
    first = release_in("scheduled")
    second = release_in("planning", components=[component(ci=payments_api())])
    found = Caller(person("audrey")).get(f"/api/v1/releases/{second.key}/conflicts/").json()
    assert [(one["kind"], one["severity"], one["release"], one["item"]) for one in found] == [
        ("item", "blocking", first.key, "payments-api")
    ]


@pytest.mark.django_db
def test_the_number_of_queries_is_the_same_however_full_the_calendar_is() -> None:
    release = release_in("planning", risk="high", components=of(payments_api()))
    actions.change_task(task=release.tasks.get(slug="deploy"), assignee=person("carl"), by=acting("rosa"))
    crowd(release, 3)
    release = fresh(release)
    with CaptureQueriesContext(connection) as few:
        conflicts_of(release)
    crowd(release, 30)
    release = fresh(release)
    with CaptureQueriesContext(connection) as many:
        found = conflicts_of(release)
    assert len(found) > 30
    assert len(many) == len(few) <= 12


def crowd(release: Release, count: int) -> None:
    """Others at the same time, of the same item, with the same people."""
    for _n in range(count):
        other = release_in("planning", risk="high", components=of(payments_api()))
        Task.objects.filter(release=other).update(assignee=person("carl"))


# --- against brute force -------------------------------------------------------------------------------------------

spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=40)


@given(spans)
def test_the_sweep_finds_every_pair_that_overlaps_and_no_other(drawn: list[tuple[int, int]]) -> None:
    rows = [Span(start, start + length, holder) for holder, (start, length) in enumerate(drawn)]
    found = [frozenset((one.holder, other.holder)) for one, other in overlapping(rows)]
    expected = {
        frozenset((one.holder, other.holder))
        for place, one in enumerate(rows)
        for other in rows[place + 1 :]
        if one.start < other.end and other.start < one.end and one.start < one.end and other.start < other.end
    }
    assert len(found) == len(set(found))
    assert set(found) == expected


STATUSES = ["draft", "planning", "verifying", "scheduled", "releasing", "released", "closed", "cancelled"]
AHEAD = {"draft", "planning", "verifying", "scheduled", "releasing"}


@pytest.mark.drawn_by_hand
@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(12))
def test_conflicts_and_clashes_are_those_of_brute_force(seed: int) -> None:
    """Random windows of 0 to 40 days in three places (one not chosen yet) over six items."""
    rows = _drawn(Random(seed))
    moved = {one.pk: set(one.components.values_list("ci", flat=True)) for one in rows}
    for one in rows:
        expected = sorted(other.key for other in rows if _in_the_way(one, other) and moved[one.pk] & moved[other.pk])
        found = [each for each in conflicts_of(one) if each.kind == ConflictKind.ITEM]
        assert sorted({each.other.key for each in found}) == expected
        blocking = {each.other.key for each in found if each.severity == Severity.BLOCKING}
        assert blocking == {other.key for other in one.colliding()}
    pairs = {frozenset((one.first.key, one.second.key)) for one in clashes_among(rows, most=10_000)}
    assert pairs == {
        frozenset((one.key, other.key))
        for one in rows
        for other in rows
        if one.status in AHEAD
        and _in_the_way(one, other)
        and one.environment_id == other.environment_id
        and moved[one.pk] & moved[other.pk]
    }


def _in_the_way(one: Release, other: Release) -> bool:
    same_place = None in (one.environment_id, other.environment_id) or one.environment_id == other.environment_id
    overlap = one.planned_start < other.planned_end and other.planned_start < one.planned_end
    return one.pk != other.pk and other.status in AHEAD and same_place and overlap


def _drawn(chance: Random) -> list[Release]:
    places = [production(), staging(), None]
    items = [ci(f"item-{n}") for n in range(6)]
    model = release_in("planning", components=[]).model_version
    Release.objects.all().delete()
    rows = []
    for number in range(40):
        start = START + chance.randrange(60 * 24) * HOUR
        end = start + chance.choice([1, 2, 6, 24, 24 * 40]) * HOUR
        rows.append(
            Release(
                key=f"REL-2026-{number:04d}",
                title=f"Drawn {number}",
                release_version="1",
                subject=payments(),
                environment=chance.choice(places),
                status=chance.choice(STATUSES),
                model_version=model,
                planned_start=start,
                planned_end=end,
                approved_digest="drawn",
                started_at=START,
                closed_at=START,
                outcome="successful",
                cancel_reason="other",
            )
        )
    made = Release.objects.bulk_create(rows)
    Component.objects.bulk_create(
        Component(release=one, ci=item, to_version="1", busy_from=one.planned_start, busy_until=one.planned_end)
        for one in made
        for item in chance.sample(items, chance.randrange(4))
    )
    return list(Release.objects.filter(pk__in=[one.pk for one in made]).select_related("environment", "model_version"))
