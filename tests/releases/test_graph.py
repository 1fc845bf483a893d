"""Circles, order and the critical path, against brute force."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from apps.releases.lifecycle.graph import circle_in, earliest_finishes, in_order, longest_way

NODES = ["a", "b", "c", "d", "e", "f"]
graphs = st.dictionaries(st.sampled_from(NODES), st.lists(st.sampled_from(NODES), unique=True, max_size=4), max_size=6)


@st.composite
def plans(draw: st.DrawFn) -> tuple[dict[str, list[str]], dict[str, int]]:
    """A graph without circles (a node needs only earlier ones), and how long each node takes."""
    names = NODES[: draw(st.integers(0, 6))]
    needs = {
        name: draw(st.lists(st.sampled_from(names[:place]), unique=True)) if place else []
        for place, name in enumerate(names)
    }
    minutes = {name: draw(st.integers(0, 9)) for name in names}
    return needs, minutes


def _has_circle(needs: dict[str, list[str]]) -> bool:
    """By definition: no order of the nodes puts each after all it needs."""
    nodes = sorted(needs.keys() | {need for wanted in needs.values() for need in wanted})
    return not any(
        all(order.index(need) < order.index(node) for node, wanted in needs.items() for need in wanted)
        for order in permutations(nodes)
    )


def _ways(node: str, needs: dict[str, list[str]]) -> list[list[str]]:
    """Every chain that ends in the node."""
    return [[node], *([*way, node] for need in needs[node] for way in _ways(need, needs))]


@given(graphs)
def test_a_circle_is_found_exactly_when_there_is_one(needs: dict[str, list[str]]) -> None:
    circle = circle_in(needs)
    assert bool(circle) == _has_circle(needs)
    if circle:
        assert circle[0] == circle[-1]
        assert all(later in needs[earlier] for earlier, later in zip(circle, circle[1:], strict=False))


@given(plans())
def test_the_order_respects_every_need(plan: tuple[dict[str, list[str]], dict[str, int]]) -> None:
    needs, _minutes = plan
    order = in_order(needs)
    assert sorted(order) == sorted(needs)
    assert all(order.index(need) < order.index(node) for node, wanted in needs.items() for need in wanted)


@given(plans())
def test_the_critical_path_is_the_longest_of_all_chains(plan: tuple[dict[str, list[str]], dict[str, int]]) -> None:
    needs, minutes = plan
    way = longest_way(needs, minutes)
    if not needs:
        assert way == []
        return
    longest = max(sum(minutes[one] for one in chain) for node in needs for chain in _ways(node, needs))
    assert sum(minutes[one] for one in way) == longest == max(earliest_finishes(needs, minutes).values())
    assert all(earlier in needs[later] for earlier, later in zip(way, way[1:], strict=False))


def test_a_long_chain_does_not_exhaust_the_stack() -> None:
    chain = {f"t{number:05}": [f"t{number - 1:05}"] if number else [] for number in range(5000)}
    assert circle_in(chain) == []
    assert len(longest_way(chain, dict.fromkeys(chain, 1))) == 5000
    assert circle_in({**chain, "t00000": ["t04999"]})
