"""The walk along impact: one recursive query, safe on cycles, in the SQL of the database at hand.

UNION on (node, depth) with a bound on the depth, then the least depth of each node: a walk that remembers its path
would take exponential time on a cycle. Levels come out nearest first, so the inner LIMIT cuts off what is furthest.

The same statements walk the map as it is and the map as of a moment: only the tables they read differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from django.db import connection

from apps.cmdb.models import RelationshipType
from apps.cmdb.queries.raw import among, array, as_moment, ask

Flow = RelationshipType.Flow

LATERAL = """
    SELECT step.node, walk.depth + 1
    FROM walk CROSS JOIN LATERAL (
        SELECT r.source_id AS node FROM {edges} r
        WHERE r.target_id = walk.node AND r.type_id = ANY(%(to_source)s) AND {stands}
        UNION ALL
        SELECT r.target_id FROM {edges} r
        WHERE r.source_id = walk.node AND r.type_id = ANY(%(to_target)s) AND {stands}
    ) step
    WHERE walk.depth < %(depth)s"""
TWO_ARMS = """
    SELECT r.source_id, walk.depth + 1
    FROM walk JOIN {edges} r ON r.target_id = walk.node
    WHERE walk.depth < %(depth)s AND {stands}
      AND r.type_id IN (SELECT value FROM json_each(%(to_source)s))
    UNION
    SELECT r.target_id, walk.depth + 1
    FROM walk JOIN {edges} r ON r.source_id = walk.node
    WHERE walk.depth < %(depth)s AND {stands}
      AND r.type_id IN (SELECT value FROM json_each(%(to_target)s))"""
WALK = """
WITH RECURSIVE walk(node, depth) AS (
    {begin}
    UNION
    {step}
)
SELECT hit.node, ci.key, ci.name, COALESCE(kind.slug, ''), ci.criticality, ci.redundancy, hit.depth
FROM (
    SELECT seen.node, MIN(seen.depth) AS depth
    FROM (SELECT node, depth FROM walk LIMIT %(rows)s) seen
    WHERE NOT seen.node {roots}
    GROUP BY seen.node
) hit
JOIN {items} ON {item} = hit.node
LEFT JOIN cmdb_citype kind ON kind.id = ci.ci_type_id
ORDER BY hit.depth, ci.criticality, ci.name, hit.node
LIMIT %(nodes)s"""
EDGES = """
SELECT {edge}, r.source_id, r.target_id, kind.slug, {confirmed}
FROM {edges} r {live}JOIN cmdb_relationshiptype kind ON kind.id = r.type_id
WHERE {stands} AND kind.impact_flows <> 'none'
  AND r.source_id {among_ids} AND {target} {among_ids}"""
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
# The plus keeps SQLite from looking up every pair of two ends: 20,000 items around a hub would be 400 million of them.
TARGET = {"postgresql": "r.target_id", "sqlite": "+r.target_id"}
BEGIN = {
    "postgresql": "SELECT UNNEST(CAST(%(roots)s AS bigint[])), 0",
    "sqlite": "SELECT value, 0 FROM json_each(%(roots)s)",
}
HELD = "{row}.valid_from <= %(at)s AND ({row}.valid_to IS NULL OR {row}.valid_to > %(at)s)"
NOW = {
    "edges": "cmdb_relationship",
    "edge": "r.id",
    "stands": "r.missing_since IS NULL",
    "items": "cmdb_configurationitem ci",
    "item": "ci.id",
    "live": "",
    "known": "TRUE",
    "confirmed": "r.last_confirmed_at",
}
THEN = {
    "edges": "cmdb_relationshipperiod",
    "edge": "r.relationship_id",
    "stands": HELD.format(row="r"),
    "items": "cmdb_itemversion ci",
    "item": f"{HELD.format(row='ci')} AND ci.item_id",
    "known": "u.since <= %(at)s",
    "live": "LEFT JOIN cmdb_relationship live ON live.id = r.relationship_id ",
    # what was confirmed only later, or is gone, had been confirmed at least when it began to stand
    "confirmed": "CASE WHEN live.id IS NULL OR live.last_confirmed_at > %(at)s THEN r.valid_from"
    " ELSE live.last_confirmed_at END",
}


@dataclass(frozen=True, slots=True)
class Reached:
    """An item that the walk came to."""

    id: int
    key: str
    name: str
    ci_type: str
    criticality: int
    redundancy: int | None
    distance: int


@dataclass(frozen=True, slots=True)
class Edge:
    """A relationship between two items of the walk, by their ids."""

    source: int
    target: int
    type: str
    last_confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Kind:
    """A relationship type that carries impact, and how a sentence says it from what depends to what is depended on."""

    id: int
    flow: str
    words: str


def kinds() -> dict[str, Kind]:
    """Relationship types that carry impact, by slug."""
    carrying = RelationshipType.objects.exclude(impact_flows=Flow.NONE)
    return {
        one.slug: Kind(one.pk, one.impact_flows, one.name if one.impact_flows == Flow.TO_SOURCE else one.reverse_name)
        for one in carrying
    }


def reached(
    roots: list[int], kinds: dict[str, Kind], *, affected: bool, depth: int, limit: int, at: datetime | None = None
) -> tuple[list[Reached], bool]:
    """Items within `depth` steps of the roots, nearest first, at most `limit`; and whether there were more.

    A node has at most one row for each depth, so `rows` rows hold at least `limit` nodes or all of them.
    """
    parameters = {
        "roots": array(roots),
        "to_source": array(_numbers(kinds, Flow.TO_SOURCE if affected else Flow.TO_TARGET)),
        "to_target": array(_numbers(kinds, Flow.TO_TARGET if affected else Flow.TO_SOURCE)),
        "depth": depth,
        "rows": (limit + len(roots)) * (depth + 1) + 1,
        "nodes": limit + 1,
    }
    step = LATERAL if connection.vendor == "postgresql" else TWO_ARMS
    parts = {"begin": BEGIN[connection.vendor], "step": step.format(**_tables(at)), "roots": among("roots")}
    found = [Reached(*row) for row in _ask(WALK, parts, parameters, at)]
    return found[:limit], len(found) > limit


def edges_among(ids: Iterable[int], at: datetime | None = None) -> list[Edge]:
    """Relationships that carry impact and have both ends among these items, the oldest first.

    They are put in order here: asked to, SQLite would read the whole table in the order of its rows instead.
    """
    parts = {"among_ids": among("ids"), "target": TARGET[connection.vendor]}
    found = _ask(EDGES, parts, {"ids": array(sorted(ids))}, at)
    found.sort(key=itemgetter(0))
    return [Edge(source, target, kind, as_moment(confirmed)) for _id, source, target, kind, confirmed in found]


def suppliers(ids: list[int], kinds: dict[str, Kind], at: datetime | None = None) -> dict[int, int]:
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


def _numbers(kinds: dict[str, Kind], flow: str) -> list[int]:
    return [one.id for one in kinds.values() if one.flow == flow]


def _tables(at: datetime | None) -> dict[str, str]:
    return NOW if at is None else THEN


def _ask(sql: str, parts: dict[str, str], parameters: dict[str, Any], at: datetime | None) -> list[Sequence[Any]]:
    if at is not None:
        parameters = {**parameters, "at": connection.ops.adapt_datetimefield_value(at)}
    return ask(sql.format(**_tables(at), **parts), parameters)
