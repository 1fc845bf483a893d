"""The attributes of a CI type as rows that people fill in, and the JSON Schema that they stand for. Pure.

Rows say less than JSON Schema can. A schema is described only when its rows give exactly that schema again; any other
one stays as it is, and is edited as JSON.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

TEXT, CHOICE, TEXTS = "text", "choice", "texts"
KINDS: dict[str, dict[str, Any]] = {
    TEXT: {"type": "string"},
    "number": {"type": "number"},
    "whole_number": {"type": "integer"},
    "yes_no": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "moment": {"type": "string", "format": "date-time"},
    "address": {"type": "string", "format": "uri"},
    CHOICE: {"type": "string"},
    TEXTS: {"type": "array", "items": {"type": "string"}},
}
NUMBERS = ("number", "whole_number")


@dataclass(frozen=True)
class Attribute:
    """One attribute: `choices` for one of a list, `minimum` and `maximum` for numbers."""

    name: str
    kind: str = TEXT
    title: str = ""
    help: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Description:
    """All attributes of a type, and whether an item may have others."""

    attributes: tuple[Attribute, ...] = ()
    closed: bool = False


def schema_of(attributes: Iterable[Attribute], *, closed: bool = False) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) that says the same; nothing said gives the empty schema, which takes anything."""
    listed = list(attributes)
    if not listed and not closed:
        return {}
    schema: dict[str, Any] = {"type": "object", "properties": {one.name: _property(one) for one in listed}}
    required = [one.name for one in listed if one.required]
    if required:
        schema["required"] = required
    if closed:
        schema["additionalProperties"] = False
    return schema


def description_of(schema: dict[str, Any]) -> Description | None:
    """The rows that stand for a schema; None when rows cannot say all of it."""
    properties = schema.get("properties", {})
    required = schema.get("required", [])
    if not isinstance(properties, dict) or not isinstance(required, list):
        return None
    found = [_attribute(name, said, name in required) for name, said in properties.items()]
    if None in found:
        return None
    closed = schema.get("additionalProperties") is False
    described = Description(tuple(one for one in found if one), closed)
    return described if _same(schema_of(described.attributes, closed=closed), schema) else None


def titles_of(schema: dict[str, Any]) -> dict[str, str]:
    """name → title, of any schema that gives titles."""
    properties = schema.get("properties")
    said = properties.items() if isinstance(properties, dict) else ()
    return {name: one["title"] for name, one in said if isinstance(one, dict) and isinstance(one.get("title"), str)}


def _property(one: Attribute) -> dict[str, Any]:
    made: dict[str, Any] = dict(KINDS[one.kind])
    said = {"title": one.title, "description": one.help, "enum": list(one.choices) if one.kind == CHOICE else ""}
    limits = {"minimum": one.minimum, "maximum": one.maximum} if one.kind in NUMBERS else {}
    made.update((name, value) for name, value in said.items() if value)
    made.update((name, value) for name, value in limits.items() if value is not None)
    return made


def _attribute(name: str, said: Any, required: bool) -> Attribute | None:
    if not isinstance(said, dict):
        return None
    texts = [said.get(one, "") for one in ("title", "description")]
    choices = said.get("enum", [])
    if not all(isinstance(one, str) for one in texts) or not isinstance(choices, list):
        return None
    kind = CHOICE if choices else _kind(said)
    if kind is None or not all(isinstance(one, str) for one in choices):
        return None
    limits = [said.get(one) for one in ("minimum", "maximum")]
    return Attribute(name, kind, *texts, required, tuple(choices), *limits)


def _kind(said: dict[str, Any]) -> str | None:
    plain = {one: said[one] for one in ("type", "format", "items") if one in said}
    return next((name for name, shape in KINDS.items() if shape == plain and name != CHOICE), None)


def _same(made: dict[str, Any], schema: dict[str, Any]) -> bool:
    """Equal, whatever the order in which required names are listed."""
    return _sorted(made) == _sorted(schema)


def _sorted(schema: dict[str, Any]) -> dict[str, Any]:
    names = schema.get("required")
    return schema if not isinstance(names, list) else {**schema, "required": sorted(map(str, names))}
