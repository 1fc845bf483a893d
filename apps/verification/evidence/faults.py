"""Faults of a document, in a form that both the API's answer and a check's detail can show."""

from __future__ import annotations

from collections.abc import Iterable

from jsonschema.exceptions import ValidationError

from apps.core.documents import storable
from apps.core.errors import FieldError, Invalid

SHOWN = 20


def pointer(path: Iterable[object]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def schema_fault(error: ValidationError) -> FieldError:
    return FieldError(pointer(error.absolute_path), "schema", storable(error.message, 300))


def refuse(faults: Iterable[FieldError], what: str) -> None:
    """Raise Invalid with the first faults, when there are any."""
    shown = [fault for _, fault in zip(range(SHOWN), faults, strict=False)]
    if shown:
        first = f"{shown[0].pointer}: {shown[0].detail}" if shown[0].pointer else shown[0].detail
        raise Invalid(shown, f"This is not {what}: {first}")
