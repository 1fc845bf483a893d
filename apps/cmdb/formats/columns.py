"""What the columns of a table say, as plain values, and how one row becomes a record."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from apps.cmdb.formats.records import LONGEST_IDENTITY, LONGEST_NAME, LONGEST_TEXT, Faulty, Link, Record
from apps.core.cells import plain_text
from apps.core.documents import storable

YES, NO = ("true", "yes", "y", "1", "x"), ("false", "no", "n", "0")
WHOLE = re.compile(r"\d{1,4}")
LINKS = {"relationship": False, "relationship_of": True}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `header` is empty where every row has the `fallback`."""

    meaning: str
    header: str = ""
    target: str = ""
    fallback: str = ""
    prefix: str = ""
    separator: str = ""
    values: dict[str, str] = field(default_factory=dict)

    def texts(self, cell: str) -> list[str]:
        """What the cell says: one text, or several where the column has a separator."""
        parts = cell.split(self.separator) if self.separator else [cell]
        said = [one.strip() for one in parts if one.strip()] or ([self.fallback] if self.fallback else [])
        return [self.prefix + self.values.get(one, one) for one in said]


@dataclass(frozen=True, slots=True)
class Layout:
    """A saved mapping, as the readers take it."""

    columns: tuple[Column, ...]
    delimiter: str = ""
    encoding: str = ""
    comment: str = ""
    sheet: str = ""


def record_of(layout: Layout, cells: dict[str, str], location: str) -> Record:
    """The record that a row stands for. Raises Faulty with what is wrong, by its column."""
    said = [(column, column.texts(plain_text(cells.get(column.header, "")))) for column in layout.columns]
    single = {column.meaning: texts[0] for column, texts in said if texts}
    identity = single.get("identity") or single.get("key")
    if not identity:
        names = [one.header for one in layout.columns if one.meaning in ("identity", "key")]
        raise Faulty(f"“{names[0]}” is empty: nothing says which item this is." if names else "It has no identity.")
    if not single.get("ci_type"):
        raise Faulty("Nothing says of which type this item is.")
    streams = [texts for column, texts in said if column.meaning == "value_streams"]
    return Record(
        identity=storable(identity, LONGEST_IDENTITY),
        key=single.get("key", ""),
        location=location,
        name=storable(single.get("name") or identity, LONGEST_NAME),
        ci_type=single["ci_type"],
        also_known_as=tuple(
            (column.target, one) for column, texts in said if column.meaning == "identifier" for one in texts
        ),
        description=_description(said),
        lifecycle=single.get("lifecycle"),
        criticality=_number(single, "criticality"),
        owner=single.get("owner"),
        release_managed=_truth(single, "release_managed"),
        redundancy=_number(single, "needs_at_least"),
        attributes=_attributes(said),
        value_streams=tuple(streams[0]) if streams else None,
        links=_links(said),
    )


def _description(said: list[tuple[Column, list[str]]]) -> str | None:
    found = [" ".join(texts) for column, texts in said if column.meaning == "description"]
    return storable(found[0], LONGEST_TEXT) if found else None


def _attributes(said: list[tuple[Column, list[str]]]) -> dict[str, Any]:
    return {
        column.target: storable(texts if column.separator else texts[0], LONGEST_TEXT)
        for column, texts in said
        if column.meaning == "attribute" and texts
    }


def _links(said: list[tuple[Column, list[str]]]) -> tuple[Link, ...] | None:
    """None where no column speaks of relationships: then the file says nothing about them."""
    spoken = [(column, texts) for column, texts in said if column.meaning in LINKS]
    if not spoken:
        return None
    return tuple(
        dict.fromkeys(Link(column.target, one, LINKS[column.meaning]) for column, texts in spoken for one in texts)
    )


def _number(single: dict[str, str], meaning: str) -> int | None:
    text = single.get(meaning)
    if text is not None and not WHOLE.fullmatch(text):
        raise Faulty(f"{meaning} must be a whole number, not “{text[:40]}”.")
    return None if text is None else int(text)


def _truth(single: dict[str, str], meaning: str) -> bool | None:
    text = single.get(meaning)
    if text is None:
        return None
    if text.lower() not in YES + NO:
        raise Faulty(f"{meaning} must be yes or no, not “{text[:40]}”.")
    return text.lower() in YES
