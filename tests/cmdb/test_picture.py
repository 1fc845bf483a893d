"""The picture of an impact: every item once, none over another, lines from box to box, and nothing that is not escaped."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, pairwise

import pytest
from defusedxml import ElementTree
from hypothesis import given
from hypothesis import strategies as st

from apps.cmdb.picture import HEIGHT, MANY_BOXES, WIDTH, picture_of
from apps.cmdb.queries import DEPENDENCIES, Impact, ImpactEdge, ImpactNode, impact
from tests.core.api.conftest import Caller
from tests.people import person

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def rosa(db: None) -> Caller:
    return Caller(person("rosa"))


def answer(parents: list[int], standing: set[int]) -> Impact:
    """Item n hangs on item `parents[n - 1]`, which came before it."""
    distance = {0: 0}
    nodes = [ImpactNode(0, "n0", "Item 0", "service", 1, 0)]
    edges = []
    for number, parent in enumerate(parents, start=1):
        distance[number] = distance[parent] + 1
        nodes.append(
            ImpactNode(
                number,
                f"n{number}",
                f"Item {number}",
                "service",
                1 + number % 4,
                distance[number],
                f"n{parent}",
                "runs-on",
            )
        )
        edges.append(ImpactEdge(f"n{number}", f"n{parent}", "runs-on"))
    root, *rest = nodes
    fallen = [one for one in rest if one.id not in standing]
    held = [one for one in rest if one.id in standing]
    return Impact([root], "affected", fallen, edges, False, held, words={"runs-on": "runs on"})


trees = st.integers(0, 60).flatmap(lambda size: st.tuples(*(st.integers(0, number) for number in range(size))))


@given(parents=trees, standing=st.sets(st.integers(1, 60), max_size=5))
def test_every_item_has_one_place_of_its_own(parents: tuple[int, ...], standing: set[int]) -> None:
    drawn = picture_of(answer(list(parents), standing))
    assert sorted(box.node.id for box in drawn.boxes) == list(range(len(parents) + 1))
    for one, other in combinations(drawn.boxes, 2):
        assert abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= HEIGHT
    for box in drawn.boxes:
        assert 0 <= box.x <= drawn.width - WIDTH
        assert 0 <= box.y <= drawn.height - HEIGHT
    assert len(drawn.lines) == len(parents)
    assert all(line.leads for line in drawn.lines)
    assert drawn == picture_of(answer(list(parents), standing))


def test_farther_items_stand_farther_right() -> None:
    drawn = picture_of(answer([0] * 40 + [1] * 40 + [41], set()))
    columns = {box.node.distance: [] for box in drawn.boxes}
    for box in drawn.boxes:
        columns[box.node.distance].append(box.x)
    assert all(max(columns[near]) + WIDTH < min(columns[far]) for near, far in pairwise(sorted(columns)))


def test_a_crowd_is_drawn_with_its_leading_lines_only() -> None:
    assert not picture_of(answer([0] * (MANY_BOXES - 1), set())).is_dense
    assert picture_of(answer([0] * MANY_BOXES, set())).is_dense


def test_the_download_is_a_picture_of_its_own(rosa: Caller, item: Callable, tie: Callable) -> None:
    item("shop", name="Shop <script>alert(1)</script> & sons")
    item("stands", redundancy=1)
    tie("shop", "depends-on", "payments")
    tie("stands", "depends-on", "payments")
    tie("stands", "depends-on", "other")
    answer = rosa.get("configuration-items/payments/impact-picture/")
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Content-Disposition"] == 'attachment; filename="payments-affected.svg"'
    drawn = ElementTree.fromstring(answer.content)
    assert drawn.find(f".//{SVG}script") is None
    boxes = {box.get("data-key"): box for box in drawn.iter(f"{SVG}a")}
    assert boxes.keys() == {"payments", "shop", "stands"}
    said = boxes["shop"].findtext(f"{SVG}title")
    assert said == (
        "Shop <script>alert(1)</script> & sons (service): Shop <script>alert(1)</script> & sons depends on payments"
    )
    assert "Enough of what it needs still works." in boxes["stands"].findtext(f"{SVG}title")
    assert boxes["shop"].get("href").startswith("http")
    assert drawn.find(f"{SVG}style") is not None


def test_the_api_says_why_when_it_is_asked(rosa: Caller, tie: Callable) -> None:
    tie("shop", "depends-on", "payments")
    (plain,) = rosa.get("configuration-items/payments/impact/").json()["nodes"]
    assert (plain["via"], plain["via_type"], "explanation" in plain) == ("payments", "depends-on", False)
    (told,) = rosa.get("configuration-items/payments/impact/?explain=true").json()["nodes"]
    assert told["explanation"] == "shop depends on payments"


def test_the_other_direction_is_drawn_too(tie: Callable, item: Callable) -> None:
    tie("shop", "depends-on", "payments")
    drawn = picture_of(impact(item("shop"), DEPENDENCIES))
    assert [(box.node.key, box.why) for box in drawn.boxes] == [("shop", ""), ("payments", "shop depends on payments")]
