"""Approval rules and how answers are counted against them: pure functions, no database.

A rule set is a list of groups combined by AND. Groups of the same `order` are asked in parallel; a later order is asked
when every group before it is met. Each group needs `all`, `any`, `n` or `percent` of its people and bears at most
`max_objections`. With distinct people (the default) one human being counts for one group only, so whether the groups
are met is a matching of people to groups, not a sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from apps.core.errors import FieldError, Invalid

WHO = ("role", "team", "people", "service_owner", "owner_of")
MODES = ("all", "any", "n", "percent")
SATISFYING = frozenset({"approve", "approve_with_conditions"})


@dataclass(frozen=True)
class Group:
    """People of whom a share must say yes."""

    name: str
    who: Mapping[str, Any]
    mode: str = "any"
    n: int = 1
    order: int = 1
    max_objections: int = 0

    def needed(self, pool: int, objections: int) -> int:
        """How many must approve, when `pool` people are asked and `objections` of them have said no."""
        if self.mode == "all":
            return max(1, pool - min(objections, self.max_objections))
        if self.mode == "percent":
            return max(1, ceil(pool * self.n / 100))
        return self.n if self.mode == "n" else 1


@dataclass(frozen=True)
class Voice:
    """The answer in effect of one member: `member` is whose voice it is, `human` who raised it (a delegate may)."""

    member: int
    human: int
    decision: str
    groups: frozenset[str]


@dataclass(frozen=True)
class GroupStanding:
    """How one group stands."""

    group: Group
    is_open: bool
    needed: int
    approvals: int
    objections: int
    pool: frozenset[int]

    @property
    def is_met(self) -> bool:
        return self.is_open and self.approvals >= self.needed and not self.is_refused

    @property
    def is_refused(self) -> bool:
        return self.objections > self.group.max_objections


@dataclass(frozen=True)
class Standing:
    """How the whole round stands."""

    groups: tuple[GroupStanding, ...]

    @property
    def is_refused(self) -> bool:
        return any(group.is_refused for group in self.groups)

    @property
    def is_satisfied(self) -> bool:
        return all(group.is_met for group in self.groups)

    def of(self, name: str) -> GroupStanding:
        return next(one for one in self.groups if one.group.name == name)


def evaluate(
    groups: Sequence[Group],
    voices: Iterable[Voice],
    pools: Mapping[str, frozenset[int]],
    *,
    distinct_people: bool = True,
) -> Standing:
    """Count the voices. `pools` are the members asked in each group; who has answered belongs to it in any case."""
    heard = list(voices)
    full = {
        group.name: pools.get(group.name, frozenset()) | {voice.member for voice in heard if group.name in voice.groups}
        for group in groups
    }
    against = {group.name: _heads(heard, group.name, {"reject"}, distinct_people) for group in groups}
    needs = {group.name: group.needed(len(full[group.name]), len(against[group.name])) for group in groups}
    if distinct_people:
        counted = _matched(groups, needs, heard)
    else:
        counted = {group.name: len(_heads(heard, group.name, SATISFYING, distinct=False)) for group in groups}
    standings: list[GroupStanding] = []
    for group in groups:
        earlier = [other for other in groups if other.order < group.order]
        clear = all(
            counted[one.name] >= needs[one.name] and len(against[one.name]) <= one.max_objections for one in earlier
        )
        standings.append(
            GroupStanding(
                group=group,
                is_open=clear,
                needed=needs[group.name],
                approvals=counted[group.name],
                objections=len(against[group.name]),
                pool=full[group.name],
            )
        )
    return Standing(tuple(standings))


def _heads(voices: list[Voice], group: str, decisions: Iterable[str], distinct: bool) -> set[int]:
    """Who said one of these decisions in the group: human beings when people must be distinct, else members."""
    return {
        voice.human if distinct else voice.member
        for voice in voices
        if voice.decision in decisions and group in voice.groups
    }


def _matched(groups: Sequence[Group], needs: Mapping[str, int], voices: list[Voice]) -> dict[str, int]:
    """Assign each approving human being to one group so that as many places as possible are filled.

    Places of earlier orders are filled first, and a filled place stays filled (augmenting paths), so a later group
    never takes somebody whom an earlier one needs.
    """
    may_fill: dict[int, set[str]] = {}
    for voice in voices:
        if voice.decision in SATISFYING:
            may_fill.setdefault(voice.human, set()).update(voice.groups)
    in_order = sorted(groups, key=lambda group: group.order)
    places = [(group.name, number) for group in in_order for number in range(min(needs[group.name], len(may_fill)))]
    seat_of: dict[int, tuple[str, int]] = {}

    def seat(place: tuple[str, int], tried: set[int]) -> bool:
        for human in sorted(may_fill):
            if human in tried or place[0] not in may_fill[human]:
                continue
            tried.add(human)
            if human not in seat_of or seat(seat_of[human], tried):
                seat_of[human] = place
                return True
        return False

    for place in places:
        seat(place, set())
    counted = {group.name: 0 for group in groups}
    for name, _number in seat_of.values():
        counted[name] += 1
    return counted


def shortfall(groups: Sequence[Group], pools: Mapping[str, frozenset[int]], *, distinct_people: bool) -> dict[str, int]:
    """How many people each group would still lack if everybody who may answer approved; empty when it can be met."""
    everybody = {member for pool in pools.values() for member in pool}
    voices = [
        Voice(member, member, "approve", frozenset(name for name, pool in pools.items() if member in pool))
        for member in everybody
    ]
    standing = evaluate(groups, voices, pools, distinct_people=distinct_people)
    return {one.group.name: one.needed - one.approvals for one in standing.groups if one.approvals < one.needed}


def parse(rules: Mapping[str, Any], pointer: str = "/rules") -> list[Group]:
    """The groups of a rule set. Raises Invalid with a pointer at each fault."""
    errors: list[FieldError] = []
    groups: list[Group] = []
    for index, raw in enumerate(rules.get("groups") or []):
        place = f"{pointer}/groups/{index}"
        faults = _faults(raw, place)
        errors.extend(faults)
        if faults:
            continue
        group = Group(
            name=raw["name"],
            who=raw["who"],
            mode=raw.get("mode", "any"),
            n=raw.get("n") or 1,
            order=raw.get("order") or 1,
            max_objections=raw.get("max_objections") or 0,
        )
        if any(group.name == other.name for other in groups):
            errors.append(FieldError(f"{place}/name", "duplicate", f"Two groups are called “{group.name}”."))
        groups.append(group)
    if errors:
        raise Invalid(errors)
    return groups


def _faults(raw: Any, place: str) -> list[FieldError]:
    if not isinstance(raw, Mapping) or not str(raw.get("name") or "").strip():
        return [FieldError(f"{place}/name", "required", "A group needs a name.")]
    faults = []
    who = raw.get("who")
    if not isinstance(who, Mapping) or not any(who.get(kind) for kind in WHO):
        faults.append(
            FieldError(f"{place}/who", "required", "Say who is asked: a role, a team, people, or the service owner.")
        )
    if raw.get("mode", "any") not in MODES:
        faults.append(FieldError(f"{place}/mode", "unknown", f"“{raw['mode']}” is not one of {', '.join(MODES)}."))
    for name, least, most in (("n", 1, 100), ("order", 1, 99), ("max_objections", 0, 100)):
        value = raw.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most):
            faults.append(FieldError(f"{place}/{name}", "range", f"This is a whole number from {least} to {most}."))
    return faults
