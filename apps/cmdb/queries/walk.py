"""The walk along impact: level by level from the roots, one query a level, so a cycle is no obstacle.

Each level asks for the relationships that lead on from it: what they reach for the first time is the next level. So
every relationship is read once, and the walk costs what it visits, however large the map is and however its ways cross.

The same statements walk the map as it is and the map as of a moment: only the tables they read differ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

from django.db import connection

from apps.cmdb.models import RelationshipType
from apps.cmdb.queries.raw import among, array, as_moment, ask

Flow = RelationshipType.Flow

# LATERAL keeps PostgreSQL at looking up each item of a level: many at once, it would rather read the whole table.
ONWARD = {
    "postgresql": """
SELECT onward.* FROM UNNEST(CAST(%(level)s AS bigint[])) AS level(node) CROSS JOIN LATERAL (
    SELECT {edge}, r.target_id, r.source_id, r.type_id, {confirmed} FROM {edges} r {live}
    WHERE r.target_id = level.node AND r.type_id {among_to_source} AND {stands}
    UNION ALL
    SELECT {edge}, r.source_id, r.target_id, r.type_id, {confirmed} FROM {edges} r {live}
    WHERE r.source_id = level.node AND r.type_id {among_to_target} AND {stands}
) onward""",
    "sqlite": """
