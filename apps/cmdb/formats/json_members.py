"""JSON documents of any size, member by member: of a list at the top only one element at a time is in memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from apps.cmdb.formats.files import Content, beginning, decoded
from apps.core.errors import FieldError, Invalid

SPACE = re.compile(r"[ \t\n\r]*")
DECODER = json.JSONDecoder(parse_float=str, parse_constant=lambda word: _refuse_constant(word))
LONGEST_MARK = 16  # a fault this near the end of what is loaded may be no fault: a word or an escape cut in two
UNENDED = "Unterminated string"
FORGOTTEN_FROM = 1024 * 1024  # characters behind the present place


class NotJson(ValueError):
    """Where the text stops being JSON."""

    def __init__(self, why: str, position: int) -> None:
        self.why, self.position = why, position
        super().__init__(why)


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is not a JSON value")


def beginning_of(content: Content, size: int = 4096) -> str:
    """The first characters, in whichever encoding JSON allows."""
    start = beginning(content, size)
    return start.decode(json.detect_encoding(start), errors="replace").removeprefix("\ufeff")


def members_of(content: Content) -> Iterator[tuple[str, int | None, Any]]:
    """(name, position, value) of each member of the object; of a list (name, position, element) for each element.

    The text is in UTF-8, UTF-16 or UTF-32, with or without a byte order mark. Raises Invalid with line and column where it
    is not JSON, or not an object.
    """
    window = _Window(decoded(content, json.detect_encoding(beginning(content, 4))))
    try:
        yield from _members(window)
    except NotJson as error:
        raise window.malformed(error.why, error.position) from error
    except json.JSONDecodeError as error:
        raise window.malformed(error.msg, error.pos) from error
    except RecursionError as error:
        raise Invalid([FieldError("", "too_deep", "It is nested too deeply.")]) from error
    except ValueError as error:
        raise Invalid([FieldError("", "malformed_json", f"It is not JSON: {error}.")]) from error


class _Window:
    """The part of the text that is being read. `at` is the place in it; what lies behind is forgotten now and then."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self.text = next(pieces, "").removeprefix("\ufeff")
        self.at = 0
        self._lines, self._columns = 0, 0  # of what is forgotten: whole lines, and characters after the last of them

    def _more(self, at_least: int = 1) -> bool:
        """Load so many characters more. False when there are none."""
        pieces, length = [], 0
        while length < at_least and (piece := next(self._pieces, None)) is not None:
            pieces.append(piece)
            length += len(piece)
        if not length:
            return False
        self._forget()
        self.text += "".join(pieces)
        return True

    def _forget(self) -> None:
        if self.at < FORGOTTEN_FROM:
            return
        lines = self.text.count("\n", 0, self.at)
        self._columns = self.at - self.text.rfind("\n", 0, self.at) - 1 if lines else self._columns + self.at
        self._lines += lines
        self.text, self.at = self.text[self.at :], 0

    def malformed(self, why: str, position: int) -> Invalid:
        before = self.text.count("\n", 0, position)
        column = position - self.text.rfind("\n", 0, position) + (0 if before else self._columns)
        place = f"line {self._lines + before + 1}, column {column}"
        return Invalid([FieldError("", "malformed_json", f"It is not JSON: {why} ({place}).")])

    def skip(self) -> str:
        """Pass white space over; returns the character that follows, nothing at the end."""
        while True:
            self.at = SPACE.match(self.text, self.at).end()
            if self.at < len(self.text):
                return self.text[self.at]
            if not self._more():
                return ""

    def value(self) -> Any:
        """The value that begins here, and what follows it is next."""
        while True:
            try:
                value, end = DECODER.raw_decode(self.text, self.at)
            except json.JSONDecodeError as error:
                may_be_cut = error.msg.startswith(UNENDED) or error.pos >= len(self.text) - LONGEST_MARK
                if not may_be_cut or not self._more(len(self.text) - self.at):
                    raise
                continue
            if end < len(self.text) or not self._more():
                self.at = end
                return value

    def expect(self, sign: str, why: str) -> None:
        if self.skip() != sign:
            raise NotJson(why, self.at)
        self.at += 1


def _members(window: _Window) -> Iterator[tuple[str, int | None, Any]]:
    begin = window.skip()
    if not begin:
        raise NotJson("The document is empty", 0)
    if begin != "{":
        raise Invalid([FieldError("", "not_an_object", _no_object(window.value()))])
    window.at += 1
    is_first = True
    while not (is_first and window.skip() == "}"):
        is_first = False
        name = _name(window)
        if window.skip() == "[":
            yield from _elements(window, name)
        else:
            yield name, None, window.value()
        if window.skip() == "}":
            break
        window.expect(",", "Expecting ',' or '}'")
    window.at += 1
    if window.skip():
        raise NotJson("Extra data after the document", window.at)


def _no_object(value: Any) -> str:
    """What it is instead, and the way out where there is one."""
    first = value[0] if isinstance(value, list) and value else None
    if isinstance(first, dict) and {"model", "fields"} <= first.keys():
        return (
            "It is a dump of a Django database, such as NetBox or Ralph write. Export the table from there as CSV and "
            "import that by a column mapping."
        )
    return "It is JSON, but not an object."


def _name(window: _Window) -> str:
    if window.skip() != '"':
        raise NotJson("Expecting the name of a member in double quotes", window.at)
    name = window.value()
    window.expect(":", "Expecting ':'")
    return name


def _elements(window: _Window, name: str) -> Iterator[tuple[str, int, Any]]:
    """The elements of the list that begins here."""
    window.at += 1
    position = 0
    while not (position == 0 and window.skip() == "]"):
        window.skip()
        yield name, position, window.value()
        position += 1
        if window.skip() == "]":
            break
        window.expect(",", "Expecting ',' or ']'")
    window.at += 1
