"""Who is affected when an item changes, and what it depends on.

One recursive query: UNION on (node, depth) under a depth bound, then the least depth of each node. Cycles are legal and
end at the bound; UNION ALL with a path would be exponential on them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from apps.accounts.models import Team
from apps.cmdb.models import ConfigurationItem, Party, Relationship, ServiceRelationship, ValueStream
from apps.core.errors import Invalid, NotFound

AFFECTED, DEPENDENCIES = "affected", "dependencies"
MOST_DEEP, MOST_NODES = 20, 5000

WALK = """
WITH RECURSIVE reached(id, depth) AS (
    SELECT CAST(%s AS bigint), 0
    UNION
    SELECT edge.{there}, reached.depth + 1
    FROM reached JOIN cmdb_relationship edge ON edge.{here} = reached.id
    WHERE reached.depth < %s
), nearest(id, distance) AS (
    SELECT id, MIN(depth) FROM reached GROUP BY id ORDER BY MIN(depth), id LIMIT %s
)
SELECT item.id, item.key, item.name, kind.slug, item.criticality, nearest.distance
FROM nearest JOIN cmdb_configurationitem item ON item.id = nearest.id
JOIN cmdb_citype kind ON kind.id = item.ci_type_id
ORDER BY nearest.distance, item.key
"""


@dataclass(frozen=True)
class Node:
    id: int
    key: str
    name: str
    ci_type: str
    criticality: int
    distance: int


@dataclass(frozen=True)
class Impact:
    """`nodes` nearest first, without the root; `edges` between any of them and the root; `truncated` when more exist."""

    root: ConfigurationItem
    direction: str
    depth: int
    nodes: list[Node] = field(default_factory=list)
    edges: list[dict[str, str]] = field(default_factory=list)
    truncated: bool = False

    @property
    def ids(self) -> list[int]:
        return [self.root.pk, *(node.id for node in self.nodes)]


def impact(ci: ConfigurationItem | str, direction: str = AFFECTED, depth: int = 10, limit: int = MOST_NODES) -> Impact:
    """Everything affected by a change of `ci` (or everything it depends on), to `depth` edges, at their least distance."""
    if direction not in (AFFECTED, DEPENDENCIES):
        raise Invalid.field("direction", "unknown", f"direction is “{AFFECTED}” or “{DEPENDENCIES}”.")
    if not 1 <= depth <= MOST_DEEP:
        raise Invalid.field("depth", "out_of_range", f"depth is between 1 and {MOST_DEEP}.")
    root = ci if isinstance(ci, ConfigurationItem) else ConfigurationItem.objects.filter(key=ci).first()
    if root is None:
        raise NotFound(f"There is no configuration item “{ci}”.")
    nodes = _walk(root, direction, depth, limit + 2)
    shown = nodes[:limit]
    return Impact(root, direction, depth, shown, _edges([root.pk, *(node.id for node in shown)]), len(nodes) > limit)


def _walk(root: ConfigurationItem, direction: str, depth: int, limit: int) -> list[Node]:
    here, there = ("cause_id", "effect_id") if direction == AFFECTED else ("effect_id", "cause_id")
    with connection.cursor() as cursor:
        cursor.execute(WALK.format(here=here, there=there), [root.pk, depth, limit])
        return [Node(*row) for row in cursor.fetchall() if row[0] != root.pk]


def _edges(ids: list[int]) -> list[dict[str, str]]:
    found = (
        Relationship.objects.filter(source_id__in=ids, target_id__in=ids)
        .order_by("id")
        .values_list("source__key", "target__key", "type__slug")
    )
    return [{"source": source, "target": target, "type": kind} for source, target, kind in found]


def affected_services(found: Impact) -> QuerySet[ConfigurationItem]:
    """The services and products among what is affected, the root included, most critical first."""
    return ConfigurationItem.objects.filter(pk__in=found.ids, ci_type__slug__in=["service", "product"]).order_by(
        "criticality", "name"
    )


def affected_value_streams(found: Impact) -> QuerySet[ValueStream]:
    return ValueStream.objects.filter(items__in=found.ids).distinct().order_by("name")


def affected_parties(found: Impact) -> QuerySet[Party]:
    """Consumers and partners tied to anything affected."""
    return Party.objects.filter(service_relationships__service__in=found.ids).distinct().order_by("name")


def owners_of_affected(ci: ConfigurationItem, depth: int = 10) -> QuerySet[Team]:
    """The teams that own the item or a service affected by it: whom to ask for approval."""
    found = impact(ci, AFFECTED, depth)
    services = Q(items__in=found.ids, items__ci_type__slug__in=["service", "product"])
    return Team.objects.filter(services | Q(items=ci)).distinct().order_by("slug")


def consumers_of(ci: ConfigurationItem, depth: int = 10) -> QuerySet[ServiceRelationship]:
    """The service relationships of the item and of everything affected by it: whom to tell, and how early."""
    found = impact(ci, AFFECTED, depth)
    return ServiceRelationship.objects.filter(service__in=found.ids).select_related("party", "service").order_by("id")


def picture(found: Impact) -> dict[str, Any]:
    """The answer as the API gives it."""
    return {
        "root": found.root.key,
        "direction": found.direction,
        "depth": found.depth,
        "nodes": [
            {
                "key": node.key,
                "name": node.name,
                "ci_type": node.ci_type,
                "criticality": node.criticality,
                "distance": node.distance,
            }
            for node in found.nodes
        ],
        "edges": found.edges,
        "truncated": found.truncated,
    }
