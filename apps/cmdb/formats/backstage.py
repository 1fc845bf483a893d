"""Backstage catalogs: `catalog-info.yaml`, one entity a document.

Entities are known by `kind:namespace/name`, never by `uid`. Groups become teams, Domains value streams, everything that
is built or run a configuration item (docs/decisions: how Backstage maps). Users, Locations and Templates are left out:
a catalog makes no accounts, and no address in it is ever fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from apps.cmdb.formats.files import Content
from apps.cmdb.formats.records import (
    ITEM,
    LONGEST_TEXT,
    TEAM,
    VALUE_STREAM,
    Faulty,
    Item,
    Link,
    Record,
    Rejected,
    Skipped,
)
from apps.cmdb.formats.things import links_of, noted, read_note
from apps.cmdb.formats.yaml_documents import Document, read_documents
from apps.cmdb.naming import slug_from
from apps.core.documents import storable
from apps.core.errors import FieldError, Invalid

NAME = re.compile(r"[A-Za-z0-9]+(?:[-_.]+[A-Za-z0-9]+)*")
NAMESPACE = re.compile(r"[A-Za-z0-9]+(?:[-_.]+[A-Za-z0-9]+)*")
GROUPED = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+/v\d\w*", re.IGNORECASE)
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
EXPRESSION = re.compile(r"\$\{\{|\{\{|\{%")
LONGEST_PART = 63
DEFAULT_NAMESPACE = "default"
ANNOTATION = "tidegate/item"  # what an export of ours noted beside what the catalog can say
UNOWNED = "unknown"  # an owner is asked of every entity

THINGS = {"group": TEAM, "domain": VALUE_STREAM}
LEFT_OUT = {
    "user": "A catalog makes no accounts: people are invited by an administrator.",
    "location": "It points to other files; import those. No address in a file is ever fetched.",
    "template": "It describes how new software is made, not something that runs.",
}
COMPONENT_TYPES = {
    "service": "service",
    "website": "application",
    "application": "application",
    "app": "application",
    "mobile-app": "application",
    "documentation": "document",
}
RESOURCE_TYPES = {
    "data-store": "database db datastore data-store s3-bucket bucket storage cache queue topic stream kafka-topic table",
    "host": "host server vm virtual-machine node machine cluster kubernetes-cluster kubernetes-namespace",
}
TYPE_OF_RESOURCE = {word: slug for slug, words in RESOURCE_TYPES.items() for word in words.split()}
LIFECYCLES = {
    "production": "live",
    "deprecated": "live",
    "experimental": "planned",
    "planned": "planned",
    "retired": "retired",
    "decommissioned": "retired",
}
REQUIRED = {
    "component": ("type", "lifecycle", "owner"),
    "api": ("type", "lifecycle", "owner"),
    "resource": ("type", "owner"),
    "system": ("owner",),
    "domain": ("owner",),
    "group": ("type",),
}
# member of spec: (relationship type, kind that a short reference means, read backwards)
RELATIONS = {
    "dependsOn": ("depends-on", "component", False),
    "dependencyOf": ("depends-on", "component", True),
    "providesApis": ("provides", "api", False),
    "consumesApis": ("consumes", "api", False),
    "subcomponentOf": ("part-of", "component", False),
    "system": ("part-of", "system", False),
}
KEPT_OF_METADATA = ("title", "labels", "annotations", "tags", "links")


def read_backstage(content: Content) -> Iterator[Item]:
    """The entities of a catalog file. Raises Invalid when it is not YAML, or holds no entity at all."""
    seen: dict[str, str] = {}
    entities = 0
    for document in read_documents(content):
        if document.value is None:
            continue
        if not _is_entity(document.value):
            yield _not_an_entity(document)
            continue
        entities += 1
        yield from _read(document, seen)
    if not entities:
        hint = "An entity has apiVersion, kind and metadata.name; this file has none."
        raise Invalid([FieldError("", "no_entities", hint)])


def _is_entity(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("kind"), str) and isinstance(value.get("metadata"), dict)


def _not_an_entity(document: Document) -> Rejected:
    what = (
        "a list" if isinstance(document.value, list) else "a mapping" if isinstance(document.value, dict) else "a text"
    )
    reason = f"It is {what}, not an entity: apiVersion, kind and metadata are needed."
    return Rejected(f"document {document.number}", document.place, reason)


def _read(document: Document, seen: dict[str, str]) -> Iterator[Item]:
    entity = storable(document.value, LONGEST_TEXT)
    identity = ""
    try:
        identity, namespace = _identity(entity)
        if identity in seen:
            raise Faulty(f"This entity stands in the file twice; the first one ({seen[identity]}) counts.")
        seen[identity] = document.place
        kind = entity["kind"].lower()
        if kind in LEFT_OUT:
            yield Skipped(identity, document.place, LEFT_OUT[kind])
            return
        record = _record(entity, identity, namespace, document.place)
        note = _note(document.value)
        yield record if note is None else _noted(record, read_note(note), entity["metadata"])
    except Faulty as error:
        yield Rejected(_label(entity, document), document.place, str(error), identity)


def _note(entity: dict[str, Any]) -> Any:
    annotations = entity["metadata"].get("annotations")
    return annotations.get(ANNOTATION) if isinstance(annotations, dict) else None


def _noted(record: Record, note: dict[str, Any], metadata: dict[str, Any]) -> Record:
    """The entity of an export: its title is the item's name, and nobody is an owner who stands for none."""
    is_owned = record.owner != reference(UNOWNED, "group", DEFAULT_NAMESPACE, "spec.owner")
    title = metadata.get("title")
    whole = noted(record, note)
    return replace(
        whole,
        name=title if isinstance(title, str) and title else record.name,
        owner=whole.owner if is_owned else None,
        links=tuple({**dict.fromkeys(record.links or ()), **links_of(note)}),
    )


