"""Typed attributes: a CI type's JSON Schema, and whether an item's attributes keep to it.

Nothing is ever fetched: a `$ref` reaches only into the schema itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError
from jsonschema.exceptions import ValidationError as SchemaFault
from referencing import Registry
from referencing.exceptions import Unresolvable

SHOWN = 5
LONGEST = 300


def check_schema(schema: Any) -> None:
    """Raise ValidationError unless this is a JSON Schema for an object that refers to nothing outside itself."""
    if schema == {}:
        return
    if not isinstance(schema, dict) or schema.get("type", "object") != "object":
        raise ValidationError(_("The schema must describe an object: {“type”: “object”, “properties”: {…}}."), "schema")
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        place = "/".join(str(part) for part in error.absolute_path) or "/"
        raise ValidationError(
            _("This is not a JSON Schema: %(why)s (at %(place)s)."),
            "schema",
            {"why": error.message[:LONGEST], "place": place},
        ) from error
    outside = [one for one in _references(schema) if not one.startswith("#")]
    if outside:
        raise ValidationError(
            _("“$ref” may only point into the schema itself (#/…), not to %(where)s."),
            "remote_reference",
            {"where": outside[0][:LONGEST]},
        )


def _references(schema: Any) -> Iterator[str]:
    waiting = [schema]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            for name in ("$ref", "$dynamicRef"):
                if isinstance(one.get(name), str):
                    yield one[name]
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def faults_of(attributes: Any, schema: dict[str, Any]) -> list[str]:
    """In words, where the attributes leave the schema; empty when they keep to it."""
    if not isinstance(attributes, dict):
        return [str(_("Attributes are an object of names and values."))]
    if not schema:
        return []
    try:
        found = _validator(json.dumps(schema, sort_keys=True)).iter_errors(attributes)
        return [_sentence(fault) for _number, fault in zip(range(SHOWN), found, strict=False)]
    except Unresolvable as error:
        return [str(_("The schema of this CI type cannot be followed: %s.") % str(error)[:LONGEST])]


def _sentence(fault: SchemaFault) -> str:
    place = ".".join(str(part) for part in fault.absolute_path)
    return f"{place}: {fault.message}"[:LONGEST] if place else fault.message[:LONGEST]


@lru_cache(maxsize=256)
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema), registry=Registry(), format_checker=FormatChecker())
