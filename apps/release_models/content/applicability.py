"""Whether a model applies to a scope: each rule's verdict in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Scope:
    """What a release is about, as far as the rules of models ask. Unknown things stay empty."""

    subject_type: str = ""
    release_type: str = ""
    change_kind: str = ""
    risk: str = ""
    value_streams: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    criticality: int | None = None
    component_count: int = 0


@dataclass(frozen=True)
class Verdict:
    """The rules that match and the rules that do not, in words; `score` counts the rules that were given and match."""

    matches: tuple[str, ...]
    misses: tuple[str, ...]
    score: int

    @property
    def applies(self) -> bool:
        return not self.misses


Answer = tuple[bool, str]


def _listed(words: Any) -> str:
    return ", ".join(str(word).replace("_", " ") for word in words)


def _one_of(value: str, allowed: list[str], noun: str) -> Answer:
    shown = value.replace("_", " ") or "unknown"
    if value in allowed:
        return True, f"The {noun} is {shown}, as the model asks ({_listed(allowed)})."
    return False, f"The model is for the {noun} {_listed(allowed)}; here it is {shown}."


def _subject_types(allowed: list[str], scope: Scope) -> Answer:
    return _one_of(scope.subject_type, allowed, "type of subject")


def _release_types(allowed: list[str], scope: Scope) -> Answer:
    return _one_of(scope.release_type, allowed, "type of release")


def _change_kinds(allowed: list[str], scope: Scope) -> Answer:
    return _one_of(scope.change_kind, allowed, "kind of change")


def _risks(allowed: list[str], scope: Scope) -> Answer:
    return _one_of(scope.risk, allowed, "risk")


def _value_streams(allowed: list[str], scope: Scope) -> Answer:
    shared = [stream for stream in scope.value_streams if stream in allowed]
    if shared:
        return True, f"The subject serves the value stream {_listed(shared)}, as the model asks."
    here = _listed(scope.value_streams) or "none"
    return False, f"The model is for the value streams {_listed(allowed)}; the subject serves {here}."


def _environments(allowed: list[str], scope: Scope) -> Answer:
    strange = [one for one in scope.environments if one not in allowed]
    if not scope.environments:
        return False, f"The model releases into {_listed(allowed)}; no environment is chosen yet."
    if strange:
        return False, f"The model releases into {_listed(allowed)}; not into {_listed(strange)}."
    return True, f"The model may release into {_listed(scope.environments)}."


def _criticality(bounds: Mapping[str, int], scope: Scope) -> Answer:
    least, most = bounds["min"], bounds["max"]
    asked = f"criticality {least}" if least == most else f"criticality {least} to {most}"
    if scope.criticality is None:
        return False, f"The model is for {asked}; the criticality of the subject is unknown."
    if least <= scope.criticality <= most:
        return True, f"Criticality {scope.criticality} is within what the model is for ({asked})."
    return False, f"The model is for {asked}; the subject has criticality {scope.criticality}."


def _max_components(most: int, scope: Scope) -> Answer:
    if scope.component_count <= most:
        return True, f"{scope.component_count} component(s) are within the model's limit of {most}."
    return False, f"The model takes at most {most} component(s); here are {scope.component_count}."


RULES: dict[str, tuple[Callable[[Any, Scope], Answer], str]] = {
    "subject_types": (_subject_types, "any type of subject"),
    "release_types": (_release_types, "any type of release"),
    "change_kinds": (_change_kinds, "any kind of change"),
    "risks": (_risks, "any risk"),
    "value_streams": (_value_streams, "any value stream"),
    "environments": (_environments, "any environment"),
    "criticality": (_criticality, "any criticality"),
    "max_components": (_max_components, "any number of components"),
}


def judge(applies: Mapping[str, Any], scope: Scope) -> Verdict:
    """Judge every rule. A rule that is not given matches everything, says so, and scores nothing."""
    matches, misses, score = [], [], 0
    for name, (rule, otherwise) in RULES.items():
        given = applies.get(name)
        if not given:
            matches.append(f"The model takes {otherwise}.")
            continue
        matched, sentence = rule(given, scope)
        (matches if matched else misses).append(sentence)
        score += matched
    return Verdict(tuple(matches), tuple(misses), score)


def scope_of(raw: Mapping[str, Any]) -> Scope:
    """A scope from an example's JSON."""
    return Scope(
        subject_type=raw.get("subject_type", ""),
        release_type=raw.get("release_type", ""),
        change_kind=raw.get("change_kind", ""),
        risk=raw.get("risk", ""),
        value_streams=tuple(raw.get("value_streams", ())),
        environments=tuple(raw.get("environments", ())),
        criticality=raw.get("criticality"),
        component_count=raw.get("component_count", 0),
    )


def examples_in_words(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each stored example with what the rules say of it now, and whether that is what was meant."""
    judged = ((one, judge(content["applies"], scope_of(one["scope"]))) for one in content["examples"])
    return [{**one, "verdict": verdict, "holds": verdict.applies == one["applies"]} for one, verdict in judged]