def _label(entity: dict[str, Any], document: Document) -> str:
    """What the report calls the record, whatever is wrong with it."""
    name = entity["metadata"].get("name")
    return f"{entity['kind']}:{name}"[:200] if name else f"{entity['kind']} in document {document.number}"[:200]


def _identity(entity: dict[str, Any]) -> tuple[str, str]:
    """`kind:namespace/name` in lower case, and the namespace. Raises Faulty when it has none to go by."""
    metadata = entity["metadata"]
    if not isinstance(entity.get("apiVersion"), str) or not entity["apiVersion"].strip():
        raise Faulty("apiVersion is missing.")
    name, namespace = metadata.get("name"), metadata.get("namespace")
    for place, text in (("kind", entity["kind"]), ("metadata.name", name), ("metadata.namespace", namespace)):
        if isinstance(text, str) and EXPRESSION.search(text):
            raise Faulty(f"{place} is a template expression that was never filled in: {text[:80]}")
    if not isinstance(name, str) or not name:
        raise Faulty("metadata.name is missing.")
    _check_part("metadata.name", name, NAME)
    if namespace is None:
        namespace = DEFAULT_NAMESPACE
    if not isinstance(namespace, str):
        raise Faulty("metadata.namespace must be a text.")
    _check_part("metadata.namespace", namespace, NAMESPACE)
    return f"{entity['kind']}:{namespace}/{name}".lower(), namespace.lower()


def _check_part(place: str, text: str, pattern: re.Pattern) -> None:
    if len(text) > LONGEST_PART:
        raise Faulty(f"{place} is longer than {LONGEST_PART} characters.")
    if not pattern.fullmatch(text):
        raise Faulty(f"{place} “{text}” is not a name: letters and digits, separated by - _ or . only.")


def _record(entity: dict[str, Any], identity: str, namespace: str, place: str) -> Record:
    kind, spec = entity["kind"].lower(), entity.get("spec")
    metadata = entity["metadata"]
    if kind not in REQUIRED and not GROUPED.fullmatch(entity["apiVersion"].strip()):
        raise Faulty(f"{entity['kind']} of {entity['apiVersion'][:60]} is not a kind of catalog entity.")
    if spec is None:
        spec = {}
    if not isinstance(spec, dict):
        raise Faulty("spec must be a mapping.")
    _check_required(kind, spec)
    thing = THINGS.get(kind, ITEM)
    return Record(
        identity=identity,
        location=place,
        thing=thing,
        name=_name(thing, metadata, spec),
        ci_type=_ci_type(entity["kind"], spec) if thing == ITEM else "",
        description=_text(metadata.get("description"), "metadata.description"),
        lifecycle=_lifecycle(spec),
        owner=_owner(spec, namespace),
        attributes=_attributes(entity, namespace, spec) if thing == ITEM else {},
        value_streams=_domains(spec, namespace) if kind == "system" else None,
        links=tuple(dict.fromkeys(_links(identity, spec, namespace))) if thing == ITEM else (),
    )


