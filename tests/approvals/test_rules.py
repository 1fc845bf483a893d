"""The counting of answers, against brute force."""

from __future__ import annotations

from itertools import product
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.approvals.rules import SATISFYING, Group, Voice, evaluate, parse, shortfall
from apps.core.errors import Invalid

NAMES = ("a", "b", "c")
DECISIONS = ("approve", "approve_with_conditions", "request_changes", "defer", "delegate", "reject")


@st.composite
def groups(draw: st.DrawFn) -> list[Group]:
    return [
        Group(
            name=name,
            who={"role": "approver"},
            mode=(mode := draw(st.sampled_from(["all", "any", "n", "percent"]))),
            n=draw(st.integers(1, 100 if mode == "percent" else 3)),
            order=draw(st.integers(1, 2)),
            max_objections=draw(st.integers(0, 2)),
        )
        for name in NAMES[: draw(st.integers(1, 3))]
    ]


@st.composite
def rounds(draw: st.DrawFn) -> tuple[list[Group], list[Voice], dict[str, frozenset[int]]]:
    some = draw(groups())
    names = [one.name for one in some]
    voices = [
        Voice(
            member=member,
            human=draw(st.sampled_from([member, draw(st.integers(1, 5))])),
            decision=draw(st.sampled_from(["approve", "approve", "approve", *DECISIONS])),
            groups=frozenset(draw(st.lists(st.sampled_from(names), min_size=1, max_size=3))),
        )
        for member in range(1, draw(st.integers(0, 5)) + 1)
    ]
    pools = {name: frozenset(draw(st.lists(st.integers(1, 6), max_size=6))) for name in names}
    return some, voices, pools


def needed_by_hand(group: Group, voices: list[Voice], pools: dict[str, frozenset[int]], distinct: bool) -> int:
    pool = len(pools[group.name] | {one.member for one in voices if group.name in one.groups})
    against = objections_by_hand(group, voices, distinct)
    if group.mode == "all":
        return max(1, pool - min(against, group.max_objections))
    return {"any": 1, "n": group.n, "percent": max(1, ceil(pool * group.n / 100))}[group.mode]


def objections_by_hand(group: Group, voices: list[Voice], distinct: bool) -> int:
    against = [one for one in voices if one.decision == "reject" and group.name in one.groups]
    return len({one.human if distinct else one.member for one in against})


def can_be_met(some: list[Group], voices: list[Voice], pools: dict[str, frozenset[int]], distinct: bool) -> bool:
    """Try every way of giving each approving human being to one group (or none); without distinctness just count."""
    needs = {one.name: needed_by_hand(one, voices, pools, distinct) for one in some}
    names = list(needs)
    yes = [one for one in voices if one.decision in SATISFYING]
    if not distinct:
        return all(len({one.member for one in yes if name in one.groups}) >= needs[name] for name in names)
    humans = sorted({one.human for one in yes})
    choices = [
        [None, *(name for name in names if any(one.human == human and name in one.groups for one in yes))]
        for human in humans
    ]
    return any(all(way.count(name) >= needs[name] for name in names) for way in product(*choices))


@given(rounds(), st.booleans())
def test_a_round_is_satisfied_exactly_when_some_assignment_of_people_meets_every_group(made, distinct):
    some, voices, pools = made
    standing = evaluate(some, voices, pools, distinct_people=distinct)
    refused = any(objections_by_hand(one, voices, distinct) > one.max_objections for one in some)
    assert standing.is_refused == refused
    assert standing.is_satisfied == (not refused and can_be_met(some, voices, pools, distinct))


@given(rounds(), st.booleans())
def test_a_group_is_open_exactly_when_the_groups_before_it_are_met_together(made, distinct):
    some, voices, pools = made
    standing = evaluate(some, voices, pools, distinct_people=distinct)
    for one in standing.groups:
        earlier = [other for other in some if other.order < one.group.order]
        clear = not any(objections_by_hand(other, voices, distinct) > other.max_objections for other in earlier)
        assert one.is_open == (clear and can_be_met(earlier, voices, pools, distinct))


@given(rounds(), st.booleans())
def test_one_more_yes_never_takes_a_satisfied_round_away(made, distinct):
    some, voices, pools = made
    if not evaluate(some, voices, pools, distinct_people=distinct).is_satisfied:
        return
    more = [*voices, Voice(99, 99, "approve", frozenset(one.name for one in some))]
    grown = {one.name for one in some if one.mode in ("all", "percent")}
    standing = evaluate(some, more, pools, distinct_people=distinct)
    assert standing.is_satisfied or grown, "only a group that counts its people can need more when one is added"


