"""What changed between two contents, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apps.release_models.content.completion import complete

NAMES = {
    "duration_minutes": "duration (minutes)",
    "offset_minutes": "not before (minutes from the start)",
    "takes_back": "what it takes back",
    "every_step": "a way back for each step",
    "stale_after_hours": "stale after (hours)",
    "bake_minutes": "bake time (minutes)",
    "expires_after_hours": "time to answer (hours)",
    "approve_within_hours": "approval within (hours)",
    "tolerance_minutes": "tolerance (minutes)",
    "early_life_hours": "early-life support (hours)",
    "notice_hours": "notice (hours)",
    "acknowledge_within_days": "acknowledgement within (days)",
    "remind_after_days": "reminder after (days)",
    "due_within_days": "due within (days)",
    "keys": "windows it may use",
    "survey_to": "whom the survey asks",
    "n": "number needed",
    "who": "who is asked",
    "when": "asked only when",
    "risk_at_least": "risk at least",
    "criticality_at_most": "criticality at most",
    "bar": "barred by segregation of duties",
    "on_no_data": "what no data means",
    "email_code": "a code from the e-mail is enough",
}
LISTS = (
    (("tasks",), "slug", "task"),
    (("checks",), "slug", "check"),
    (("approvals", "groups"), "name", "approval by"),
    (("rollout", "stages"), "name", "rollout stage"),
    (("examples",), "title", "example"),
)
SECTIONS = {
    "applies": "applies to",
    "approvals": "approvals",
    "after_the_fact": "approval after the fact",
    "back_out": "back-out",
    "rollout": "rollout",
    "start": "start",
    "window": "window",
    "communication": "communication",
    "review": "review",
}


def difference(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Every difference as a sentence, the approvals first. Equal contents give none."""
    before, after = complete(old), complete(new)
    found = [line for path, name, noun in LISTS for line in _items(_at(before, path), _at(after, path), name, noun)]
    for section, heading in SECTIONS.items():
        found.extend(_section(before[section], after[section], heading))
    found.extend(
        _changed(NAMES.get(plain, plain.replace("_", "-")), before[plain], after[plain])
        for plain in ("pre_authorised", "early_life_hours")
        if before[plain] != after[plain]
    )
    return sorted(found, key=lambda line: not line.startswith("approval"))


def _at(content: dict[str, Any], path: tuple[str, ...]) -> list[dict[str, Any]]:
    for step in path:
        content = content[step]
    return content


def _items(old: list[dict[str, Any]], new: list[dict[str, Any]], name: str, noun: str) -> Iterator[str]:
    before, after = {one[name]: one for one in old}, {one[name]: one for one in new}
    for key in before.keys() - after.keys():
        yield f"{noun} “{_title(before[key], key)}” removed"
    for key in after:
        if key not in before:
            yield f"{noun} “{_title(after[key], key)}” added"
            continue
        for field in sorted(before[key].keys() | after[key].keys()):
            if before[key].get(field) != after[key].get(field):
                change = _changed(_named(field), before[key].get(field), after[key].get(field))
                yield f"{noun} “{_title(after[key], key)}”: {change}"
    shared_before = [key for key in before if key in after]
    shared_after = [key for key in after if key in before]
    if shared_before != shared_after:
        yield f"{noun}: listed in another order"


def _title(item: dict[str, Any], key: str) -> str:
    return str(item.get("title") or key)


def _section(old: Any, new: Any, heading: str) -> Iterator[str]:
    if not isinstance(old, dict) or not isinstance(new, dict):
        if old != new:
            yield _changed(heading, old, new)
        return
    for field in sorted(old.keys() | new.keys()):
        if field in ("groups", "stages"):
            continue
        if old.get(field) != new.get(field):
            yield f"{heading}: {_changed(_named(field), old.get(field), new.get(field))}"


def _named(field: str) -> str:
    return NAMES.get(field, field.replace("_", " "))


def _changed(name: str, old: Any, new: Any) -> str:
    if isinstance(old, list) and isinstance(new, list):
        return f"{name} {_list_change(old, new)}"
    return f"{name} {_said(old)} → {_said(new)}"


def _list_change(old: list[Any], new: list[Any]) -> str:
    gone = [_said(one) for one in old if one not in new]
    come = [_said(one) for one in new if one not in old]
    parts = [f"with {', '.join(come)}"] * bool(come) + [f"without {', '.join(gone)}"] * bool(gone)
    return " and ".join(parts) or "in another order"


def _said(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{_named(name)} {_said(one)}" for name, one in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(_said(one) for one in value) or "any"
    text = str(value) or "empty"
    return text if len(text) <= 80 else f"{text[:80]}…"
