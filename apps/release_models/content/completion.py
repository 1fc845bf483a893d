"""Defaults: what is left out of a model's content is filled in before it is kept, so that readers find every name."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

TASK = {
    "role": "contributor",
    "phase": "execute",
    "duration_minutes": 30,
    "offset_minutes": None,
    "takes_back": [],
    "depends_on": [],
    "mandatory": True,
    "kind": "manual",
    "instructions": "",
}
CHECK = {
    "group": "component",
    "required": True,
    "params": {},
    "waivable_by": ["release_manager"],
    "stale_after_hours": None,
    "on_no_data": "fail",
}
GROUP: dict[str, Any] = {"when": {}, "mode": "any", "n": 1, "order": 1, "max_objections": 0}
STAGE = {"audience": "", "bake_minutes": 0, "guards": []}
EXAMPLE_SCOPE = {
    "subject_type": "",
    "release_type": "",
    "change_kind": "",
    "risk": "",
    "value_streams": [],
    "environments": [],
    "criticality": None,
    "component_count": 1,
}
DOCUMENT: dict[str, Any] = {
    "applies": {
        "subject_types": [],
        "release_types": [],
        "change_kinds": [],
        "risks": [],
        "value_streams": [],
        "environments": [],
        "criticality": None,
        "max_components": None,
    },
    "examples": [],
    "tasks": [],
    "checks": [],
    "approvals": {
        "groups": [],
        "distinct_people": True,
        "bar": ["requester", "release_manager", "implementer"],
        "email_code": True,
        "expires_after_hours": 120,
    },
    "after_the_fact": None,
    "pre_authorised": False,
    "back_out": {"every_step": False},
    "rollout": {"strategy": "all_at_once", "stages": []},
    "start": {"automatic": False},
    "window": {"required": True, "tolerance_minutes": 60, "keys": []},
    "early_life_hours": 24,
    "communication": {"notice_hours": 0, "roles": [], "acknowledge_within_days": 14, "remind_after_days": 7},
    "review": {"due_within_days": 5, "survey": False, "survey_to": []},
}


def complete(content: Any) -> Any:
    """The content with every default written out. What has the wrong shape is left for the schema to name."""
    if not isinstance(content, dict):
        return content
    full = _filled(content, DOCUMENT)
    _fill_each(full, "tasks", TASK)
    _fill_each(full, "checks", CHECK)
    if isinstance(full["approvals"], dict):
        _fill_each(full["approvals"], "groups", GROUP)
    if isinstance(full["rollout"], dict):
        _fill_each(full["rollout"], "stages", STAGE)
    for example in full["examples"] if isinstance(full["examples"], list) else []:
        if isinstance(example, dict) and isinstance(example.get("scope"), dict):
            example["scope"] = _filled(example["scope"], EXAMPLE_SCOPE)
    return full


def _filled(given: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    full = deepcopy(given)
    for name, default in defaults.items():
        if name not in full:
            full[name] = deepcopy(default)
        elif isinstance(default, dict) and default and isinstance(full[name], dict):
            full[name] = _filled(full[name], default)
    return full


def _fill_each(holder: dict[str, Any], name: str, defaults: dict[str, Any]) -> None:
    if isinstance(holder[name], list):
        holder[name] = [_filled(one, defaults) if isinstance(one, dict) else one for one in holder[name]]
