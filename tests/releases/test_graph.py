"""Circles and order, against brute force."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from apps.releases.planning.graph import circle_in, in_order

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
