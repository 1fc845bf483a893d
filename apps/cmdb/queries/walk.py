"""The walk along impact: one recursive query, safe on cycles, in the SQL of the database at hand.

UNION on (node, depth) with a bound on the depth, then the least depth of each node: a walk that remembers its path
would take exponential time on a cycle. Levels come out nearest first, so the inner LIMIT cuts off what is furthest.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from apps.cmdb.models import RelationshipType

Flow = RelationshipType.Flow

LATERAL = """
    SELECT step.node, walk.depth + 1
    FROM walk CROSS JOIN LATERAL (
        SELECT r.source_id AS node FROM cmdb_relationship r
        WHERE r.target_id = walk.node AND r.type_id = ANY(%(to_source)s) AND r.missing_since IS NULL
        UNION ALL
        SELECT r.target_id FROM cmdb_relationship r
        WHERE r.source_id = walk.node AND r.type_id = ANY(%(to_target)s) AND r.missing_since IS NULL
    ) step
    WHERE walk.depth < %(depth)s"""
TWO_ARMS = """
    SELECT r.source_id, walk.depth + 1
    FROM walk JOIN cmdb_relationship r ON r.target_id = walk.node
    WHERE walk.depth < %(depth)s AND r.missing_since IS NULL
      AND r.type_id IN (SELECT value FROM json_each(%(to_source)s))
    UNION
    SELECT r.target_id, walk.depth + 1
    FROM walk JOIN cmdb_relationship r ON r.source_id = walk.node
    WHERE walk.depth < %(depth)s AND r.missing_since IS NULL
      AND r.type_id IN (SELECT value FROM json_each(%(to_target)s))"""
WALK = """
WITH RECURSIVE walk(node, depth) AS (
    SELECT CAST(%(root)s AS bigint), 0
    UNION
    {step}
)
SELECT ci.id, ci.key, ci.name, kind.slug, ci.criticality, ci.redundancy, hit.depth
FROM (
    SELECT seen.node, MIN(seen.depth) AS depth
    FROM (SELECT node, depth FROM walk LIMIT %(rows)s) seen
    WHERE seen.node <> %(root)s
    GROUP BY seen.node
) hit
JOIN cmdb_configurationitem ci ON ci.id = hit.node
JOIN cmdb_citype kind ON kind.id = ci.ci_type_id
ORDER BY hit.depth, ci.criticality, ci.name, ci.id
LIMIT %(nodes)s"""
EDGES = """
SELECT r.source_id, r.target_id, kind.slug, r.last_confirmed_at
FROM cmdb_relationship r JOIN cmdb_relationshiptype kind ON kind.id = r.type_id
WHERE r.missing_since IS NULL AND kind.impact_flows <> 'none'
  AND r.source_id {among} AND r.target_id {among}
ORDER BY r.id"""
AMONG = {"postgresql": "= ANY(%(ids)s)", "sqlite": "IN (SELECT value FROM json_each(%(ids)s))"}


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


def flows() -> dict[str, tuple[int, str]]:
    """Relationship types that carry impact: slug → (id, direction)."""
    carrying = RelationshipType.objects.exclude(impact_flows=Flow.NONE).values_list("slug", "id", "impact_flows")
    return {slug: (number, flow) for slug, number, flow in carrying}


def reached(
    root: int, kinds: dict[str, tuple[int, str]], *, affected: bool, depth: int, limit: int
) -> tuple[list[Reached], bool]:
    """Items within `depth` steps of the root, nearest first, at most `limit`; and whether there were more.

    A node has at most one row for each depth, so `rows` rows hold at least `limit` nodes or all of them.
    """
    to_source = [number for number, flow in kinds.values() if (flow == Flow.TO_SOURCE) == affected]
    to_target = [number for number, flow in kinds.values() if (flow == Flow.TO_SOURCE) != affected]
    parameters = {
        "root": root,
        "to_source": _array(to_source),
        "to_target": _array(to_target),
        "depth": depth,
        "rows": (limit + 1) * (depth + 1) + 1,
        "nodes": limit + 1,
    }
    step = LATERAL if connection.vendor == "postgresql" else TWO_ARMS
    found = [Reached(*row) for row in _ask(WALK.format(step=step), parameters)]
    return found[:limit], len(found) > limit


def edges_among(ids: Iterable[int]) -> list[Edge]:
    """Relationships that carry impact and have both ends among these items."""
    among = AMONG[connection.vendor]
    found = _ask(EDGES.format(among=among), {"ids": _array(sorted(ids))})
    return [Edge(source, target, kind, as_moment(confirmed)) for source, target, kind, confirmed in found]


def _ask(sql: str, parameters: dict[str, Any]) -> list[Sequence[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def _array(ids: list[int]) -> Any:
    return ids if connection.vendor == "postgresql" else json.dumps(ids)


def as_moment(value: Any) -> datetime | None:
    """SQLite hands back text without a zone: it is UTC."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value
