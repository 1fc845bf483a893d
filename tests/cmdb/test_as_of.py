"""The map as of a moment is the map that was: any life of it replayed and asked about afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from hypothesis import Phase, given
from hypothesis import settings as example_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.cmdb import actions
from apps.cmdb.models import CIType, ConfigurationItem, Relationship, RelationshipType
from apps.cmdb.queries import AFFECTED, DEPENDENCIES, Impact, impact
from apps.cmdb.queries.history import item_known_as, relationships_of, version_at
from apps.core.clock import now
from apps.core.errors import Invalid, NotFound
from tests.cmdb.mirror import map_as_told, map_now
from tests.core.api.world import Caller
from tests.people import SYSTEM, person

KEYS = [f"n{number}" for number in range(5)]
KINDS = ["depends-on", "part-of", "relates-to"]
BEGINNING = datetime(2026, 3, 1, 9, tzinfo=UTC)
ends = st.tuples(st.sampled_from(KEYS), st.sampled_from(KINDS), st.sampled_from(KEYS)).filter(
    lambda one: one[0] != one[2]
)
deeds = st.one_of(
    st.tuples(st.just("add"), st.sampled_from(KEYS)),
    st.tuples(st.just("remove"), st.sampled_from(KEYS)),
    st.tuples(st.just("change"), st.sampled_from(KEYS), st.integers(1, 4), st.sampled_from([None, 1, 2])),
    st.tuples(st.just("tie"), ends),
    st.tuples(st.just("untie"), ends),
    st.tuples(st.just("confirm"), ends),
    st.tuples(st.just("import"), st.sets(ends, max_size=8)),
)


def do(deed: tuple[Any, ...]) -> None:
    """One deed, where it is possible."""
    kind, about = deed[:2]
    if kind == "import":
        _import(about)
    elif kind in ("add", "remove", "change"):
        _of_item(kind, about, *deed[2:])
    else:
        _of_relationship(kind, about)


def _of_item(kind: str, key: str, *values: Any) -> None:
    ci = ConfigurationItem.objects.filter(key=key).first()
    if kind == "add" and ci is None:
        actions.create_ci(key=key, name=key, ci_type=CIType.objects.get(slug="component"), by=SYSTEM)
    elif kind == "remove" and ci is not None:
        actions.remove_ci(ci=ci, by=SYSTEM)
    elif kind == "change" and ci is not None:
        name, (criticality, redundancy) = f"{key} ({values[0]})", values
        actions.change_ci(ci=ci, name=name, criticality=criticality, redundancy=redundancy, by=SYSTEM)


def _of_relationship(kind: str, ends: tuple[str, str, str]) -> None:
    items = ConfigurationItem.objects.in_bulk([ends[0], ends[2]], field_name="key")
    if len(items) < 2:
        return
    type = RelationshipType.objects.get(slug=ends[1])
    edge = Relationship.objects.filter(source=items[ends[0]], type=type, target=items[ends[2]]).first()
    if kind == "tie" and edge is None:
        actions.create_relationship(source=items[ends[0]], type=type, target=items[ends[2]], by=SYSTEM)
    elif kind == "untie" and edge is not None:
        actions.remove_relationship(relationship=edge, by=SYSTEM)
    elif kind == "confirm" and edge is not None:
        actions.confirm_relationship(relationship=edge, by=SYSTEM)


def _import(ties: set[tuple[str, str, str]]) -> None:
    document = {
        "format": "tidegate-cmdb",
        "version": 1,
        "items": [{"key": key, "name": key, "ci_type": "component"} for key in KEYS[:4]],
        "relationships": [{"source": source, "type": kind, "target": target} for source, kind, target in sorted(ties)],
    }
    actions.import_catalog(source="test", format="tidegate", content=orjson.dumps(document), complete=True, by=SYSTEM)


def comparable(found: Impact) -> Impact:
    """All but what is not kept: when a relationship was confirmed before the last time, and what led nowhere then."""
    edges = [one._replace(last_confirmed_at=None) for one in found.edges]
    return replace(found, edges=edges, at=None, unresolved=0)


def seen(at: datetime | None) -> dict[str, Any]:
    """Everything that can be asked of the map, now or as of a moment."""
    known: dict[str, Any] = {}
    for key in KEYS:
        try:
            known[key] = [comparable(impact(key, direction, at=at)) for direction in (AFFECTED, DEPENDENCIES)]
        except NotFound:
            known[key] = None
    return known


class ReplayTest(TestCase):
    @given(life=st.lists(deeds, min_size=3, max_size=10), gap=st.integers(1, 90_000))
    @example_settings(max_examples=8, deadline=None, phases=[Phase.generate])
    def test_any_life_of_a_map_is_told_as_it_was(self, life: list[tuple[Any, ...]], gap: int) -> None:
        snapshots: list[tuple[datetime, dict[str, Any]]] = []
        with time_machine.travel(BEGINNING, tick=False) as clock:
            for key in KEYS[:3]:
                do(("add", key))
            for deed in life:
                clock.shift(timedelta(seconds=gap))
                do(deed)
                clock.shift(timedelta(seconds=1))
                snapshots.append((now(), seen(None)))
            assert map_as_told() == map_now()
            for at, was in snapshots:
                assert seen(at) == was


# --- what it says besides ---------------------------------------------------------------------------------------------


@pytest.fixture
def shop(item, tie, time_machine) -> ConfigurationItem:
    """In March shop depends on payments; in April it no longer does, and payments is gone."""
    time_machine.move_to("2026-03-01T09:00:00Z", tick=False)
    edge = tie("shop", "depends-on", "payments")
    time_machine.move_to("2026-04-01T09:00:00Z", tick=False)
    actions.remove_relationship(relationship=edge, by=SYSTEM)
    actions.remove_ci(ci=item("payments"), by=SYSTEM)
    time_machine.move_to("2026-05-01T09:00:00Z", tick=False)
    return item("shop")


IN_MARCH = datetime(2026, 3, 15, tzinfo=UTC)


def test_as_of_now_is_now_confirmations_and_all(item, tie, time_machine) -> None:
    time_machine.move_to("2026-03-01T09:00:00Z", tick=False)
    edge = tie("shop", "depends-on", "payments")
    time_machine.move_to("2026-04-01T09:00:00Z", tick=False)
    actions.confirm_relationship(relationship=edge, by=SYSTEM)
    time_machine.move_to("2026-05-01T09:00:00Z", tick=False)
    for direction in (AFFECTED, DEPENDENCIES):
        assert replace(impact("payments", direction, at=now()), at=None) == impact("payments", direction)


def test_what_is_gone_can_be_asked_about_by_its_key(shop) -> None:
    assert [one.key for one in impact("payments", at=IN_MARCH).nodes] == ["shop"]
    assert relationships_of(item_known_as("payments"), IN_MARCH, incoming=True)[0].key == "shop"
    with pytest.raises(NotFound, match="“payments” was not on the map at 2026-05-01 09:00 UTC"):
        impact("payments", at=now())
    with pytest.raises(NotFound, match="there never was"):
        impact("ghost", at=IN_MARCH)
    assert version_at(shop.pk, IN_MARCH - timedelta(days=30)) is None
    with pytest.raises(Invalid):
        impact(shop, "sideways", at=IN_MARCH)


# --- at the doors -----------------------------------------------------------------------------------------------------

ITEM = "configuration-items/shop/"


@pytest.fixture
def reader(shop) -> Caller:
    return Caller(person("audrey"))


def test_the_api_tells_the_past(reader) -> None:
    answer = reader("get", f"/api/v1/{ITEM}history/").json()
    assert [(one["kind"], one["by"], [line["field"] for line in one["changes"]]) for one in answer["results"]] == [
        ("change", "test", ["relationships"]),
        ("change", "test", ["relationships"]),
        ("beginning", "test", ["name", "ci_type", "lifecycle", "criticality", "release_managed"]),
    ]
    assert answer["results"][0]["changes"][0] == {
        "field": "relationships", "label": "Depends on", "before": "payments", "after": "", "other": "payments",
    }  # fmt: skip
    page = reader("get", f"/api/v1/{ITEM}history/?page_size=2").json()
    assert len(page["results"]) == 2
    assert reader("get", page["next"]).json()["results"][0]["kind"] == "beginning"
    assert reader("get", "/api/v1/configuration-items/payments/history/").json()["results"][0]["kind"] == "end"
    assert reader("get", "/api/v1/configuration-items/ghost/history/").status_code == 404


def test_the_api_asks_the_map_as_of_a_moment(reader) -> None:
    then = reader("get", f"/api/v1/{ITEM}relationships/?at=2026-03-15T00:00:00Z").json()
    assert [(one["type"], one["key"]) for one in then["outgoing"]] == [("depends-on", "payments")]
    assert reader("get", f"/api/v1/{ITEM}relationships/").json()["outgoing"] == []
    asked = "impact/?direction=dependencies&at="
    assert [one["key"] for one in reader("get", f"/api/v1/{ITEM}{asked}2026-03-15").json()["nodes"]] == ["payments"]
    assert reader("get", f"/api/v1/{ITEM}{asked}").json()["nodes"] == []
    picture = reader("get", f"/api/v1/{ITEM}impact-picture/?direction=dependencies&at=2026-03-15")
    assert b"payments" in picture.content


@pytest.mark.parametrize(
    ("at", "status", "said"),
    [
        ("yesterday", 400, "is not a time such as 2026-03-31T12:00:00Z"),
        ("2026-02-30T00:00:00Z", 400, "is not a time"),
        ("2027-01-01T00:00:00Z", 400, "still to come"),
        ("2020-01-01T00:00:00Z", 404, "was not on the map at 2020-01-01 00:00 UTC"),
    ],
)
def test_a_moment_that_cannot_be_asked_about_is_refused_in_words(reader, at: str, status: int, said: str) -> None:
    answer = reader("get", f"/api/v1/{ITEM}impact/?at={at}")
    assert (answer.status_code, said in answer.content.decode()) == (status, True)


@pytest.fixture
def rosa(shop) -> Client:
    client = Client()
    client.force_login(person("rosa"))
    return client


def shown(client: Client, ci: ConfigurationItem, query: str) -> str:
    answer = client.get(reverse("admin:cmdb_configurationitem_change", args=[ci.pk]) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_shows_the_map_as_of_a_moment_and_says_so(rosa, shop) -> None:
    then = shown(rosa, shop, "?tab=overview&at=2026-03-15T12:00")
    assert "The map as of 15 March 2026, 12:00" in then
    assert "payments" in then
    assert "removed since" in then
    impact_then = shown(rosa, shop, "?tab=impact&direction=dependencies&at=2026-03-15T12:00:00%2B01:00")
    assert "The map as of 15 March 2026" in impact_then
    assert "shop depends on payments" in impact_then
    for query in ("?tab=overview", "?tab=impact&direction=dependencies"):
        page = shown(rosa, shop, query)
        assert "The map as of" not in page
        assert "payments" not in page


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("yesterday", "“yesterday” is not a moment"),
        ("2026-99-99T00:00", "is not a moment"),
        ("2999-01-01T00:00", "still to come"),
        ("2020-01-01T00:00", "It was not on the map then"),
    ],
)
@pytest.mark.parametrize("tab", ["overview", "impact"])
def test_the_page_says_which_moment_it_cannot_show(rosa, shop, tab: str, at: str, said: str) -> None:
    assert said in shown(rosa, shop, f"?tab={tab}&at={at}")


@pytest.mark.parametrize("tab", ["past", "overview&at=2026-03-15T12:00", "impact&at=2026-03-15T12:00"])
def test_the_pages_of_the_past_ask_a_constant_number_of_queries(rosa, shop, item, tie, query_budget, tab: str) -> None:
    for number in range(6):
        actions.change_ci(ci=shop, attributes={"tier": number}, by=SYSTEM)
        tie("shop", "depends-on", f"part-{number}")
    shown(rosa, shop, f"?tab={tab}")
    with query_budget(f"admin.cmdb.item.{tab.partition('&')[0]}{'.as-of' if 'at=' in tab else ''}"):
        shown(rosa, shop, f"?tab={tab}")


def test_the_history_tab_tells_deeds_and_leads_to_the_map_then(rosa, shop) -> None:
    page = shown(rosa, shop, "?tab=past")
    assert "On the map from here on" in page
    assert "<del>payments</del>" in page
    assert "tab=overview&amp;at=2026-04-01T09%3A00%3A00%2B00%3A00" in page
