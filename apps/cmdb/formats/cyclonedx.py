"""CycloneDX bills of materials, 1.2 to 1.7, JSON and XML.

A component is known by its package URL without the version, so that the next version of a product updates the same
items; several versions of one package in a document are one item with several versions. What a document is about
(`metadata.component`), its components and its services become items, its dependencies relationships, nested parts are
part of what holds them. Vulnerabilities are read by verification, not here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from apps.cmdb.formats import cyclonedx_rules as rules
from apps.cmdb.formats.cyclonedx_xml import header_of_xml, parts_of_xml
from apps.cmdb.formats.files import Content
from apps.cmdb.formats.json_members import members_of
from apps.cmdb.formats.packages import package_of
from apps.cmdb.formats.records import (
    LONGEST_IDENTITY,
    LONGEST_NAME,
    LONGEST_TEXT,
    Extra,
    Faulty,
    Item,
    Link,
    Links,
    Record,
    Rejected,
    Skipped,
)
from apps.cmdb.formats.things import NOTE, links_of, noted, read_note
from apps.cmdb.formats.xml_parts import is_xml
from apps.core.documents import storable
from apps.core.errors import FieldError, Invalid

ELSEWHERE = "urn:cdx:"
CI_TYPES = {"application": "application", "device": "host", "platform": "host", "operating-system": "host"}
DEEPEST_NESTING = 50
HEADER = ("bomFormat", "specVersion", "serialNumber", "metadata")
SECTIONS = ("components", "services", "dependencies")

Part = tuple[str, int | None, Any]


def read_cyclonedx(content: Content) -> Iterator[Item]:
    """The items of a bill of materials. Raises Invalid when the document as a whole is not one."""
    if is_xml(content):
        header = header_of_xml(content)
        return _Reading(header["specVersion"]).read(header, lambda: parts_of_xml(content))
    header = _header(content)
    _check_header(header)
    return _Reading(header["specVersion"]).read(header, lambda: members_of(content))


def _header(content: Content) -> dict[str, Any]:
    """What must be known before the parts can be judged, wherever it stands; the whole document is parsed for it once."""
    found: dict[str, Any] = {}
    for name, position, value in members_of(content):
        if name in HEADER:
            found[name] = value
        elif name in SECTIONS and position is None and value is not None:
            raise Invalid([FieldError(f"/{name}", "type", f"{name} must be a list.")])
    return found


def _check_header(header: dict[str, Any]) -> None:
    if header.get("bomFormat") != "CycloneDX":
        raise Invalid([FieldError("/bomFormat", "bom_format", "bomFormat must be “CycloneDX”.")])
    version = header.get("specVersion")
    if version not in rules.VERSIONS:
        known = ", ".join(rules.VERSIONS)
        detail = f"specVersion {str(version)[:20]!r} is not known. Known: {known}."
        raise Invalid([FieldError("/specVersion", "spec_version", detail)])


@dataclass
class _Reading:
    """One document being read: what it has named so far."""

    version: str
    identity_of: dict[str, str] = field(default_factory=dict)  # bom-ref → identity
    refused: set[str] = field(default_factory=set)  # bom-refs of rejected records
    seen: dict[str, str] = field(default_factory=dict)  # identity → place
    versions: dict[str, list[str]] = field(default_factory=dict)
    holders: dict[str, str] = field(default_factory=dict)  # identity → identity of what it is nested in
    links: dict[str, dict[Link, None]] = field(default_factory=dict)
    root: str = ""
    has_dependencies: bool = False
    is_noted: bool = False  # an export of ours says itself what is part of what

    def read(self, header: dict[str, Any], parts: Any) -> Iterator[Item]:
        metadata = header.get("metadata") or {}
        self._check_metadata(metadata)
        if metadata.get("component") is not None:
            yield from self._tree(metadata["component"], "/metadata/component", is_root=True)
        for section, position, value in parts():
            if section in ("components", "services"):
                yield from self._tree(value, f"/{section}/{position}", is_service=section == "services")
        for section, position, value in parts():
            if section == "dependencies":
                yield from self._dependency(value, f"/dependencies/{position}", parts)
        yield from self._found_later()

    def _check_metadata(self, metadata: Any) -> None:
        if not isinstance(metadata, dict):
            raise Invalid([FieldError("/metadata", "type", "metadata must be an object.")])
        try:
            rules.check_licenses(metadata.get("licenses"), self.version, "licenses")
        except Faulty as error:
            raise Invalid([FieldError("/metadata/licenses", "schema", str(error))]) from error

    def _tree(self, part: Any, place: str, *, is_service: bool = False, is_root: bool = False) -> Iterator[Item]:
        """A component or service and what is nested in it, each a record of its own."""
        waiting: list[tuple[Any, str, bool, str, int]] = [(part, place, is_service, "", 0)]
        while waiting:
            one, here, service, holder, depth = waiting.pop()
            if depth > DEEPEST_NESTING:
                yield Rejected(here, here, f"It is nested more than {DEEPEST_NESTING} levels deep.")
                continue
            identity, item = self._part(one, here, service)
            if item is not None:
                yield item
            if is_root and depth == 0:
                self.root = identity
            if identity and holder and identity != holder:
                self.holders[identity] = holder
            waiting.extend(reversed(list(_nested(one, here, identity or holder, depth + 1))))

    def _part(self, part: Any, place: str, is_service: bool) -> tuple[str, Item | None]:
        """The identity of the part, and its record unless an earlier part has brought it."""
        text = _note(part)
        part = storable(part, LONGEST_TEXT)
        reference = part.get("bom-ref") if isinstance(part, dict) else None
        try:
            (rules.check_service if is_service else rules.check_component)(part, self.version)
            if reference and reference in self.identity_of:
                raise Faulty(f"The bom-ref “{reference[:100]}” stands in the document twice.")
            note = None if text is None else read_note(text)
        except Faulty as error:
            if isinstance(reference, str) and reference not in self.identity_of:
                self.refused.add(reference)
            return "", Rejected(_label(part, place), place, str(error))
        identity = _identity(part, is_service) if note is None else storable(note["key"], LONGEST_IDENTITY)
        if reference:
            self.identity_of[reference] = identity
        if part.get("version"):
            self.versions.setdefault(identity, []).append(part["version"])
        if identity in self.seen:
            reason = f"It is the same package as {self.seen[identity]}; its version is listed there."
            return identity, Skipped(_label(part, place), place, reason)
        self.seen[identity] = place
        record = _record(part, identity, place, is_service)
        if note is None:
            return identity, record
        self.links.setdefault(identity, {}).update(links_of(note))
        self.is_noted = True
        return identity, noted(record, note, identity=identity)

    def _dependency(self, dependency: Any, place: str, parts: Any) -> Iterator[Item]:
        self.has_dependencies = True
        reference = dependency.get("ref") if isinstance(dependency, dict) else None
        label = f"dependency {reference[:200]}" if isinstance(reference, str) else f"dependency at {place}"
        try:
            targets = _targets(dependency)
        except Faulty as error:
            yield Rejected(label, place, str(error))
            return
        names = [reference, *(target for _meaning, target in targets)]
        unknown = [one for one in names if one not in self.identity_of]
        strange = [one for one in unknown if one not in self.refused and not one.startswith(ELSEWHERE)]
        if strange and (nowhere := sorted(set(strange) - _all_references(parts))):
            yield Rejected(label, place, f"It points at “{nowhere[0][:100]}”, which is not in the document.")
            return
        if unknown:
            yield Skipped(label, place, f"It points at “{unknown[0][:100]}”, which was not taken from this document.")
        if reference in self.identity_of:
            self._link(self.identity_of[reference], targets)

    def _link(self, source: str, targets: Iterable[tuple[str, str]]) -> None:
        links = self.links.setdefault(source, {})
        for meaning, reference in targets:
            target = self.identity_of.get(reference)
            if target is not None and target != source:
                links[Link(meaning, target)] = None

    def _found_later(self) -> Iterator[Item]:
        """What only the whole document tells: other versions, and how the parts hang together.

        A document without any dependencies still says that its components are part of what it is about.
        """
        for identity, versions in self.versions.items():
            different = sorted(set(versions))
            if len(different) > 1:
                yield Extra(identity, {"versions": different})
        for identity in self.seen:
            links = self.links.get(identity, {})
            holder = self.holders.get(identity)
            if holder is None and self.root and not (self.has_dependencies or self.is_noted) and identity != self.root:
                holder = self.root
            if holder is not None:
                links = {**links, Link("part-of", holder): None}
            yield Links(identity, tuple(links))


def _note(part: Any) -> Any:
    """What an export of ours noted beside what a bill of materials can say."""
    properties = part.get("properties") if isinstance(part, dict) else None
    found = properties if isinstance(properties, list) else ()
    return next((one.get("value") for one in found if isinstance(one, dict) and one.get("name") == NOTE), None)


def _nested(part: Any, place: str, holder: str, depth: int) -> Iterator[tuple[Any, str, bool, str, int]]:
    if not isinstance(part, dict):
        return
    for name in ("components", "services"):
        inner = part.get(name)
        for position, one in enumerate(inner if isinstance(inner, list) else ()):
            yield one, f"{place}/{name}/{position}", name == "services", holder, depth


def _label(part: Any, place: str) -> str:
    if not isinstance(part, dict) or not isinstance(part.get("name"), str):
        return place
    names = [part.get("group"), part["name"]]
    name = "/".join(one for one in names if isinstance(one, str) and one)
    version = part.get("version")
    return f"{name} {version}"[:300] if isinstance(version, str) and version else name[:300]


def _identity(part: dict[str, Any], is_service: bool) -> str:
    """The package URL without its version; without one the type, group and name."""
    package = None if is_service else package_of(part.get("purl"))
    if package:
        return package
    kind = "service" if is_service else part["type"]
    return storable(f"{kind}:{part.get('group') or ''}/{part['name']}", LONGEST_IDENTITY)


def _record(part: dict[str, Any], identity: str, place: str, is_service: bool) -> Record:
    group, name = part.get("group") or "", part["name"]
    return Record(
        identity=identity,
        location=place,
        name=storable(f"{group}/{name}" if group else name, LONGEST_NAME),
        ci_type="service" if is_service else CI_TYPES.get(part["type"], "component"),
        also_known_as=(("purl", identity),) if identity.startswith("pkg:") else (),
        description=part.get("description"),
        attributes=_attributes(part, is_service),
    )


def _attributes(part: dict[str, Any], is_service: bool) -> dict[str, Any]:
    supplier = part.get("supplier") or part.get("provider")
    kept = {
        "kind": "service" if is_service else part["type"],
        "version": part.get("version"),
        "purl": part.get("purl") if package_of(part.get("purl")) else None,
        "cpe": part.get("cpe"),
        "scope": part.get("scope"),
        "licenses": _licenses(part.get("licenses")),
        "hashes": [f"{one['alg']}:{one['content'].lower()}" for one in part.get("hashes") or []],
        "supplier": supplier.get("name") if isinstance(supplier, dict) else None,
        "endpoints": part.get("endpoints") if is_service else None,
    }
    return {name: value for name, value in kept.items() if value}


def _licenses(choices: Any) -> list[str]:
    found = [
        choice.get("expression") or choice["license"].get("id") or choice["license"].get("name")
        for choice in choices or []
    ]
    return [one for one in found if one]


def _targets(dependency: Any) -> list[tuple[str, str]]:
    """(relationship type, bom-ref) of everything the entry names. Raises Faulty when it is not one."""
    if not isinstance(dependency, dict):
        raise Faulty("It must be an object with ref and dependsOn.")
    if not isinstance(dependency.get("ref"), str) or not dependency["ref"]:
        raise Faulty("ref is missing: whose dependencies are these?")
    found = []
    for name, meaning in (("dependsOn", "depends-on"), ("provides", "provides")):
        values = dependency.get(name)
        if values is None:
            continue
        if not isinstance(values, list) or not all(isinstance(one, str) and one for one in values):
            raise Faulty(f"{name} must be a list of bom-refs.")
        found += [(meaning, one) for one in values]
    return found


def _all_references(parts: Any) -> set[str]:
    """Every bom-ref of the document, also of what is no item: licences, vulnerabilities, formulas."""
    found: set[str] = set()
    waiting = [value for _name, _position, value in parts()]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if isinstance(one.get("bom-ref"), str):
                found.add(one["bom-ref"])
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return found
