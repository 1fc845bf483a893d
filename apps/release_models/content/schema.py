"""The JSON Schema of a model version's content. Published as docs/reference/model-content.schema.json."""

from __future__ import annotations

from typing import Any

from apps.accounts.permissions import Role
from apps.release_models.content.words import CHANGE_KINDS, RISKS, SURVEYED

SLUG = {"type": "string", "pattern": "^[a-z0-9]+(?:[-_][a-z0-9]+)*$", "maxLength": 80}
TITLE = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "\\S"}
ROLE = {"enum": [str(value) for value in Role.values]}
WORDS = {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 100}, "uniqueItems": True}
CHANGES = {"type": "array", "items": {"enum": list(CHANGE_KINDS)}, "uniqueItems": True}
RISK = {"type": "array", "items": {"enum": list(RISKS)}, "uniqueItems": True}
CRITICALITY = {"type": "integer", "minimum": 1, "maximum": 4}


def _object(properties: dict[str, Any], required: list[str], description: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _whole(least: int, most: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


APPLIES = _object(
    {
        "subject_types": WORDS | {"description": "CI types the model is for; empty means any."},
        "release_types": WORDS | {"description": "Kinds of release, such as minor or emergency; empty means any."},
        "change_kinds": CHANGES | {"description": "What mainly changes; empty means anything."},
        "risks": RISK | {"description": "Risks that it may take; empty means any."},
        "value_streams": WORDS | {"description": "Value streams, by slug; empty means any."},
        "environments": WORDS | {"description": "Environments it may release into, by slug; empty means any."},
        "criticality": _or_null(
            _object({"min": CRITICALITY, "max": CRITICALITY}, ["min", "max"], "Criticality, 1 being the highest.")
        ),
        "max_components": _or_null(_whole(1, 10_000)),
    },
    [],
    "For which scopes the model applies. Every rule that is given must match.",
)

TASK = _object(
    {
        "slug": SLUG,
        "title": TITLE,
        "role": ROLE,
        "phase": {"enum": ["prepare", "execute", "back_out"]},
        "duration_minutes": _whole(0, 60 * 24 * 90),
        "offset_minutes": _or_null(_whole(-60 * 24 * 90, 60 * 24 * 90))
        | {
            "description": "It begins no earlier than this many minutes from the window's start; below zero: before it."
        },
        "takes_back": {
            "type": "array",
            "items": SLUG,
            "uniqueItems": True,
            "description": "The steps of the execution that this back-out task undoes.",
        },
        "depends_on": {"type": "array", "items": SLUG, "uniqueItems": True},
        "mandatory": {"type": "boolean"},
        "kind": {"enum": ["manual", "automatic"]},
        "instructions": {"type": "string", "maxLength": 10_000},
    },
    ["slug", "title"],
    "One piece of work that every release of this model repeats.",
)

CHECK = _object(
    {
        "slug": SLUG,
        "title": TITLE,
        "group": {"enum": ["component", "procedure", "release"]},
        "kind": SLUG,
        "required": {"type": "boolean"},
        "params": {"type": "object"},
        "waivable_by": {"type": "array", "items": ROLE, "uniqueItems": True},
        "stale_after_hours": _or_null(_whole(1, 24 * 366)),
        "on_no_data": {"enum": ["fail", "inconclusive", "pass"]},
    },
    ["slug", "title", "kind"],
    "One proof that a release of this model needs.",
)

WHO = {
    "type": "object",
    "description": "Whom the group asks: exactly one of a role, a team, people, the service's owners, or the owners of each service it reaches.",
    "properties": {
        "role": ROLE,
        "team": SLUG,
        "people": {
            "type": "array",
            "items": {"type": "string", "minLength": 1, "maxLength": 150},
            "minItems": 1,
            "uniqueItems": True,
        },
        "service_owner": {"const": True},
        "impacted_service_owners": {"const": True},
    },
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
}

WHEN = _object(
    {
        "risk_at_least": {"enum": list(RISKS)},
        "environments": WORDS,
        "release_types": WORDS,
        "change_kinds": CHANGES,
        "ci_types": WORDS,
        "criticality_at_most": CRITICALITY,
        "consumers": {"const": True},
    },
    [],
    "The group is asked only when all of this holds; empty means always.",
)

GROUP = _object(
    {
        "name": TITLE,
        "who": WHO,
        "when": WHEN,
        "mode": {"enum": ["all", "any", "n", "percent"]},
        "n": _whole(1, 100),
        "order": _whole(1, 99),
        "max_objections": _whole(0, 100),
    },
    ["name", "who"],
    "People of whom a share must approve.",
)

APPROVALS = _object(
    {
        "groups": {"type": "array", "items": GROUP, "maxItems": 50},
        "distinct_people": {"type": "boolean"},
        "bar": {
            "type": "array",
            "items": {"enum": ["requester", "release_manager", "implementer", "author", "builder"]},
            "uniqueItems": True,
        },
        "email_code": {"type": "boolean"},
        "expires_after_hours": _whole(1, 24 * 90),
    },
    [],
    "Who approves, in which order, and who may not.",
)

STAGE = _object(
    {
        "name": TITLE,
        "audience": {"type": "string", "maxLength": 200},
        "percentage": {"type": "number", "minimum": 0, "maximum": 100},
        "bake_minutes": _whole(0, 60 * 24 * 30),
        "guards": {
            "type": "array",
            "items": {"type": "string", "minLength": 1, "maxLength": 300},
            "maxItems": 20,
            "description": "What must hold before the next stage. A person judges it; the tasks say who.",
        },
    },
    ["name", "percentage"],
    "One stage of a phased rollout.",
)

EXAMPLE = _object(
    {
        "title": TITLE,
        "scope": _object(
            {
                "subject_type": {"type": "string"},
                "release_type": {"type": "string"},
                "change_kind": {"enum": ["", *CHANGE_KINDS]},
                "risk": {"enum": ["", *RISKS]},
                "value_streams": WORDS,
                "environments": WORDS,
                "criticality": _or_null(CRITICALITY),
                "component_count": _whole(0, 10_000),
            },
            [],
            "A scope as a release would have it.",
        ),
        "applies": {"type": "boolean"},
    },
    ["title", "scope", "applies"],
    "A scope and whether the model is meant to apply to it; checked whenever the content changes.",
)

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:tidegate:model-content:1",
    "title": "Content of a release model version",
    **_object(
        {
            "applies": APPLIES,
            "examples": {"type": "array", "items": EXAMPLE, "maxItems": 200},
            "tasks": {"type": "array", "items": TASK, "maxItems": 500},
            "checks": {"type": "array", "items": CHECK, "maxItems": 200},
            "approvals": APPROVALS,
            "after_the_fact": _or_null(
                _object({"approve_within_hours": _whole(1, 24 * 30)}, ["approve_within_hours"], "Approved afterwards.")
            ),
            "pre_authorised": {"type": "boolean"},
            "back_out": _object(
                {"every_step": {"type": "boolean"}},
                [],
                "Whether each step of the execution needs one that takes it back.",
            ),
            "rollout": _object(
                {
                    "strategy": {"enum": ["all_at_once", "phased", "dark"]},
                    "stages": {"type": "array", "items": STAGE, "maxItems": 50},
                },
                [],
                "How far and how fast it is made available.",
            ),
            "start": _object({"automatic": {"type": "boolean"}}, [], "Whether it starts by itself at its time."),
            "window": _object(
                {
                    "required": {"type": "boolean"},
                    "tolerance_minutes": _whole(0, 60 * 24 * 30),
                    "keys": WORDS | {"description": "Release windows it may use, by key; empty means any."},
                },
                [],
                "Whether a release window is needed, and how long after the planned end still counts as on time; an early start never does.",
            ),
            "early_life_hours": _whole(0, 24 * 90),
            "communication": _object(
                {
                    "notice_hours": _whole(0, 24 * 90),
                    "roles": WORDS | {"description": "Roles of parties that are told of the version; empty means all."},
                    "acknowledge_within_days": _whole(1, 365),
                    "remind_after_days": _whole(0, 365),
                },
                [],
                "Notice due to consumers and partners, and by when they acknowledge a new version.",
            ),
            "review": _object(
                {
                    "due_within_days": _whole(0, 365),
                    "survey": {"type": "boolean"},
                    "survey_to": {
                        "type": "array",
                        "items": {"enum": list(SURVEYED)},
                        "uniqueItems": True,
                        "description": "Whom the survey asks; empty means everybody whom the release reaches.",
                    },
                },
                [],
                "The review after the release.",
            ),
        },
        [],
        "A repeatable way to release. What is left out takes the default shown by the API.",
    ),
}
