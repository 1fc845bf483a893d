"""Who is affected when an item changes, and what it depends on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db.models import Count

from apps.cmdb.models import ConfigurationItem, Relationship, RelationshipType, UnresolvedReference
from apps.cmdb.queries import walk
from apps.core.clock import now
from apps.core.errors import FieldError, Invalid, NotFound

AFFECTED, DEPENDENCIES = "affected", "dependencies"
DIRECTIONS = (AFFECTED, DEPENDENCIES)
USUAL_DEPTH, DEEPEST = 10, 25
USUAL_LIMIT, LARGEST = 1000, 50_000
USUAL_DAYS = 90
ASKED_AT_ONCE = 900
Flow = RelationshipType.Flow


@dataclass(frozen=True, slots=True)
class ImpactNode:
    """An item reached from the root: how many steps away, and over which item the shortest way comes."""

    id: int
    key: str
    name: str
    ci_type: str
    criticality: int
    distance: int
    via: str = ""


@dataclass(frozen=True, slots=True)
class ImpactEdge:
    """A relationship between two of the items, by their keys."""

    source: str
    target: str
    type: str
    last_confirmed_at: datetime | None = None


@dataclass(frozen=True)
class Impact:
    """The answer: items other than the root, nearest first, and the relationships between all of them.

    `withstood` were reached but stand, because enough of what they need still works. `truncated` says that the answer
    was cut at its limit, furthest first.
    """

    root: str
    direction: str
    nodes: list[ImpactNode]
    edges: list[ImpactEdge]
    truncated: bool
    withstood: list[ImpactNode] = field(default_factory=list)
    unresolved: int = 0

    def path_to(self, key: str) -> list[str]:
        """The shortest way from the root that explains why this item is in the answer; empty when it is not."""
        via = {node.key: node.via for node in (*self.nodes, *self.withstood)}
        path = [key]
        while path[-1] != self.root:
            if path[-1] not in via:
                return []
            path.append(via[path[-1]])
        return path[::-1]

    def stale_edges(self, days: int = USUAL_DAYS, at: datetime | None = None) -> list[ImpactEdge]:
        """Relationships that nobody has confirmed for so many days."""
        since = (at or now()) - timedelta(days=days)
        return [one for one in self.edges if one.last_confirmed_at is None or one.last_confirmed_at < since]


def impact(
    ci: ConfigurationItem | str,
    direction: str = AFFECTED,
    depth: int = USUAL_DEPTH,
    limit: int = USUAL_LIMIT,
) -> Impact:
    """What is affected by a change of the item, or what it depends on. Five queries, however large the map."""
    if direction not in DIRECTIONS:
        raise Invalid([FieldError("?direction", "unknown_value", f"Use one of: {', '.join(DIRECTIONS)}.")])
    root = _root(ci)
    depth, limit = max(0, min(depth, DEEPEST)), max(1, min(limit, LARGEST))
    kinds = walk.flows()
    found, truncated = walk.reached(root.pk, kinds, affected=direction == AFFECTED, depth=depth, limit=limit)
    edges = walk.edges_among([root.pk, *(one.id for one in found)])
    steps = _steps(edges, {slug: flow for slug, (_number, flow) in kinds.items()}, direction)
    needs = _needs(found, kinds) if direction == AFFECTED else {}
    levels, via = _spread(root.pk, steps, needs, depth)
    return _answer(root, direction, found, edges, levels, via, truncated)


def _root(ci: ConfigurationItem | str) -> ConfigurationItem:
    if isinstance(ci, ConfigurationItem):
        return ci
    found = ConfigurationItem.objects.filter(key=ci).first()
    if found is None:
        raise NotFound(f"There is no configuration item “{str(ci)[:100]}”.")
    return found


def _steps(edges: Iterable[walk.Edge], flow_of: dict[str, str], direction: str) -> dict[int, list[int]]:
    """From each item the items that one step of impact reaches."""
    steps: dict[int, list[int]] = defaultdict(list)
    for edge in edges:
        forwards = (flow_of[edge.type] == Flow.TO_TARGET) == (direction == AFFECTED)
        start, end = (edge.source, edge.target) if forwards else (edge.target, edge.source)
        steps[start].append(end)
    return steps


def _needs(found: list[walk.Reached], kinds: dict[str, tuple[int, str]]) -> dict[int, int]:
    """Of items that need only some of what they depend on: how many may fail before they do."""
    redundant = {one.id: one.redundancy for one in found if one.redundancy}
    if not redundant:
        return {}
    carrying = [number for number, flow in kinds.values() if flow == Flow.TO_SOURCE]
    rows = Relationship.objects.filter(source__in=redundant, type__in=carrying, missing_since__isnull=True)
    totals = dict(rows.values("source").annotate(many=Count("target", distinct=True)).values_list("source", "many"))
    return {number: max(0, totals.get(number, 0) - needed) for number, needed in redundant.items()}


def _spread(
    root: int, steps: dict[int, list[int]], spare: dict[int, int], depth: int
) -> tuple[dict[int, int], dict[int, int]]:
    """Level by level from the root: the distance of each item that falls, and over which item it was first reached.

    An item with `spare` falls only when more of what it depends on has fallen than it can do without.
    """
    levels, via = {root: 0}, {root: root}
    hits: dict[int, set[int]] = defaultdict(set)
    level = [root]
    for distance in range(1, depth + 1):
        following = []
        for start, end in _fresh(level, steps, levels):
            via.setdefault(end, start)
            hits[end].add(start)
            if end not in levels and len(hits[end]) > spare.get(end, 0):
                levels[end] = distance
                following.append(end)
        level = following
    return levels, via


def _fresh(level: list[int], steps: dict[int, list[int]], levels: dict[int, int]) -> Iterator[tuple[int, int]]:
    for start in level:
        for end in steps.get(start, ()):
            if end not in levels:
                yield start, end


def _answer(
    root: ConfigurationItem,
    direction: str,
    found: list[walk.Reached],
    edges: list[walk.Edge],
    levels: dict[int, int],
    via: dict[int, int],
    truncated: bool,
) -> Impact:
    key_of = {root.pk: root.key, **{one.id: one.key for one in found}}
    nodes = {
        one.id: ImpactNode(one.id, one.key, one.name, one.ci_type, one.criticality, one.distance, key_of[via[one.id]])
        for one in found
        if one.id in via
    }
    fallen = [replace(node, distance=levels[number]) for number, node in nodes.items() if number in levels]
    standing = [node for number, node in nodes.items() if number not in levels]
    shown = [
        ImpactEdge(key_of[one.source], key_of[one.target], one.type, one.last_confirmed_at)
        for one in edges
        if one.source in via and one.target in via
    ]
    return Impact(
        root=root.key,
        direction=direction,
        nodes=sorted(fallen, key=lambda one: (one.distance, one.criticality, one.name, one.key)),
        edges=shown,
        truncated=truncated,
        withstood=standing,
        unresolved=_unresolved([root.pk, *nodes]),
    )


def _unresolved(ids: list[int]) -> int:
    """How many references of these items lead to something that no source has brought yet: what is not known."""
    relations = UnresolvedReference.objects.exclude(meaning__in=("owner", "value-stream"))
    chunks = (ids[start : start + ASKED_AT_ONCE] for start in range(0, len(ids), ASKED_AT_ONCE))
    return sum(relations.filter(ci__in=some).count() for some in chunks)