SELECT {edge}, r.target_id, r.source_id, r.type_id, {confirmed} FROM {edges} r {live}
WHERE r.target_id {among_level} AND r.type_id {among_to_source} AND {stands}
UNION ALL
SELECT {edge}, r.source_id, r.target_id, r.type_id, {confirmed} FROM {edges} r {live}
WHERE r.source_id {among_level} AND r.type_id {among_to_target} AND {stands}""",
}
ITEMS = """
SELECT {item}, ci.key, ci.name, COALESCE(kind.slug, ''), ci.criticality, ci.redundancy
FROM {items} LEFT JOIN cmdb_citype kind ON kind.id = ci.ci_type_id
WHERE {item} {among_ids} AND {lived}"""
MOST_CRITICAL = f"{ITEMS} ORDER BY ci.criticality, ci.name, {{item}} LIMIT %(most)s"
SUPPLIERS = """
SELECT pair.node, COUNT(*) FROM (
    SELECT r.source_id AS node, r.target_id AS other FROM {edges} r
    WHERE {stands} AND r.source_id {among_ids} AND r.type_id {among_to_source}
    UNION
    SELECT r.target_id, r.source_id FROM {edges} r
    WHERE {stands} AND r.target_id {among_ids} AND r.type_id {among_to_target}
) pair
GROUP BY pair.node"""
UNRESOLVED = """
SELECT COUNT(*) FROM cmdb_unresolvedreference u
WHERE u.ci_id {among_ids} AND u.meaning NOT IN ('owner', 'value-stream') AND {known}"""
HELD = "{row}.valid_from <= %(at)s AND ({row}.valid_to IS NULL OR {row}.valid_to > %(at)s)"
NOW = {
    "edges": "cmdb_relationship",
    "edge": "r.id",
    "stands": "r.missing_since IS NULL",
    "items": "cmdb_configurationitem ci",
    "item": "ci.id",
    "lived": "TRUE",
    "live": "",
    "known": "TRUE",
    "confirmed": "r.last_confirmed_at",
}
THEN = {
    "edges": "cmdb_relationshipperiod",
    "edge": "r.relationship_id",
    "stands": HELD.format(row="r"),
    "items": "cmdb_itemversion ci",
    "item": "ci.item_id",
    "lived": HELD.format(row="ci"),
    "known": "u.since <= %(at)s",
    "live": "LEFT JOIN cmdb_relationship live ON live.id = r.relationship_id ",
    # what was confirmed only later, or is gone, had been confirmed at least when it began to stand
    "confirmed": "CASE WHEN live.id IS NULL OR live.last_confirmed_at > %(at)s THEN r.valid_from"
    " ELSE live.last_confirmed_at END",
}


class Reached(NamedTuple):
    """An item that the walk came to."""

    id: int
    key: str
    name: str
    ci_type: str
    criticality: int
    redundancy: int | None


class Edge(NamedTuple):
    """A relationship along which impact goes from the start to the end, both by their ids; its type by its id."""

    id: int
    start: int
    end: int
    type: int
    last_confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Kind:
    """A relationship type that carries impact, and how a sentence says it from what depends to what is depended on."""

    slug: str
    flow: str
    words: str


@dataclass(slots=True)
class Walk:
    """Where the walk came: items nearest first, how far each is, and every relationship between them and the roots.

    `truncated` says that there was more: the furthest were left out, of one level the least critical.
    """

    distances: dict[int, int]
    items: list[Reached] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    truncated: bool = False


def kinds() -> dict[int, Kind]:
    """Relationship types that carry impact, by their ids."""
    carrying = RelationshipType.objects.exclude(impact_flows=Flow.NONE)
    return {
        number: Kind(slug, flow, name if flow == Flow.TO_SOURCE else backwards)
        for number, slug, flow, name, backwards in carrying.values_list(
            "pk", "slug", "impact_flows", "name", "reverse_name"
        )
    }


def walked(
    roots: list[int], kinds: dict[int, Kind], *, affected: bool, depth: int, limit: int, at: datetime | None = None
) -> Walk:
    """Items within `depth` steps of the roots, nearest first, at most `limit`. One query a level, and one for the items."""
    found, level = Walk(dict.fromkeys(roots, 0)), list(dict.fromkeys(roots))
    for distance in range(1, depth + 1):
        onward = _onward(level, kinds, affected, at)
        found.edges += onward
        level = list({one.end: None for one in onward if one.end not in found.distances})
        room = limit + len(roots) - len(found.distances)
        if len(level) > room:
            return _cut(found, level, distance, room, lambda kept: _onward(kept, kinds, affected, at), at)
        found.distances.update(dict.fromkeys(level, distance))
        if not level:
            break
    else:
        found.edges += _onward(level, kinds, affected, at)
    found.items = _items([one for one, distance in found.distances.items() if distance], at)
    return _closed(found)


def _cut(
    found: Walk,
    level: list[int],
    distance: int,
    room: int,
    onward: Callable[[list[int]], list[Edge]],
    at: datetime | None,
) -> Walk:
    """Of a level that is too large the most critical, and how these hang together; further it does not go."""
    inner = [one for one, far in found.distances.items() if far]
    kept = _items(level, at, room)
    found.distances.update((one.id, distance) for one in kept)
    found.edges += onward([one.id for one in kept])
    found.items, found.truncated = _items(inner, at) + kept, True
    return _closed(found)


def _closed(found: Walk) -> Walk:
    found.edges = [one for one in found.edges if one.end in found.distances]
    return found


def _onward(level: list[int], kinds: dict[int, Kind], affected: bool, at: datetime | None) -> list[Edge]:
    """Relationships along which impact leaves these items, the oldest first."""
    parts = {f"among_{name}": among(name) for name in ("level", "to_source", "to_target")}
    parameters = {
        "level": array(level),
        "to_source": array(_numbers(kinds, Flow.TO_SOURCE if affected else Flow.TO_TARGET)),
        "to_target": array(_numbers(kinds, Flow.TO_TARGET if affected else Flow.TO_SOURCE)),
    }
    rows = _ask(ONWARD[connection.vendor], parts, parameters, at) if level else []
    rows.sort(key=itemgetter(0))
    if connection.vendor == "sqlite":
        return [Edge(number, start, end, kind, as_moment(known)) for number, start, end, kind, known in rows]
    return list(map(Edge._make, rows))


def _items(ids: list[int], at: datetime | None, most: int | None = None) -> list[Reached]:
    sql = ITEMS if most is None else MOST_CRITICAL
    return list(map(Reached._make, _ask(sql, {"among_ids": among("ids")}, {"ids": array(ids), "most": most}, at)))


def suppliers(ids: list[int], kinds: dict[int, Kind], at: datetime | None = None) -> dict[int, int]:
    """How many different items each of these depends on, whichever way the relationship is written."""
    names = ("ids", "to_source", "to_target")
    parameters = {
        "ids": array(ids),
        "to_source": array(_numbers(kinds, Flow.TO_SOURCE)),
        "to_target": array(_numbers(kinds, Flow.TO_TARGET)),
    }
    return dict(_ask(SUPPLIERS, {f"among_{name}": among(name) for name in names}, parameters, at))


def unresolved_of(ids: list[int], at: datetime | None = None) -> int:
    """How many references of these items lead to something that no source has brought yet: what is not known.

    Of a moment: those of then that still lead nowhere; what has arrived since is no longer counted.
    """
    ((many,),) = _ask(UNRESOLVED, {"among_ids": among("ids")}, {"ids": array(ids)}, at)
    return many


def _numbers(kinds: dict[int, Kind], flow: str) -> list[int]:
    return [number for number, one in kinds.items() if one.flow == flow]


def _tables(at: datetime | None) -> dict[str, str]:
    return NOW if at is None else THEN


def _ask(sql: str, parts: dict[str, str], parameters: dict[str, Any], at: datetime | None) -> list[Sequence[Any]]:
    if at is not None:
        parameters = {**parameters, "at": connection.ops.adapt_datetimefield_value(at)}
    return ask(sql.format(**_tables(at), **parts), parameters)
