"""JSON documents of any size, member by member: of a list at the top only one element at a time is in memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from apps.core.errors import FieldError, Invalid

SPACE = re.compile(r"[ \t\n\r]*")
DECODER = json.JSONDecoder(parse_float=str, parse_constant=lambda word: _refuse_constant(word))


class NotJson(ValueError):
    """Where the text stops being JSON."""

    def __init__(self, why: str, position: int) -> None:
        self.why, self.position = why, position
        super().__init__(why)


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is not a JSON value")


def text_of(content: bytes) -> str:
    """The text, in UTF-8, UTF-16 or UTF-32, with or without a byte order mark."""
    try:
        return content.decode(json.detect_encoding(content)).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        detail = f"It is not text in {error.encoding}: {error.reason} at byte {error.start}."
        raise Invalid([FieldError("", "encoding", detail)]) from error


def members_of(text: str) -> Iterator[tuple[str, int | None, Any]]:
    """(name, position, value) of each member of the object; of a list (name, position, element) for each element.

    Raises Invalid with line and column where it is not JSON, or not an object.
    """
    try:
        yield from _members(text)
    except NotJson as error:
        raise _malformed(text, error.why, error.position) from error
    except json.JSONDecodeError as error:
        raise _malformed(text, error.msg, error.pos) from error
    except RecursionError as error:
        raise Invalid([FieldError("", "too_deep", "It is nested too deeply.")]) from error
    except ValueError as error:
        raise Invalid([FieldError("", "malformed_json", f"It is not JSON: {error}.")]) from error


def _malformed(text: str, why: str, position: int) -> Invalid:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return Invalid([FieldError("", "malformed_json", f"It is not JSON: {why} (line {line}, column {column}).")])


def _members(text: str) -> Iterator[tuple[str, int | None, Any]]:
    at = _skip(text, 0)
    if text[at : at + 1] != "{":
        if at < len(text):
            value, _end = DECODER.raw_decode(text, at)
            raise Invalid([FieldError("", "not_an_object", _no_object(value))])
        raise NotJson("The document is empty", 0)
    at = _skip(text, at + 1)
    if text[at : at + 1] == "}":
        _expect_end(text, at + 1)
        return
    while True:
        name, at = _name(text, at)
        if text[at : at + 1] == "[":
            at = yield from _elements(text, at, name)
        else:
            value, at = DECODER.raw_decode(text, at)
            yield name, None, value
        at = _skip(text, at)
        if text[at : at + 1] == "}":
            _expect_end(text, at + 1)
            return
        if text[at : at + 1] != ",":
            raise NotJson("Expecting ',' or '}'", at)
        at = _skip(text, at + 1)


def _no_object(value: Any) -> str:
    """What it is instead, and the way out where there is one."""
    first = value[0] if isinstance(value, list) and value else None
    if isinstance(first, dict) and {"model", "fields"} <= first.keys():
        return (
            "It is a dump of a Django database, such as NetBox or Ralph write. Export the table from there as CSV and "
            "import that by a column mapping."
        )
    return "It is JSON, but not an object."


def _name(text: str, at: int) -> tuple[str, int]:
    if text[at : at + 1] != '"':
        raise NotJson("Expecting the name of a member in double quotes", at)
    name, at = DECODER.raw_decode(text, at)
    at = _skip(text, at)
    if text[at : at + 1] != ":":
        raise NotJson("Expecting ':'", at)
    return name, _skip(text, at + 1)


def _elements(text: str, at: int, name: str) -> Iterator[tuple[str, int, Any]]:
    """The elements of the list that begins here; returns where it ends."""
    at = _skip(text, at + 1)
    if text[at : at + 1] == "]":
        return at + 1
    position = 0
    while True:
        value, at = DECODER.raw_decode(text, at)
        yield name, position, value
        position += 1
        at = _skip(text, at)
        if text[at : at + 1] == "]":
            return at + 1
        if text[at : at + 1] != ",":
            raise NotJson("Expecting ',' or ']'", at)
        at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    return SPACE.match(text, at).end()


def _expect_end(text: str, at: int) -> None:
    at = _skip(text, at)
    if at != len(text):
        raise NotJson("Extra data after the document", at)
