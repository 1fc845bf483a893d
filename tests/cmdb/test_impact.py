"""Impact against a brute-force oracle, on cycles, hubs and redundancy."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.cmdb import actions
from apps.cmdb.models import CIType, ConfigurationItem, Relationship, RelationshipType
from apps.cmdb.queries import AFFECTED, DEPENDENCIES, impact, impact_of, reach
from apps.cmdb.queries.impact import DEEPEST
from apps.core.clock import now
from apps.core.errors import Invalid, NotFound
from tests.people import SYSTEM

FLOWS = {"depends-on": "back", "runs-on": "back", "part-of": "forth", "provides": "forth", "consumes": "back"}
NODES = 9
edges = st.sets(
    st.tuples(st.integers(0, NODES - 1), st.sampled_from([*FLOWS, "relates-to"]), st.integers(0, NODES - 1)).filter(
        lambda edge: edge[0] != edge[2]
    ),
    max_size=25,
)


def oracle(drawn: set[tuple[int, str, int]], root: int, direction: str, depth: int) -> dict[int, int]:
    """Level by level, by the book: from each item every item that one step of impact reaches."""
    steps: dict[int, set[int]] = {}
    for source, kind, target in drawn:
        if kind not in FLOWS:
            continue
        start, end = (target, source) if FLOWS[kind] == "back" else (source, target)
        if direction == DEPENDENCIES:
            start, end = end, start
        steps.setdefault(start, set()).add(end)
    found, level = {root: 0}, {root}
    for distance in range(1, depth + 1):
        level = {end for start in level for end in steps.get(start, ())} - found.keys()
        found |= dict.fromkeys(level, distance)
    del found[root]
    return found


class OracleTest(TestCase):
    """Any graph, cycles and parallel edges included, in both directions and to any depth."""

    @given(
        drawn=edges,
        root=st.integers(0, NODES - 1),
        direction=st.sampled_from([AFFECTED, DEPENDENCIES]),
        depth=st.integers(0, 6),
    )
    @example_settings(max_examples=150)
    def test_the_answer_is_the_oracles(self, drawn, root, direction, depth) -> None:
        kind = CIType.objects.get(slug="component")
        items = ConfigurationItem.objects.bulk_create(
            ConfigurationItem(key=f"n{number}", name=f"n{number}", ci_type=kind) for number in range(NODES)
        )
        types = {one.slug: one for one in RelationshipType.objects.all()}
        Relationship.objects.bulk_create(
            Relationship(source=items[source], type=types[slug], target=items[target]) for source, slug, target in drawn
        )
        found = impact(items[root], direction, depth)
        expected = oracle(drawn, root, direction, depth)
        assert {node.key: node.distance for node in found.nodes} == {f"n{one}": far for one, far in expected.items()}
        assert not found.truncated
        inside = {f"n{one}" for one in (root, *expected)}
        carrying = {
            (f"n{source}", slug, f"n{target}")
            for source, slug, target in drawn
            if slug in FLOWS and {f"n{source}", f"n{target}"} <= inside
        }
        assert {(one.source, one.type, one.target) for one in found.edges} == carrying
        for node in found.nodes:
            path = [one.key for one in found.way_to(node.key)]
            assert (path[0], path[-1], len(path)) == (f"n{root}", node.key, node.distance + 1)


def fallen(drawn: set[tuple[int, str, int]], needed: dict[int, int], changed: set[int], depth: int) -> dict[int, int]:
    """Round by round: an item falls when so many of the different items it depends on have fallen that too few are left."""
    suppliers: dict[int, set[int]] = {}
    for source, kind, target in drawn:
        if kind in FLOWS:
            dependent, supplier = (source, target) if FLOWS[kind] == "back" else (target, source)
            suppliers.setdefault(dependent, set()).add(supplier)
    down = dict.fromkeys(changed, 0)
    for distance in range(1, depth + 1):
        falling = [
            one
            for one, its in suppliers.items()
            if one not in down
            and its & down.keys()
            and len(its - down.keys()) < min(needed.get(one, len(its)), len(its))
        ]
        down |= dict.fromkeys(falling, distance)
    return {one: distance for one, distance in down.items() if one not in changed}


class RedundancyTest(TestCase):
    """Any graph in which some items need only some of what they depend on, changed in several places at once."""

    @given(
        drawn=edges,
        needed=st.dictionaries(st.integers(0, NODES - 1), st.integers(1, 3), max_size=4),
        changed=st.sets(st.integers(0, NODES - 1), min_size=1, max_size=3),
        depth=st.integers(0, 6),
    )
    @example_settings(max_examples=150)
    def test_what_falls_is_the_oracles(self, drawn, needed, changed, depth) -> None:
        kind = CIType.objects.get(slug="component")
        items = ConfigurationItem.objects.bulk_create(
            ConfigurationItem(key=f"n{number}", name=f"n{number}", ci_type=kind, redundancy=needed.get(number))
            for number in range(NODES)
        )
        types = {one.slug: one for one in RelationshipType.objects.all()}
        Relationship.objects.bulk_create(
            Relationship(source=items[source], type=types[slug], target=items[target]) for source, slug, target in drawn
        )
        found = impact_of([items[one] for one in changed], depth=depth)
        expected = fallen(drawn, needed, changed, depth)
        assert {node.key: node.distance for node in found.nodes} == {f"n{one}": far for one, far in expected.items()}
        assert not {node.key for node in found.withstood} & {f"n{one}" for one in (*changed, *expected)}


def test_a_cycle_ends(tie: Callable, item: Callable) -> None:
    tie("a", "depends-on", "b")
    tie("b", "depends-on", "c")
    tie("c", "depends-on", "a")
    found = impact(item("a"), depth=DEEPEST)
    assert {node.key: node.distance for node in found.nodes} == {"c": 1, "b": 2}


def hub(spokes: int) -> ConfigurationItem:
    kind = CIType.objects.get(slug="component")
    middle = actions.create_ci(name="hub", ci_type=kind, by=SYSTEM)
    items = ConfigurationItem.objects.bulk_create(
        ConfigurationItem(key=f"s{number:05}", name=f"s{number:05}", ci_type=kind) for number in range(spokes)
    )
    depends = RelationshipType.objects.get(slug="depends-on")
    Relationship.objects.bulk_create(Relationship(source=one, type=depends, target=middle) for one in items)
    return middle


@pytest.mark.drawn_by_hand
@pytest.mark.django_db
def test_the_answer_of_a_hub_is_cut_at_its_limit_and_says_so() -> None:
    middle = hub(300)
    found = impact(middle, limit=100)
    assert (len(found.nodes), found.truncated) == (100, True)
    assert [node.key for node in found.nodes[:2]] == ["s00000", "s00001"]
    whole = impact(middle, limit=300)
    assert (len(whole.nodes), whole.truncated) == (300, False)


@pytest.mark.django_db
def test_the_nearest_are_kept_when_the_answer_is_cut(tie: Callable, item: Callable) -> None:
    for far in range(1, 8):
        tie(f"n{far}", "depends-on", f"n{far - 1}")
    found = impact(item("n0"), limit=3)
    assert [node.key for node in found.nodes] == ["n1", "n2", "n3"]
    assert found.truncated


@pytest.mark.drawn_by_hand
@pytest.mark.django_db
def test_of_a_level_that_is_cut_the_most_critical_are_kept_with_their_relationships() -> None:
    middle = hub(20)
    ConfigurationItem.objects.filter(key__in=["s00007", "s00019"]).update(criticality=1)
    one, other = ConfigurationItem.objects.filter(key__in=["s00007", "s00019"]).order_by("key")
    Relationship.objects.create(source=other, type=RelationshipType.objects.get(slug="depends-on"), target=one)
    found = impact(middle, limit=2)
    assert ([node.key for node in found.nodes], found.truncated) == (["s00007", "s00019"], True)
    assert {(one.source, one.target) for one in found.edges} == {
        ("s00007", "hub"),
        ("s00019", "hub"),
        ("s00019", "s00007"),
    }


@pytest.mark.drawn_by_hand
@pytest.mark.parametrize("spokes", [3, 300])
@pytest.mark.django_db
def test_a_level_costs_one_query_however_many_stand_on_it(spokes: int, django_assert_num_queries) -> None:
    hub(spokes)
    with django_assert_num_queries(6):  # root, kinds, two levels (the second leads nowhere), items, what is not known
        impact("hub")


@pytest.mark.drawn_by_hand
def test_what_is_no_longer_named_carries_no_impact(tie: Callable, item: Callable) -> None:
    edge = tie("shop", "depends-on", "payments")
    Relationship.objects.filter(pk=edge.pk).update(missing_since=now())
    assert impact(item("payments")).nodes == []


def test_a_service_behind_two_of_three_stands_until_two_fail(tie: Callable, item: Callable) -> None:
    """`shop` needs two of its three servers: one change is withstood, a change of the rack that holds two is not."""
    item("shop", redundancy=2)
    for server in ("s1", "s2", "s3"):
        tie("shop", "depends-on", server)
    tie("portal", "depends-on", "shop")
    tie("s1", "runs-on", "rack")
    tie("s2", "runs-on", "rack")

    one = impact(item("s1"))
    assert [node.key for node in one.nodes] == []
    assert [node.key for node in one.withstood] == ["shop"]

    rack = impact(item("rack"))
    assert {node.key: node.distance for node in rack.nodes} == {"s1": 1, "s2": 1, "shop": 2, "portal": 3}
    assert rack.withstood == []


def test_a_service_made_of_three_parts_that_needs_two(tie: Callable, item: Callable) -> None:
    """The same, written the other way round: the parts say what they are part of."""
    item("shop", redundancy=2)
    for server in ("s1", "s2", "s3"):
        tie(server, "part-of", "shop")
    tie("shop", "depends-on", "s1")  # said twice, it is still one of three
    tie("s1", "runs-on", "rack")
    tie("s2", "runs-on", "rack")

    assert [node.key for node in impact(item("s1")).withstood] == ["shop"]
    assert {node.key: node.distance for node in impact(item("rack")).nodes} == {"s1": 1, "s2": 1, "shop": 2}


def test_two_changes_at_once_add_up(tie: Callable, item: Callable) -> None:
    item("shop", redundancy=1)
    tie("shop", "depends-on", "s1")
    tie("shop", "depends-on", "s2")
    found = impact_of([item("s1"), item("s2")])
    assert ([one.key for one in found.roots], [one.key for one in found.nodes]) == (["s1", "s2"], ["shop"])


def test_the_shortest_way_is_said_in_words(tie: Callable, item: Callable) -> None:
    """From what depends to what is depended on, whichever way the question and the relationship point."""
    item("shop", name="Web shop")
    item("payments", name="Payments")
    item("rack-4", name="Rack 4")
    tie("payments", "part-of", "shop")
    tie("payments", "runs-on", "rack-4")
    said = "Web shop consists of Payments, which runs on Rack 4"
    assert impact(item("rack-4")).explain("shop") == said
    assert impact(item("shop"), DEPENDENCIES).explain("rack-4") == said
    assert impact(item("rack-4")).explain("rack-4") == ""
    assert impact(item("rack-4")).explain("ghost") == ""


def test_the_weight_counts_what_is_vital_more(tie: Callable, item: Callable) -> None:
    item("shop", criticality=1)
    item("blog", criticality=4)
    tie("shop", "depends-on", "payments")
    tie("blog", "depends-on", "payments")
    found = impact(item("payments"))
    assert (found.weight, found.by_criticality) == (9, {1: 1, 2: 0, 3: 0, 4: 1})


def test_reach_goes_through_impact(tie: Callable, item: Callable) -> None:
    tie("shop", "depends-on", "payments")
    tie("payments", "depends-on", "ledger")
    party = actions.create_party(slug="acme", name="Acme", by=SYSTEM)
    actions.create_service_relationship(party=party, service=item("shop"), notice_hours=24, by=SYSTEM)
    found = reach(item("ledger"))
    assert [one.slug for one in found.parties] == ["acme"]
    assert [one.key for one in found.services] == ["ledger", "payments", "shop"]


def test_what_cannot_be_asked(item: Callable) -> None:
    with pytest.raises(NotFound, match="no configuration item “ghost”"):
        impact("ghost")
    with pytest.raises(Invalid):
        impact(item("shop"), "sideways")
