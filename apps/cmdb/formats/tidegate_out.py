"""The CMDB's own export: everything that an import can take."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from apps.cmdb.formats.cyclonedx_out import section
from apps.cmdb.formats.things import Group, Map, Thing
from apps.cmdb.formats.tidegate import FORMAT, VERSION


def write_tidegate(map: Map) -> Iterator[str]:
    """The document that `read_tidegate` takes."""
    yield f'{{"format": {json.dumps(FORMAT)}, "version": {VERSION}'
    yield from section("teams", (_team(one) for one in map.teams()))
    yield from section("value_streams", (asdict(one) for one in map.value_streams()))
    yield from section("items", (_item(one) for one in map.things()))
    yield from section("relationships", (one for thing in map.things() for one in _relationships(thing)))
    yield "}\n"


def _team(team: Group) -> dict[str, Any]:
    return {"slug": team.slug, "name": team.name, "description": team.description}


def _item(thing: Thing) -> dict[str, Any]:
    return {
        "key": thing.key,
        "name": thing.name,
        "ci_type": thing.ci_type,
        "description": thing.description,
        "lifecycle": thing.lifecycle,
        "criticality": thing.criticality,
        "owner": thing.owner,
        "release_managed": thing.release_managed,
        "needs_at_least": thing.redundancy,
        "attributes": thing.attributes,
        "value_streams": list(thing.value_streams),
    }


def _relationships(thing: Thing) -> Iterator[dict[str, str]]:
    for tie in thing.ties:
        yield {"source": thing.key, "type": tie.meaning, "target": tie.key}