def _check_required(kind: str, spec: dict[str, Any]) -> None:
    for member in REQUIRED.get(kind, ()):
        value = spec.get(member)
        if value is None or value == "":
            raise Faulty(f"spec.{member} is missing.")
        if not isinstance(value, str):
            raise Faulty(f"spec.{member} must be a text.")
        if EXPRESSION.search(value):
            raise Faulty(f"spec.{member} is a template expression that was never filled in: {value[:80]}")


def _name(thing: str, metadata: dict[str, Any], spec: dict[str, Any]) -> str:
    """A team is called what people call it; an item keeps its name, its title is an attribute."""
    profile = spec.get("profile")
    shown = profile.get("displayName") if thing == TEAM and isinstance(profile, dict) else None
    titled = metadata.get("title") if thing != ITEM else None
    return next((one for one in (shown, titled) if isinstance(one, str) and one), metadata["name"])


def _ci_type(kind: str, spec: dict[str, Any]) -> str:
    """The CI type; of a kind that is not Backstage's own the type of that name, which staff may have added."""
    word = str(spec.get("type") or "").lower()
    if kind.lower() == "component":
        return COMPONENT_TYPES.get(word, "component")
    if kind.lower() == "resource":
        return TYPE_OF_RESOURCE.get(word, "resource")
    return {"api": "api", "system": "product"}.get(kind.lower()) or slug_from(CAMEL.sub("-", kind))


def _text(value: Any, place: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise Faulty(f"{place} must be a text.")
    return value


def _lifecycle(spec: dict[str, Any]) -> str | None:
    word = spec.get("lifecycle")
    return LIFECYCLES.get(word.lower(), "live") if isinstance(word, str) else None


def _owner(spec: dict[str, Any], namespace: str) -> str | None:
    owner = spec.get("owner")
    return None if owner is None else reference(owner, "group", namespace, "spec.owner")


def _domains(spec: dict[str, Any], namespace: str) -> tuple[str, ...]:
    domain = spec.get("domain")
    return () if domain is None else (reference(domain, "domain", namespace, "spec.domain"),)


def _links(identity: str, spec: dict[str, Any], namespace: str) -> Iterator[Link]:
    for member, (meaning, kind, reverse) in RELATIONS.items():
        value = spec.get(member)
        if value is None:
            continue
        for one in value if isinstance(value, list) else [value]:
            yield Link(meaning, reference(one, kind, namespace, f"spec.{member}"), reverse)


def reference(value: Any, kind: str, namespace: str, place: str) -> str:
    """`[kind:][namespace/]name` made whole, in lower case. Raises Faulty when it is no reference."""
    if isinstance(value, dict):
        value = f"{value.get('kind') or kind}:{value.get('namespace') or namespace}/{value.get('name') or ''}"
    if not isinstance(value, str):
        raise Faulty(f"{place} must name entities by text.")
    if EXPRESSION.search(value):
        raise Faulty(f"{place} is a template expression that was never filled in: {value[:80]}")
    before, colon, rest = value.strip().rpartition(":")
    space, slash, name = rest.rpartition("/")
    if not name or (colon and not before) or (slash and not space) or len(value) > 3 * LONGEST_PART + 2:
        raise Faulty(f"{place}: “{value[:80]}” is not a reference such as component:default/name.")
    return f"{before or kind}:{space or namespace}/{name}".lower()


def _attributes(entity: dict[str, Any], namespace: str, spec: dict[str, Any]) -> dict[str, Any]:
    """What the CMDB keeps beside the columns. The definition of an API stays in the catalog: only its place is kept."""
    metadata = entity["metadata"]
    kept = {name: metadata[name] for name in KEPT_OF_METADATA if metadata.get(name)}
    said = {name: spec[name] for name in ("type", "lifecycle") if isinstance(spec.get(name), str)}
    where = {} if namespace == DEFAULT_NAMESPACE else {"namespace": namespace}
    return {"kind": entity["kind"], **where, **said, **kept}
