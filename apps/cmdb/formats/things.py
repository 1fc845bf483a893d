"""What an export writes, whatever its format: things and how they hang together, without a database.

Beside what a format can say itself, each thing carries a note in the format's own place for extensions: our key, and
everything that the format has no words for. Who reads the file elsewhere may ignore the note; we find the item again by
it. What the format says itself counts more than the note.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2s
from typing import Any, Protocol

from apps.cmdb.formats.records import LONGEST_TEXT, Faulty, Link, Record
from apps.core.documents import storable

NOTE = "tidegate:item"
TEXTS, NUMBERS = ("key", "name", "description", "ci_type", "lifecycle", "owner"), ("criticality", "redundancy")
MEMBERS = {**dict.fromkeys(TEXTS, str), **dict.fromkeys(NUMBERS, int), "release_managed": bool, "attributes": dict}


@dataclass(frozen=True, slots=True)
class Tie:
    """A relationship of a thing to another: its meaning, and which."""

    meaning: str
    key: str
    ci_type: str
    identity: str = ""  # what the source of the export calls the other


@dataclass(frozen=True, slots=True)
class Thing:
    """One configuration item, as it is written out."""

    key: str
    name: str
    ci_type: str
    description: str
    lifecycle: str
    criticality: int
    owner: str | None
    release_managed: bool
    redundancy: int | None
    attributes: dict[str, Any]
    value_streams: tuple[str, ...]
    ties: tuple[Tie, ...]
    incoming: tuple[Tie, ...] = ()  # only for tables that have a column for them
    identity: str = ""  # what the source of the export calls it


@dataclass(frozen=True, slots=True)
class Group:
    """A team, or a value stream with the team that owns it."""

    slug: str
    name: str
    description: str
    owner: str | None = None


class Map(Protocol):
    """The map, as often as a writer asks for it, a piece at a time."""

    def teams(self) -> Iterator[Group]: ...

    def value_streams(self) -> Iterator[Group]: ...

    def things(self) -> Iterator[Thing]: ...


def note_of(thing: Thing, *, said: Iterable[str], links: Iterable[tuple[str, str]]) -> str:
    """The note: all that the format does not say itself (`said`), and the relationships that it has no words for."""
    whole: dict[str, Any] = {
        "key": thing.key,
        "name": thing.name,
        "description": thing.description,
        "ci_type": thing.ci_type,
        "lifecycle": thing.lifecycle,
        "criticality": thing.criticality,
        "owner": thing.owner or "",
        "release_managed": thing.release_managed,
        "redundancy": thing.redundancy,
        "attributes": thing.attributes,
        "value_streams": list(thing.value_streams),
        "links": [list(one) for one in links],
    }
    left = {name: value for name, value in whole.items() if name not in set(said) and value is not None}
    return json.dumps(left, separators=(",", ":"), sort_keys=True)


def read_note(text: Any) -> dict[str, Any]:
    """The note of an export of ours. Raises Faulty when somebody has bent it."""
    try:
        note = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        note = None
    if not isinstance(note, dict) or not isinstance(note.get("key"), str) or not note["key"]:
        raise Faulty(f"{NOTE} is not what an export wrote there; take it away, and the rest is read as of any tool.")
    note = storable(note, LONGEST_TEXT)
    for name, kind in MEMBERS.items():
        value = note.get(name)
        if value is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            raise Faulty(f"{NOTE}: {name} is not of the kind that an export writes.")
    _check_lists(note)
    return note


def _check_lists(note: dict[str, Any]) -> None:
    streams, links = note.get("value_streams", []), note.get("links", [])
    if not isinstance(streams, list) or not all(isinstance(one, str) for one in streams):
        raise Faulty(f"{NOTE}: value_streams must be a list of slugs.")
    is_pair = [isinstance(one, list) and [type(word) for word in one] == [str, str] for one in links]
    if not isinstance(links, list) or not all(is_pair):
        raise Faulty(f"{NOTE}: links must be pairs of a relationship type and a name.")


def noted(record: Record, note: Mapping[str, Any], *, identity: str = "") -> Record:
    """The record as the note completes it; `identity` where the format's own names are not one to an item."""
    fields = {name: note[name] for name in MEMBERS if name in note and name != "attributes"}
    attributes = dict(note.get("attributes", record.attributes))
    if "version" in attributes and isinstance(record.attributes.get("version"), str):
        attributes["version"] = record.attributes["version"]
    return replace(
        record,
        **fields,
        identity=identity or record.identity,
        attributes=attributes,
        value_streams=tuple(note.get("value_streams", ())),
        also_known_as=(),
    )


def links_of(note: Mapping[str, Any]) -> dict[Link, None]:
    return {Link(meaning, target): None for meaning, target in note.get("links", ())}


def name_from(key: str, allowed: re.Pattern[str], longest: int) -> str:
    """The key where it is a name that the format allows, else a name made of it: always the same, never another's."""
    if allowed.fullmatch(key) and len(key) <= longest:
        return key
    digest = blake2s(key.encode(), digest_size=6).hexdigest()
    plain = re.sub(r"[^A-Za-z0-9]+", "-", key).strip("-").lower()[: longest - len(digest) - 1].strip("-")
    return f"{plain}-{digest}" if plain else f"ci-{digest}"
