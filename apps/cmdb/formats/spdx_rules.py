"""What SPDX 2 asks of a package and of a relationship, as its JSON schema says it. Each fault is a sentence."""

from __future__ import annotations

import re
from typing import Any

from apps.cmdb.formats.records import Faulty, Link

VERSION = re.compile(r"SPDX-2\.[0-3]")
ELEMENT = re.compile(r"SPDXRef-[A-Za-z0-9.\-]+")
DOCUMENT = "SPDXRef-DOCUMENT"
ELSEWHERE = "DocumentRef-"
ANNOTATOR = "Tool: Tidegate"
NOTE_BEGINS = "tidegate:item "  # how an annotation of an export of ours begins
NOTHING = ("NONE", "NOASSERTION")
REQUIRED = ("name", "downloadLocation")  # SPDX 2.3, 7.1 and 7.7
TEXTS = ("versionInfo", "supplier", "description", "summary", "licenseConcluded", "licenseDeclared")
HEX = re.compile(r"[0-9A-Fa-f]+")

# SPDX 2.3, 11.1: type → (relationship type, whether the first element is the one that is depended on or held)
MEANINGS = {
    "DEPENDS_ON": ("depends-on", False),
    "DYNAMIC_LINK": ("depends-on", False),
    "STATIC_LINK": ("depends-on", False),
    "HAS_PREREQUISITE": ("depends-on", False),
    "DEPENDENCY_OF": ("depends-on", True),
    "RUNTIME_DEPENDENCY_OF": ("depends-on", True),
    "PROVIDED_DEPENDENCY_OF": ("depends-on", True),
    "OPTIONAL_DEPENDENCY_OF": ("depends-on", True),
    "OPTIONAL_COMPONENT_OF": ("part-of", False),
    "PREREQUISITE_FOR": ("depends-on", True),
    "CONTAINED_BY": ("part-of", False),
    "CONTAINS": ("part-of", True),
    "PACKAGE_OF": ("part-of", False),
}


def check_package(package: Any) -> None:
    """Raises Faulty with the first fault, in words."""
    if not isinstance(package, dict):
        raise Faulty("It must be an object.")
    identity = package.get("SPDXID")
    if not isinstance(identity, str) or not ELEMENT.fullmatch(identity):
        raise Faulty("SPDXID must be “SPDXRef-” and letters, digits, dots or hyphens.")
    for name in REQUIRED:
        if not isinstance(package.get(name), str) or not package[name].strip():
            raise Faulty(f"{name} is missing.")
    for name in TEXTS:
        if package.get(name) is not None and not isinstance(package[name], str):
            raise Faulty(f"{name} must be a text.")
    _check_list(package, "checksums", ("algorithm", "checksumValue"))
    _check_list(package, "externalRefs", ("referenceCategory", "referenceType", "referenceLocator"))
    for one in package.get("checksums") or []:
        if not HEX.fullmatch(one["checksumValue"]):
            raise Faulty(f"The {one['algorithm'][:20]} checksum is not hexadecimal.")


def _check_list(package: dict[str, Any], name: str, texts: tuple[str, ...]) -> None:
    values = package.get(name)
    if values is None:
        return
    if not isinstance(values, list) or not all(isinstance(one, dict) for one in values):
        raise Faulty(f"{name} must be a list of objects.")
    for one in values:
        for text in texts:
            if not isinstance(one.get(text), str) or not one[text]:
                raise Faulty(f"{name}: {text} is missing.")


def ends_of(relation: Any) -> tuple[str, str, str]:
    """(element, type, related element). Raises Faulty when it is not a relationship."""
    names = ("spdxElementId", "relationshipType", "relatedSpdxElement")
    values = tuple(relation.get(name) for name in names) if isinstance(relation, dict) else ()
    if len(values) != 3 or not all(isinstance(one, str) and one for one in values):
        raise Faulty("A relationship has spdxElementId, relationshipType and relatedSpdxElement.")
    return values


def link_of(kind: str, first: str, second: str) -> tuple[str, Link] | None:
    """(identity whose link it is, link) for a type that means something here."""
    meaning, is_turned = MEANINGS.get(kind, ("", False))
    if not meaning or first == second:
        return None
    source, target = (second, first) if is_turned else (first, second)
    return source, Link(meaning, target)
