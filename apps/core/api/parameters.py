"""Query parameters: each endpoint knows its own, parses them, and refuses the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.http import QueryDict
from django.utils.dateparse import parse_date, parse_datetime

from apps.core.errors import FieldError, Invalid

WORDS = {"true": True, "1": True, "false": False, "0": False}
LARGEST = 2**31 - 1


@dataclass(frozen=True)
class QueryParameter:
    """One parameter of an endpoint: checked, parsed, and documented in the schema."""

    name: str
    type: type = str
    required: bool = False
    default: Any = None
    choices: Sequence[str] = ()
    minimum: int | None = None
    maximum: int | None = None
    description: str = ""

    def parse(self, given: QueryDict) -> Any:
        text = given.get(self.name)
        if text is None or text == "":
            if self.required:
                raise self._fault("required", f"The query parameter “{self.name}” is required.")
            return self.default
        value = self._parsed(text)
        if self.choices and value not in self.choices:
            raise self._fault("unknown_value", f"“{text}” is not known. Use one of: {', '.join(self.choices)}.")
        self._check_range(value)
        return value

    def _parsed(self, text: str) -> Any:
        try:
            value = PARSERS[self.type](text)
        except (ValueError, KeyError, OverflowError):
            value = None
        if value is None:
            raise self._fault("malformed", f"“{text[:60]}” is not {NAMES[self.type]}.")
        return value

    def _check_range(self, value: Any) -> None:
        if self.type is not int:
            return
        low = -LARGEST if self.minimum is None else self.minimum
        high = LARGEST if self.maximum is None else self.maximum
        if not low <= value <= high:
            raise self._fault("out_of_range", f"“{self.name}” is between {low} and {high}.")

    def _fault(self, code: str, detail: str) -> Invalid:
        return Invalid([FieldError(f"?{self.name}", code, detail)])


def _moment(text: str) -> datetime | None:
    """RFC 3339; a time without an offset is taken as UTC, a date as its first moment."""
    value = parse_datetime(text.replace(" ", "+"))
    if value is None and (day := parse_date(text)):
        value = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


PARSERS = {
    str: str,
    int: int,
    float: float,
    bool: lambda text: WORDS[text.lower()],
    date: parse_date,
    datetime: _moment,
}
NAMES = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    date: "a date such as 2026-03-31",
    datetime: "a time such as 2026-03-31T12:00:00Z",
}


def refuse_unknown(given: QueryDict, known: Iterable[str]) -> None:
    """An unknown parameter is an error: a filter with a typing mistake must not answer with everything."""
    known = set(known)
    faults = [
        FieldError(f"?{name[:60]}", "unknown_parameter", f"“{name[:60]}” is not a parameter here. {_listed(known)}")
        for name in given
        if name not in known
    ]
    faults += [
        FieldError(f"?{name}", "nul_character", "The text contains a NUL character.")
        for name, values in given.lists()
        if name in known and any("\0" in value for value in values)
    ]
    if faults:
        raise Invalid(faults)


def _listed(known: set[str]) -> str:
    return f"Known: {', '.join(sorted(known))}." if known else "This endpoint takes none."
