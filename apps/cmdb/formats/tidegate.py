"""The CMDB's own export: one JSON document with everything that an import can take.

    {"format": "tidegate-cmdb", "version": 1,
     "teams": [{"slug", "name", "description"}],
     "value_streams": [{"slug", "name", "description", "owner"}],
     "items": [{"key", "name", "ci_type", "description", "lifecycle", "criticality", "owner", "release_managed",
                "needs_at_least", "attributes", "value_streams"}],
     "relationships": [{"source", "type", "target"}]}

Items are known by their key, so that an export read back finds every item it came from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from apps.cmdb.formats.files import Content
from apps.cmdb.formats.json_members import members_of
from apps.cmdb.formats.records import (
    LONGEST_TEXT,
    TEAM,
    VALUE_STREAM,
    Faulty,
    Item,
    Link,
    Links,
    Record,
    Rejected,
)
from apps.core.documents import storable
from apps.core.errors import FieldError, Invalid

FORMAT, VERSION = "tidegate-cmdb", 1
TEXTS = {"items": ("key", "name", "ci_type"), "teams": ("slug", "name"), "value_streams": ("slug", "name")}


def read_tidegate(content: Content) -> Iterator[Item]:
    """The records of an export. Raises Invalid when the document as a whole is not one."""
    header = {name: value for name, position, value in members_of(content) if position is None}
    if header.get("format") != FORMAT or header.get("version") != VERSION:
        detail = f"It must begin with “format”: “{FORMAT}” and “version”: {VERSION}."
        raise Invalid([FieldError("/format", "format", detail)])
    seen: dict[str, str] = {}
    links: dict[str, dict[Link, None]] = defaultdict(dict)
    for section, position, value in members_of(content):
        place = f"/{section}/{position}"
        if section in TEXTS and position is not None:
            yield _record(section, value, place, seen)
        elif section == "relationships" and position is not None:
            faulty = _take_link(value, place, links)
            if faulty is not None:
                yield faulty
    for identity in seen:
        yield Links(identity, tuple(links.pop(identity, {})))
    for source in links:
        yield Rejected(source, "/relationships", f"“{source}” has relationships but is not among the items.")


def _record(section: str, value: Any, place: str, seen: dict[str, str]) -> Record | Rejected:
    value = storable(value, LONGEST_TEXT)
    label = str(value.get("key") or value.get("slug") or place) if isinstance(value, dict) else place
    try:
        if not isinstance(value, dict):
            raise Faulty("It must be an object.")
        for name in TEXTS[section]:
            if not isinstance(value.get(name), str) or not value[name].strip():
                raise Faulty(f"{name} is missing.")
        if section != "items":
            return _group(section, value, place)
        if value["key"] in seen:
            raise Faulty(f"This key stands in the file twice; the first one ({seen[value['key']]}) counts.")
        record = _item(value, place)
        seen[value["key"]] = place
        return record
    except Faulty as error:
        return Rejected(label, place, str(error))


def _group(section: str, value: dict[str, Any], place: str) -> Record:
    kind, thing = ("group", TEAM) if section == "teams" else ("domain", VALUE_STREAM)
    return Record(
        identity=f"{kind}:default/{value['slug']}",
        location=place,
        thing=thing,
        name=value["name"],
        description=_of(value, "description", str),
        owner=_of(value, "owner", str),
    )


def _item(value: dict[str, Any], place: str) -> Record:
    streams = _of(value, "value_streams", list)
    if streams is not None and not all(isinstance(one, str) for one in streams):
        raise Faulty("value_streams must be a list of slugs.")
    return Record(
        identity=value["key"],
        key=value["key"],
        location=place,
        name=value["name"],
        ci_type=value["ci_type"],
        description=_of(value, "description", str),
        lifecycle=_of(value, "lifecycle", str),
        criticality=_of(value, "criticality", int),
        owner=_of(value, "owner", str),
        release_managed=_of(value, "release_managed", bool),
        redundancy=_of(value, "needs_at_least", int),
        attributes=_of(value, "attributes", dict) or {},
        value_streams=None if streams is None else tuple(streams),
    )


def _of(value: dict[str, Any], name: str, kind: type) -> Any:
    """The member when it is there; Faulty when it is of another kind."""
    one = value.get(name)
    if one is not None and (not isinstance(one, kind) or (kind is int and isinstance(one, bool))):
        words = {str: "a text", int: "a whole number", bool: "true or false", list: "a list", dict: "an object"}
        raise Faulty(f"{name} must be {words[kind]}.")
    return one


def _take_link(value: Any, place: str, links: dict[str, dict[Link, None]]) -> Rejected | None:
    ends = [value.get(name) for name in ("source", "type", "target")] if isinstance(value, dict) else []
    if len(ends) != 3 or not all(isinstance(one, str) and one for one in ends):
        return Rejected(place, place, "A relationship has a source, a type and a target.")
    source, kind, target = ends
    links[source][Link(kind, target)] = None
    return None
