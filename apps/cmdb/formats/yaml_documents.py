"""YAML from outside, document by document, with limits on everything.

Built on the parser's events, so that nothing is constructed but texts, lists and mappings: no tags that make objects, no
recursion that a deep document could exhaust, no aliases that multiply. Numbers and dates stay the text that was written:
a version of 1.20 is not 1.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from apps.cmdb.formats.files import Content, opened
from apps.core.errors import FieldError, Invalid

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DEEPEST = 50
MOST_VALUES = 200_000  # in one document, aliases counted as often as they stand
NOTHING = {"", "~", "null", "Null", "NULL"}
TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
PLAIN_TAGS = {"str", "int", "float", "bool", "null", "map", "seq", "timestamp", "binary"}
STANDARD = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Document:
    """One document of the file: its number from 1, the line it begins on, and its value."""

    number: int
    line: int
    value: Any

    @property
    def place(self) -> str:
        return f"document {self.number}, line {self.line}"


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet."""

    value: Any
    anchor: str | None
    weight: int = 1
    key: Any = None
    has_key: bool = False


@dataclass(slots=True)
class _Builder:
    """Puts one document together from its events."""

    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, tuple[Any, int]] = field(default_factory=dict)
    weight: int = 0
    root: Any = None

    def take(self, event: Event) -> None:
        if isinstance(event, ScalarEvent):
            value = _scalar(event)
            self._count(1, event)
            self._keep(event.anchor, value, 1)
            self._place(value, 1, event)
        elif isinstance(event, SequenceStartEvent | MappingStartEvent):
            _check_tag(event)
            if len(self.stack) >= DEEPEST:
                raise _refused(event, "too_deep", f"It is nested more than {DEEPEST} levels deep")
            self._count(1, event)
            self.stack.append(_Open([] if isinstance(event, SequenceStartEvent) else {}, event.anchor))
        elif isinstance(event, SequenceEndEvent | MappingEndEvent):
            done = self.stack.pop()
            self._keep(done.anchor, done.value, done.weight)
            self._place(done.value, done.weight, event)
        elif isinstance(event, AliasEvent):
            if event.anchor not in self.anchors:
                raise _refused(event, "alias", f"The alias *{event.anchor} has no complete anchor before it")
            value, weight = self.anchors[event.anchor]
            self._count(weight, event)
            self._place(value, weight, event)

    def _keep(self, anchor: str | None, value: Any, weight: int) -> None:
        if anchor is not None:
            self.anchors[anchor] = (value, weight)

    def _count(self, weight: int, event: Event) -> None:
        self.weight += weight
        if self.weight > MOST_VALUES:
            raise _refused(
                event, "too_many_values", f"One document has more than {MOST_VALUES} values, aliases included"
            )

    def _place(self, value: Any, weight: int, event: Event) -> None:
        if not self.stack:
            self.root = value
            return
        holder = self.stack[-1]
        holder.weight += weight
        if isinstance(holder.value, list):
            holder.value.append(value)
        elif holder.has_key:
            _put(holder.value, holder.key, value)
            holder.has_key = False
        elif isinstance(value, list | dict):
            raise _refused(event, "key", "A list or mapping cannot be the name of a member")
        else:
            holder.key, holder.has_key = "" if value is None else str(value), True


def _put(mapping: dict[str, Any], name: str, value: Any) -> None:
    """A member; `<<` merges another mapping under what is already there."""
    if name == "<<" and isinstance(value, dict | list):
        for other in [value] if isinstance(value, dict) else value:
            if isinstance(other, dict):
                for one, inner in other.items():
                    mapping.setdefault(one, inner)
        return
    mapping[name] = value


def _scalar(event: ScalarEvent) -> Any:
    _check_tag(event)
    plain = event.implicit[0] and not event.style
    if event.tag == f"{STANDARD}null" or (plain and event.value in NOTHING):
        return None
    if plain and event.value in TRUTHS:
        return TRUTHS[event.value]
    return event.value.replace("\x00", "\ufffd")


def _check_tag(event: Any) -> None:
    tag = event.tag
    if tag not in (None, "!") and tag.removeprefix(STANDARD) not in PLAIN_TAGS:
        raise _refused(event, "tag", f"The tag {tag[:60]} is not accepted")


def _refused(event: Event, code: str, why: str) -> Invalid:
    place = f"line {event.start_mark.line + 1}, column {event.start_mark.column + 1}"
    return Invalid([FieldError("", code, f"{why} ({place}).")])


def read_documents(content: Content) -> Iterator[Document]:
    """The documents of the file in turn. Raises Invalid with the line where it is not YAML or breaks a limit."""
    builder, number, line = _Builder(), 0, 1
    try:
        for event in yaml.parse(opened(content), Loader=Loader):
            if isinstance(event, DocumentStartEvent):
                builder, number, line = _Builder(), number + 1, event.start_mark.line + 1
            elif isinstance(event, DocumentEndEvent):
                yield Document(number, line, builder.root)
            else:
                builder.take(event)
    except yaml.YAMLError as error:
        raise Invalid([FieldError("", "malformed_yaml", f"It is not YAML: {_words(error)}.")]) from error
    except (ValueError, RecursionError) as error:
        raise Invalid([FieldError("", "malformed_yaml", f"It is not YAML: {str(error)[:200]}.")]) from error


def _words(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    if mark is not None:
        return f"{problem} (line {mark.line + 1}, column {mark.column + 1})"
    position = getattr(error, "position", None)
    return f"{problem} (at byte {position})" if position is not None else str(problem)[:200]