@given(rounds())
def test_no_human_being_fills_two_places(made):
    some, voices, pools = made
    standing = evaluate(some, voices, pools, distinct_people=True)
    assert sum(one.approvals for one in standing.groups) <= len(
        {one.human for one in voices if one.decision in SATISFYING}
    )


def test_a_person_in_two_groups_counts_once_unless_the_rule_says_otherwise():
    some = [Group("a", {"role": "approver"}), Group("b", {"role": "approver"})]
    voices = [Voice(1, 1, "approve", frozenset("ab"))]
    assert not evaluate(some, voices, {}, distinct_people=True).is_satisfied
    assert evaluate(some, voices, {}, distinct_people=False).is_satisfied


def test_who_fits_two_groups_makes_room_for_who_fits_one():
    some = [Group("a", {}), Group("b", {}), Group("c", {})]
    voices = [
        Voice(1, 1, "approve", frozenset("ab")),
        Voice(2, 2, "approve", frozenset("ac")),
        Voice(3, 3, "approve", frozenset("a")),
    ]
    standing = evaluate(some, voices, {})
    assert standing.is_satisfied, "3 sits in a, so 1 goes to b and 2 to c"
    assert [one.approvals for one in standing.groups] == [1, 1, 1]


def test_a_delegate_who_also_speaks_for_themselves_is_one_human_being():
    some = [Group("a", {"role": "approver"}, mode="n", n=2)]
    voices = [Voice(1, 1, "approve", frozenset("a")), Voice(2, 1, "approve", frozenset("a"))]
    assert not evaluate(some, voices, {}, distinct_people=True).is_satisfied
    assert evaluate(some, voices, {}, distinct_people=False).is_satisfied


def test_all_bears_as_many_objections_as_the_rule_allows():
    some = [Group("a", {"role": "approver"}, mode="all", max_objections=1)]
    pool = {"a": frozenset({1, 2, 3})}
    yes = [Voice(one, one, "approve", frozenset("a")) for one in (1, 2)]
    assert not evaluate(some, yes, pool).is_satisfied
    assert evaluate(some, [*yes, Voice(3, 3, "reject", frozenset("a"))], pool).is_satisfied


def test_an_empty_group_is_never_satisfied_by_nobody():
    for mode in ("all", "any", "percent"):
        assert not evaluate([Group("a", {}, mode=mode, n=50)], [], {"a": frozenset()}).is_satisfied


def test_shortfall_names_the_groups_that_can_never_be_met():
    some = [Group("a", {}, mode="n", n=2), Group("b", {})]
    two = {"a": frozenset({1, 2}), "b": frozenset({2})}
    assert shortfall(some, two, distinct_people=True) == {"b": 1}
    assert shortfall(some, two, distinct_people=False) == {}
    assert shortfall(some, two | {"b": frozenset({3})}, distinct_people=True) == {}


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        ({}, "/rules/groups/0/name"),
        ("text", "/rules/groups/0/name"),
        ({"name": "a"}, "/rules/groups/0/who"),
        ({"name": "a", "who": {"role": ""}}, "/rules/groups/0/who"),
        ({"name": "a", "who": {"role": "approver"}, "mode": "most"}, "/rules/groups/0/mode"),
        ({"name": "a", "who": {"role": "approver"}, "n": 0}, "/rules/groups/0/n"),
        ({"name": "a", "who": {"role": "approver"}, "n": True}, "/rules/groups/0/n"),
        ({"name": "a", "who": {"role": "approver"}, "order": 1.5}, "/rules/groups/0/order"),
        ({"name": "a", "who": {"role": "approver"}, "max_objections": -1}, "/rules/groups/0/max_objections"),
    ],
)
def test_a_faulty_rule_is_refused_with_its_place(raw, pointer):
    with pytest.raises(Invalid) as refused:
        parse({"groups": [raw]})
    assert refused.value.errors[0].pointer == pointer


def test_two_groups_of_one_name_are_refused():
    one = {"name": "a", "who": {"role": "approver"}}
    with pytest.raises(Invalid, match="Two groups"):
        parse({"groups": [one, one]})
