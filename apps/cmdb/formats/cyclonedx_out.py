"""Bills of materials written as CycloneDX 1.6 JSON: components, services, dependencies."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from apps.cmdb.formats import cyclonedx_rules as rules
from apps.cmdb.formats.packages import package_of
from apps.cmdb.formats.records import Faulty
from apps.cmdb.formats.things import NOTE, Map, Thing, note_of

VERSION = "1.6"
SCHEMA = f"http://cyclonedx.org/schema/bom-{VERSION}.schema.json"
KINDS = {"product": "application", "application": "application", "host": "device", "data-store": "data"}
OTHER = "library"
SERVICE = "service"
NATIVE = {"depends-on": "dependsOn", "provides": "provides"}


def write_cyclonedx(map: Map) -> Iterator[str]:
    """The whole map. Teams and value streams have no place in a bill of materials."""
    tools = {"components": [{"type": "application", "name": "Tidegate"}]}
    yield f'{{"$schema": "{SCHEMA}",\n"bomFormat": "CycloneDX", "specVersion": "{VERSION}", "version": 1'
    yield f',\n"metadata": {json.dumps({"tools": tools})}'
    yield from section("components", (_component(one) for one in map.things() if one.ci_type != SERVICE))
    yield from section("services", (_service(one) for one in map.things() if one.ci_type == SERVICE))
    yield from section("dependencies", (_dependency(one) for one in map.things()))
    yield "}\n"


def section(name: str, values: Iterable[dict[str, Any]]) -> Iterator[str]:
    """A member that is a list, an element at a time."""
    yield f',\n"{name}": ['
    separator = "\n"
    for value in values:
        yield separator + json.dumps(value, ensure_ascii=False)
        separator = ",\n"
    yield "\n]"


def _component(thing: Thing) -> dict[str, Any]:
    kind = thing.attributes.get("kind")
    known = kind if isinstance(kind, str) and kind in rules.TYPES else KINDS.get(thing.ci_type, OTHER)
    plain = {"type": known, **_said(thing)}
    whole = {**plain, **_packaged(thing.attributes)}
    try:
        rules.check_component(whole, VERSION)
    except Faulty:  # attributes that people filled in as they liked
        return plain
    return whole


def _service(thing: Thing) -> dict[str, Any]:
    return _said(thing)


def _said(thing: Thing) -> dict[str, Any]:
    links = [(one.meaning, one.key) for one in thing.ties if one.meaning not in NATIVE]
    said = ("name", "description") if thing.description else ("name",)
    part: dict[str, Any] = {"bom-ref": thing.key, "name": thing.name}
    version = thing.attributes.get("version")
    if isinstance(version, str) and version:
        part["version"] = version
    if thing.description:
        part["description"] = thing.description
    return {**part, "properties": [{"name": NOTE, "value": note_of(thing, said=said, links=links)}]}


def _packaged(attributes: dict[str, Any]) -> dict[str, Any]:
    """What tools look for: package URL, licences, checksums."""
    found: dict[str, Any] = {}
    if package_of(attributes.get("purl")):
        found["purl"] = attributes["purl"]
    if isinstance(attributes.get("cpe"), str) and attributes["cpe"]:
        found["cpe"] = attributes["cpe"]
    licenses = _texts(attributes.get("licenses"))
    if licenses:
        ids = rules.license_ids()
        found["licenses"] = [{"license": {"id" if one in ids else "name": one}} for one in licenses]
    hashes = [one.split(":", 1) for one in _texts(attributes.get("hashes")) if ":" in one]
    if hashes:
        found["hashes"] = [{"alg": algorithm, "content": content} for algorithm, content in hashes]
    return found


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _dependency(thing: Thing) -> dict[str, Any]:
    entry: dict[str, Any] = {"ref": thing.key}
    for tie in thing.ties:
        if tie.meaning in NATIVE:
            entry.setdefault(NATIVE[tie.meaning], []).append(tie.key)
    return entry
