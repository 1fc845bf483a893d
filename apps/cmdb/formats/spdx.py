"""SPDX documents 2.0 to 2.3 as JSON.

A package is known by its package URL without the version, else by its name. Its relationships of dependency and
containment become relationships; files and snippets are no items. No address in the document is ever fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from apps.cmdb.formats import spdx_rules as rules
from apps.cmdb.formats.files import Content
from apps.cmdb.formats.json_members import beginning_of, members_of
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
from apps.cmdb.formats.things import links_of, noted, read_note
from apps.core.documents import storable
from apps.core.errors import FieldError, Invalid

HEADER = ("spdxVersion", "SPDXID", "@graph")
TAG_VALUE = re.compile(r"(?:#[^\n]*\s+)*(?:SPDXVersion|DataLicense|SPDXID|DocumentName|DocumentNamespace): ")
LISTS = ("packages", "files", "snippets", "relationships")
CI_TYPES = {"APPLICATION": "application", "DEVICE": "host", "OPERATING-SYSTEM": "host"}


def read_spdx(content: Content) -> Iterator[Item]:
    """The packages of a document. Raises Invalid when the document as a whole is not SPDX 2."""
    _check_form(beginning_of(content).lstrip())
    _check_header(content)
    return _Reading().read(content)


def _check_form(begin: str) -> None:
    """The other ways to write SPDX are known by their first line, and are told apart from broken JSON."""
    form = "as tag-value" if TAG_VALUE.match(begin) else "as RDF/XML" if begin.startswith("<") else ""
    if form:
        detail = f"This is SPDX written {form} (line 1), which is not read. Write the document as SPDX 2.3 JSON."
        raise Invalid([FieldError("", "spdx_form", detail)])


def _check_header(content: Content) -> None:
    found: dict[str, Any] = {}
    for name, position, value in members_of(content):
        if name in HEADER:
            found[name] = value
        elif name in LISTS and position is None and value is not None:
            raise Invalid([FieldError(f"/{name}", "type", f"{name} must be a list.")])
    if "@graph" in found:
        detail = "This is SPDX 3 (JSON-LD), which is not read yet. Write the document as SPDX 2.3 JSON."
        raise Invalid([FieldError("/@graph", "spdx_version", detail)])
    version = found.get("spdxVersion")
    if not isinstance(version, str) or not rules.VERSION.fullmatch(version):
        detail = f"spdxVersion {str(version)[:20]!r} is not known. Known: SPDX-2.0 to SPDX-2.3."
        raise Invalid([FieldError("/spdxVersion", "spdx_version", detail)])
    if found.get("SPDXID") != rules.DOCUMENT:
        raise Invalid([FieldError("/SPDXID", "document_id", f"The document's SPDXID must be “{rules.DOCUMENT}”.")])


@dataclass
class _Reading:
    """One document being read: what it has named so far."""

    identity_of: dict[str, str] = field(default_factory=dict)  # SPDXID → identity
    others: set[str] = field(default_factory=set)  # files, snippets, rejected packages
    seen: dict[str, str] = field(default_factory=dict)  # identity → place
    versions: dict[str, set[str]] = field(default_factory=dict)
    links: dict[str, dict[Link, None]] = field(default_factory=dict)

    def read(self, content: Content) -> Iterator[Item]:
        for section, position, value in members_of(content):
            if section == "packages" and position is not None:
                yield self._package(storable(value, LONGEST_TEXT), f"/packages/{position}", _note(value))
            elif section in ("files", "snippets") and isinstance(value, dict):
                self.others.add(str(value.get("SPDXID")))
        for section, position, value in members_of(content):
            if section == "relationships" and position is not None:
                fault = self._relationship(value, f"/relationships/{position}")
                if fault is not None:
                    yield fault
        yield from self._found_later()

    def _package(self, package: Any, place: str, text: str | None) -> Item:
        reference = package.get("SPDXID") if isinstance(package, dict) else None
        try:
            rules.check_package(package)
            if reference in self.identity_of:
                raise Faulty(f"The SPDXID “{reference[:100]}” stands in the document twice.")
            note = None if text is None else read_note(text)
        except Faulty as error:
            if isinstance(reference, str) and reference not in self.identity_of:
                self.others.add(reference)
            return Rejected(_label(package, place), place, str(error))
        identity = _identity(package) if note is None else storable(note["key"], LONGEST_IDENTITY)
        self.identity_of[reference] = identity
        if package.get("versionInfo"):
            self.versions.setdefault(identity, set()).add(package["versionInfo"])
        if identity in self.seen:
            reason = f"It is the same package as {self.seen[identity]}; its version is listed there."
            return Skipped(_label(package, place), place, reason)
        self.seen[identity] = place
        record = _record(package, identity, place)
        if note is None:
            return record
        self.links.setdefault(identity, {}).update(links_of(note))
        return noted(record, note, identity=identity)

    def _relationship(self, relation: Any, place: str) -> Item | None:
        try:
            first, kind, second = rules.ends_of(relation)
        except Faulty as error:
            return Rejected(f"relationship at {place}", place, str(error))
        label = f"{first} {kind} {second}"[:300]
        for end in (first, second):
            if not self._is_known(end):
                return Rejected(label, place, f"It points at “{end[:100]}”, which is not in the document.")
        if first in self.identity_of and second in self.identity_of:
            found = rules.link_of(kind, self.identity_of[first], self.identity_of[second])
            if found is None:
                return Skipped(label, place, f"“{kind[:40]}” says nothing about how a service is built or run.")
            self.links.setdefault(found[0], {})[found[1]] = None
        return None

    def _is_known(self, reference: str) -> bool:
        if reference in self.identity_of or reference in self.others or reference in (rules.DOCUMENT, *rules.NOTHING):
            return True
        return reference.startswith(rules.ELSEWHERE)

    def _found_later(self) -> Iterator[Item]:
        for identity, versions in self.versions.items():
            if len(versions) > 1:
                yield Extra(identity, {"versions": sorted(versions)})
        for identity in self.seen:
            yield Links(identity, tuple(self.links.get(identity, {})))


def _note(package: Any) -> str | None:
    """What an export of ours noted beside what a package can say."""
    annotations = package.get("annotations") if isinstance(package, dict) else None
    comments = (
        [one.get("comment") for one in annotations if isinstance(one, dict)] if isinstance(annotations, list) else []
    )
    begun = (one for one in comments if isinstance(one, str) and one.startswith(rules.NOTE_BEGINS))
    return next((one.removeprefix(rules.NOTE_BEGINS) for one in begun), None)


def _label(package: Any, place: str) -> str:
    if not isinstance(package, dict) or not isinstance(package.get("name"), str):
        return place
    version = package.get("versionInfo")
    return f"{package['name']} {version}"[:300] if isinstance(version, str) and version else package["name"][:300]


def _identity(package: dict[str, Any]) -> str:
    return package_of(_located(package, "purl")) or storable(f"package:{package['name']}", LONGEST_IDENTITY)


def _located(package: dict[str, Any], kind: str) -> str:
    references = package.get("externalRefs") or []
    return next((one["referenceLocator"] for one in references if one["referenceType"].startswith(kind)), "")


def _record(package: dict[str, Any], identity: str, place: str) -> Record:
    return Record(
        identity=identity,
        location=place,
        name=storable(package["name"], LONGEST_NAME),
        ci_type=CI_TYPES.get(package.get("primaryPackagePurpose"), "component"),
        also_known_as=(("purl", identity),) if identity.startswith("pkg:") else (),
        description=package.get("description") or package.get("summary"),
        attributes=_attributes(package),
    )


def _attributes(package: dict[str, Any]) -> dict[str, Any]:
    purl = _located(package, "purl")
    said = [one for one in (package.get("licenseConcluded"), package.get("licenseDeclared")) if _says(one)]
    kept = {
        "kind": str(package.get("primaryPackagePurpose") or "").lower(),
        "version": package.get("versionInfo"),
        "purl": purl if package_of(purl) else None,
        "cpe": _located(package, "cpe"),
        "licenses": said[:1],
        "hashes": [f"{one['algorithm']}:{one['checksumValue'].lower()}" for one in package.get("checksums") or []],
        "supplier": package.get("supplier") if _says(package.get("supplier")) else None,
    }
    return {name: value for name, value in kept.items() if value}


def _says(value: Any) -> bool:
    return bool(value) and value not in rules.NOTHING
