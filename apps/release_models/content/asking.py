"""When a group of approvers is asked at all: each condition's verdict in words, pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

RISKS = ("low", "medium", "high")


@dataclass(frozen=True)
class Asked:
    """What of a release the conditions look at. A risk that nobody stated is empty, and counts as any risk."""

    risk: str = ""
    environment: str = ""
    release_type: str = ""
    change_kind: str = ""
    criticality: int = 4
    ci_types: frozenset[str] = frozenset()
    consumers: int = 0


@dataclass(frozen=True)
class Verdict:
    """Whether a group is asked, and why or why not, a sentence for each condition."""

    is_asked: bool
    why: tuple[str, ...]


def judge_group(when: Mapping[str, Any] | None, asked: Asked) -> Verdict:
    """Every condition that is given must hold; a group without any is always asked."""
    verdicts = list(_verdicts(when or {}, asked))
    misses = tuple(sentence for holds, sentence in verdicts if not holds)
    return Verdict(not misses, misses or tuple(sentence for _holds, sentence in verdicts))


def when_in_words(when: Mapping[str, Any] | None) -> str:
    """The conditions themselves; empty where the group is always asked."""
    given = when or {}
    said = []
    if given.get("risk_at_least"):
        said.append(f"the risk is {given['risk_at_least']} or higher")
    for name, noun in (
        ("environments", "environment"),
        ("release_types", "type of release"),
        ("change_kinds", "kind of change"),
    ):
        if given.get(name):
            said.append(f"the {noun} is {_listed(given[name])}")
    if given.get("ci_types"):
        said.append(f"it moves a {_listed(given['ci_types'])}")
    if given.get("criticality_at_most"):
        said.append(f"the criticality is {given['criticality_at_most']} or higher")
    if given.get("consumers"):
        said.append("consumers or partners are touched")
    return " and ".join(said)


def _verdicts(when: Mapping[str, Any], asked: Asked) -> Iterator[tuple[bool, str]]:
    least = when.get("risk_at_least")
    if least:
        holds = asked.risk not in RISKS or RISKS.index(asked.risk) >= RISKS.index(least)
        yield holds, f"The risk is {asked.risk or 'not stated'}; asked from {least} on."
    for name, noun, value in (
        ("environments", "environment", asked.environment),
        ("release_types", "type of release", asked.release_type),
        ("change_kinds", "kind of change", asked.change_kind),
    ):
        if when.get(name):
            yield value in when[name], f"The {noun} is {_word(value)}; asked for {_listed(when[name])}."
    if when.get("ci_types"):
        shared = sorted(asked.ci_types & set(when["ci_types"]))
        yield (
            bool(shared),
            f"It moves {_listed(sorted(asked.ci_types)) or 'nothing'}; asked for {_listed(when['ci_types'])}.",
        )
    most = when.get("criticality_at_most")
    if most:
        yield (
            asked.criticality <= most,
            f"The criticality is {asked.criticality}; asked up to {most}, 1 being the highest.",
        )
    if when.get("consumers"):
        yield asked.consumers > 0, f"It touches {asked.consumers} consumers or partners; asked where there are some."


def _word(value: str) -> str:
    return value.replace("_", " ") or "not stated"


def _listed(words: Any) -> str:
    return ", ".join(_word(str(one)) for one in words)
