"""CycloneDX bills of materials in JSON, versions 1.2 to 1.7, checked against the published schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, FormatChecker
from referencing import Registry, Resource

from apps.core.errors import FieldError
from apps.verification.evidence import faults
from apps.verification.evidence.digests import normal_set
from apps.verification.evidence.names import Thing
from apps.verification.evidence.sbom_document import Sbom

SCHEMAS = Path(__file__).resolve().parent.parent / "schemas" / "cyclonedx"
# 1.2 and 1.3 are subsets of 1.4 apart from the address of their schema, which is not looked at.
SCHEMA_OF = {"1.2": "1.4", "1.3": "1.4", "1.4": "1.4", "1.5": "1.5", "1.6": "1.6", "1.7": "1.7"}
ELSEWHERE = "urn:cdx:"
# Signed documents are told apart from broken ones by this format alone. Which others jsonschema would check depends on
# what happens to be installed; its check of IRIs takes a minute on a large document.
FORMATS = FormatChecker(formats=("uri",))


def is_cyclonedx(document: dict[str, Any]) -> bool:
    return "bomFormat" in document or "cyclonedx" in str(document.get("$schema", ""))


def read_cyclonedx(document: dict[str, Any]) -> Sbom:
    """The bill of materials. Raises Invalid with the place of every fault (up to twenty)."""
    faults.refuse(_faults(document), "a valid CycloneDX document")
    metadata = document.get("metadata") or {}
    root = metadata.get("component")
    things = [_thing(component) for component in _components(document)]
    return Sbom(
        format="CycloneDX",
        format_version=document["specVersion"],
        root=_thing(root) if root else None,
        things=tuple(things),
        created_at=str(metadata.get("timestamp") or ""),
        serial_number=str(document.get("serialNumber") or ""),
    )


def _faults(document: dict[str, Any]) -> Iterator[FieldError]:
    version = document.get("specVersion")
    if document.get("bomFormat") != "CycloneDX":
        yield FieldError("/bomFormat", "bom_format", "bomFormat must be “CycloneDX”.")
    elif not isinstance(version, str) or version not in SCHEMA_OF:
        known = ", ".join(SCHEMA_OF)
        yield FieldError("/specVersion", "spec_version", f"specVersion {version!r} is not known. Known: {known}.")
    else:
        document = {name: value for name, value in document.items() if name != "$schema"}
        yield from map(faults.schema_fault, _validator(SCHEMA_OF[version]).iter_errors(document))
        yield from _reference_faults(document)


def _reference_faults(document: dict[str, Any]) -> Iterator[FieldError]:
    """References that a schema cannot check: each dependency points at something in this document, or is a BOM-Link."""
    known = set(_references(document))
    for position, dependency in enumerate(_list(document, "dependencies")):
        if not isinstance(dependency, dict):
            continue
        targets = [dependency.get("ref"), *_list(dependency, "dependsOn"), *_list(dependency, "provides")]
        for target in targets:
            if isinstance(target, str) and target not in known and not target.startswith(ELSEWHERE):
                detail = f"The dependency points at {target!r}, which is not in the document."
                yield FieldError(f"/dependencies/{position}", "dangling_reference", detail)


def _references(value: Any) -> Iterator[str]:
    """Every bom-ref of the document, wherever it stands."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if isinstance(one.get("bom-ref"), str):
                yield one["bom-ref"]
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _components(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Components and what is nested in them, in the order of the document."""
    waiting = list(reversed(_list(document, "components")))
    root = (document.get("metadata") or {}).get("component") or {}
    waiting[:0] = reversed(_list(root, "components"))
    while waiting:
        component = waiting.pop()
        yield component
        waiting.extend(reversed(_list(component, "components")))


def _thing(component: dict[str, Any]) -> Thing:
    group, name = str(component.get("group") or ""), str(component.get("name") or "")
    return Thing(
        name=f"{group}/{name}" if group else name,
        version=str(component.get("version") or ""),
        purl=str(component.get("purl") or ""),
        digests=normal_set(f"{one.get('alg', '')}:{one.get('content', '')}" for one in _list(component, "hashes")),
        licenses=tuple(filter(None, map(_license, _list(component, "licenses")))),
    )


def _license(choice: dict[str, Any]) -> str:
    chosen = choice.get("license") or {}
    return str(choice.get("expression") or chosen.get("id") or chosen.get("name") or "")


def _list(holder: Any, name: str) -> list[Any]:
    found = holder.get(name) if isinstance(holder, dict) else None
    return found if isinstance(found, list) else []


@cache
def _validator(version: str) -> Draft7Validator:
    schemas = {path.name: json.loads(path.read_text("utf-8")) for path in SCHEMAS.glob("*.schema.json")}
    resources = [(schema["$id"], Resource.from_contents(schema)) for schema in schemas.values()]
    registry = Registry().with_resources(resources)
    return Draft7Validator(schemas[f"bom-{version}.schema.json"], registry=registry, format_checker=FORMATS)
