"""The map written out, a piece at a time, so that its size costs no memory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Q, QuerySet

from apps.accounts.models import Team
from apps.cmdb.formats.tidegate import FORMAT, VERSION
from apps.cmdb.models import ConfigurationItem, Relationship, ValueStream

AT_A_TIME = 1000


def items_to_export(source: str = "") -> QuerySet[ConfigurationItem]:
    """All items, or those that a source knows, in a fixed order."""
    rows = ConfigurationItem.objects.select_related("ci_type", "owner").prefetch_related("value_streams")
    if source:
        rows = rows.filter(identifiers__source=source).distinct()
    return rows.order_by("key")


def exported(source: str = "") -> Iterator[str]:
    """The document that `read_tidegate` takes, in pieces."""
    yield f'{{"format": {json.dumps(FORMAT)}, "version": {VERSION}'
    items = items_to_export(source)
    yield from _section("teams", map(_team, _teams(items)))
    yield from _section("value_streams", map(_value_stream, _streams(items)))
    yield from _section("items", map(_item, items.iterator(chunk_size=AT_A_TIME)))
    yield from _section("relationships", map(_relationship, _relationships(source)))
    yield "}\n"


def _section(name: str, values: Iterable[dict[str, Any]]) -> Iterator[str]:
    yield f',\n"{name}": ['
    separator = "\n"
    for value in values:
        yield separator + json.dumps(value, ensure_ascii=False)
        separator = ",\n"
    yield "\n]"


def _teams(items: QuerySet) -> QuerySet[Team]:
    owns = Q(items__in=items.values("pk")) | Q(value_streams__items__in=items.values("pk"))
    return Team.objects.filter(owns).distinct().order_by("slug")


def _streams(items: QuerySet) -> QuerySet[ValueStream]:
    rows = ValueStream.objects.filter(items__in=items.values("pk")).distinct()
    return rows.select_related("owner").order_by("slug")


def _relationships(source: str) -> Iterator[Any]:
    rows = Relationship.objects.filter(missing_since__isnull=True)
    if source:
        rows = rows.filter(source__identifiers__source=source, target__identifiers__source=source).distinct()
    rows = rows.order_by("source__key", "type__slug", "target__key")
    return rows.values_list("source__key", "type__slug", "target__key").iterator(chunk_size=AT_A_TIME)


def _team(team: Team) -> dict[str, Any]:
    return {"slug": team.slug, "name": team.name, "description": team.description}


def _value_stream(stream: ValueStream) -> dict[str, Any]:
    owner = stream.owner.slug if stream.owner else None
    return {"slug": stream.slug, "name": stream.name, "description": stream.description, "owner": owner}


def _item(ci: ConfigurationItem) -> dict[str, Any]:
    return {
        "key": ci.key,
        "name": ci.name,
        "ci_type": ci.ci_type.slug,
        "description": ci.description,
        "lifecycle": ci.lifecycle,
        "criticality": ci.criticality,
        "owner": ci.owner.slug if ci.owner else None,
        "release_managed": ci.release_managed,
        "needs_at_least": ci.redundancy,
        "attributes": ci.attributes,
        "value_streams": sorted(stream.slug for stream in ci.value_streams.all()),
    }


def _relationship(ends: tuple[str, str, str]) -> dict[str, str]:
    return dict(zip(("source", "type", "target"), ends, strict=True))
