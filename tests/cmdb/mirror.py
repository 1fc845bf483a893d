"""The law of the past: the open periods say exactly what the map says now."""

from __future__ import annotations

from typing import Any

from apps.cmdb.models import ConfigurationItem, ItemVersion, Relationship, RelationshipPeriod

VALUES = ("key", "name", "description", "ci_type", "lifecycle", "criticality", "owner", "attributes", "release_managed", "redundancy")  # fmt: skip
EDGE = ("source", "target", "type", "origin")


def map_now() -> dict[str, Any]:
    """The map as its own tables have it."""
    items = {
        one["pk"]: {**one, "value_streams": [], "missing_from": []}
        for one in ConfigurationItem.objects.values("pk", *VALUES)
    }
    for item, stream in ConfigurationItem.value_streams.through.objects.values_list(
        "configurationitem", "valuestream"
    ).order_by("valuestream"):
        items[item]["value_streams"].append(stream)
    for ci in ConfigurationItem.objects.prefetch_related("identifiers"):
        gone = {one.source for one in ci.identifiers.all() if one.missing_since is not None}
        items[ci.pk]["missing_from"] = sorted(gone)
    standing = Relationship.objects.filter(missing_since__isnull=True)
    return {"items": items, "relationships": {one["pk"]: one for one in standing.values("pk", *EDGE)}}


def map_as_told() -> dict[str, Any]:
    """The map as the open periods have it."""
    versions = ItemVersion.objects.filter(valid_to__isnull=True)
    items = {one.pop("item"): one for one in versions.values("item", *VALUES, "value_streams", "missing_from")}
    periods = RelationshipPeriod.objects.filter(valid_to__isnull=True)
    edges = {one["relationship"]: one for one in periods.values("relationship", *EDGE)}
    return {
        "items": {pk: {"pk": pk, **one} for pk, one in items.items()},
        "relationships": {pk: {"pk": one.pop("relationship"), **one} for pk, one in edges.items()},
    }
