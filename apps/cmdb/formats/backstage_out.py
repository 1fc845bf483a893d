"""Catalogs written for Backstage: one entity a document, teams as Groups, value streams as Domains."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from apps.cmdb.formats.backstage import ANNOTATION, UNOWNED
from apps.cmdb.formats.things import Group, Map, Thing, Tie, name_from, note_of

Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
API_VERSION = "backstage.io/v1alpha1"
NAME = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")
LONGEST_NAME = 63
# CI type: (kind, spec.type)
KINDS = {
    "product": ("System", "product"),
    "api": ("API", "openapi"),
    "service": ("Component", "service"),
    "application": ("Component", "website"),
    "component": ("Component", "library"),
    "document": ("Component", "documentation"),
    "data-store": ("Resource", "database"),
    "host": ("Resource", "host"),
}
OTHER = "Resource"
LIFECYCLES = {"live": "production", "planned": "experimental", "retired": "retired"}
# (relationship type, kind of the source, kind of the target): member of spec that holds several
LISTS = {
    ("depends-on", "Component", "Component"): "dependsOn",
    ("depends-on", "Component", "Resource"): "dependsOn",
    ("depends-on", "Resource", "Component"): "dependsOn",
    ("depends-on", "Resource", "Resource"): "dependsOn",
    ("provides", "Component", "API"): "providesApis",
    ("consumes", "Component", "API"): "consumesApis",
}
# the same, for members that hold one
SINGLE = {
    ("part-of", "Component", "Component"): "subcomponentOf",
    ("part-of", "Component", "System"): "system",
    ("part-of", "API", "System"): "system",
    ("part-of", "Resource", "System"): "system",
}
KEPT = {"labels": dict, "annotations": dict, "tags": list, "links": list}
ELSEWHERE = "The definition is kept by the provider of the API."


def write_backstage(map: Map) -> Iterator[str]:
    """The whole map as the documents of one file."""
    for team in map.teams():
        yield _document(_group(team))
    for stream in map.value_streams():
        yield _document(_domain(stream))
    for thing in map.things():
        yield _document(_entity(thing))


def _document(entity: dict[str, Any]) -> str:
    return yaml.dump(
        entity, Dumper=Dumper, explicit_start=True, allow_unicode=True, sort_keys=False, default_flow_style=False
    )


def _group(team: Group) -> dict[str, Any]:
    spec = {"type": "team", "profile": {"displayName": team.name}, "children": []}
    return _whole("Group", _metadata(team), spec)


def _domain(stream: Group) -> dict[str, Any]:
    return _whole("Domain", _metadata(stream), {"owner": _owner(stream.owner)})


def _metadata(group: Group) -> dict[str, Any]:
    said = {"name": group.slug, "title": group.name}
    return {**said, "description": group.description} if group.description else said


def _whole(kind: str, metadata: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def _owner(slug: str | None) -> str:
    return f"group:default/{slug}" if slug else UNOWNED


def _entity(thing: Thing) -> dict[str, Any]:
    kind, what = KINDS.get(thing.ci_type, (OTHER, thing.ci_type))
    spec: dict[str, Any] = {"type": what, "lifecycle": LIFECYCLES[thing.lifecycle], "owner": _owner(thing.owner)}
    if kind == "System":
        spec = {"owner": spec["owner"]}
    links = _relate(thing, kind, spec)
    if kind == "API":
        spec["definition"] = ELSEWHERE
    note = note_of(thing, said=("name", "owner", *(("description",) if thing.description else ())), links=links)
    kept = {name: thing.attributes[name] for name, type in KEPT.items() if isinstance(thing.attributes.get(name), type)}
    metadata: dict[str, Any] = {"name": name_of(thing.key), "title": thing.name}
    if thing.description:
        metadata["description"] = thing.description
    metadata |= kept
    metadata["annotations"] = {**kept.get("annotations", {}), ANNOTATION: note}
    return _whole(kind, metadata, spec)


def _relate(thing: Thing, kind: str, spec: dict[str, Any]) -> list[tuple[str, str]]:
    """Say the relationships that the kind has a member for; the others are handed back for the note."""
    others = []
    for tie in thing.ties:
        ends = (tie.meaning, kind, KINDS.get(tie.ci_type, (OTHER, ""))[0])
        if ends in LISTS:
            spec.setdefault(LISTS[ends], []).append(_reference(tie))
        elif ends in SINGLE and SINGLE[ends] not in spec:
            spec[SINGLE[ends]] = _reference(tie)
        else:
            others.append((tie.meaning, _reference(tie)))
    return others


def _reference(tie: Tie) -> str:
    kind = KINDS.get(tie.ci_type, (OTHER, ""))[0]
    return f"{kind.lower()}:default/{name_of(tie.key)}"


def name_of(key: str) -> str:
    return name_from(key, NAME, LONGEST_NAME)
