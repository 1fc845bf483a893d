"""Who is affected when an item changes, and what it depends on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from django.utils.translation import gettext as _

from apps.cmdb.models import ConfigurationItem, ItemVersion, RelationshipType
from apps.cmdb.queries import walk
from apps.cmdb.queries.history import item_known_as, version_at
from apps.cmdb.queries.proposals import proposals_touching
from apps.core.clock import now
from apps.core.errors import FieldError, Invalid, NotFound

AFFECTED, DEPENDENCIES = "affected", "dependencies"
DIRECTIONS = (AFFECTED, DEPENDENCIES)
USUAL_DEPTH, DEEPEST = 10, 25
USUAL_LIMIT, LARGEST = 1000, 50_000
USUAL_DAYS = 90
LEAST_CRITICAL = 4
Flow = RelationshipType.Flow
Step = tuple[int, int]  # the other item, and the type of the relationship, by their ids


class ImpactNode(NamedTuple):
    """An item reached: how many steps away, over which item the shortest way comes, and by which relationship."""

    id: int
    key: str
    name: str
    ci_type: str
    criticality: int
    distance: int
    via: str = ""
    via_type: str = ""


class ImpactEdge(NamedTuple):
    """A relationship between two of the items, by their keys."""

    source: str
    target: str
    type: str
    last_confirmed_at: datetime | None = None


@dataclass(frozen=True)
class Impact:
    """The answer: items other than the roots, nearest first, and the relationships between all of them.

    `withstood` were reached but stand, because enough of what they need still works. `truncated` says that the answer
    was cut at its limit, furthest first; what is reached only over what was cut is then left out, too.
    """

    roots: list[ImpactNode]
    direction: str
    nodes: list[ImpactNode]
    edges: list[ImpactEdge]
    truncated: bool
    withstood: list[ImpactNode] = field(default_factory=list)
    unresolved: int = 0
    words: dict[str, str] = field(default_factory=dict)
    at: datetime | None = None

    @property
    def root(self) -> str:
        """The key of the item that was asked about; the first, when several were."""
        return self.roots[0].key

    @property
    def weight(self) -> int:
        """Items affected, each counted by its criticality: vital 8, high 4, medium 2, low 1."""
        return sum(2 ** (LEAST_CRITICAL - one.criticality) for one in self.nodes)

    @property
    def by_criticality(self) -> dict[int, int]:
        """How many items of each criticality, the most critical first."""
        counts = dict.fromkeys(range(1, LEAST_CRITICAL + 1), 0)
        for one in self.nodes:
            counts[one.criticality] += 1
        return counts

    def way_to(self, key: str) -> list[ImpactNode]:
        """The shortest way from a root that explains why this item is in the answer; empty when it is not."""
        known = self._known
        way = [known[key]] if key in known else []
        while way and way[-1].via:
            way.append(known[way[-1].via])
        return way[::-1]

    def explain(self, key: str) -> str:
        """The same as a sentence: “Web shop depends on Payments, which runs on Rack 4”."""
        hops = [(near, far, self.words[far.via_type]) for near, far in pairwise(self.way_to(key))]
        if self.direction == AFFECTED:
            hops = [(far, near, verb) for near, far, verb in reversed(hops)]
        said = ""
        for dependent, supplier, verb in hops:
            facts = {"dependent": dependent.name, "verb": verb, "supplier": supplier.name}
            said += (_(", which %(verb)s %(supplier)s") if said else _("%(dependent)s %(verb)s %(supplier)s")) % facts
        return said

    def stale_edges(self, days: int = USUAL_DAYS, at: datetime | None = None) -> list[ImpactEdge]:
        """Relationships that nobody has confirmed for so many days."""
        since = (at or self.at or now()) - timedelta(days=days)
        return [one for one in self.edges if one.last_confirmed_at is None or one.last_confirmed_at < since]

    @cached_property
    def proposed(self) -> int:
        """How many relationships are proposed that would begin or end at one of the items: what may be missing."""
        ids = [one.id for one in (*self.roots, *self.nodes)]
        return proposals_touching(ids) if self.at is None else 0

    @cached_property
    def _known(self) -> dict[str, ImpactNode]:
        return {one.key: one for one in (*self.nodes, *self.withstood, *self.roots)}


def impact(
    ci: ConfigurationItem | str,
    direction: str = AFFECTED,
    depth: int = USUAL_DEPTH,
    limit: int = USUAL_LIMIT,
    at: datetime | None = None,
) -> Impact:
    """What is affected by a change of the item, or what it depends on. One query a level, however large the map.

    With `at` it is the answer of the map as of that moment. The kinds of relationships are those of now.
    """
    if at is not None:
        return _walked([_root_then(ci, at)], direction, depth, limit, at)
    return impact_of([_root(ci)], direction, depth, limit)


def impact_of(
    cis: Sequence[ConfigurationItem],
    direction: str = AFFECTED,
    depth: int = USUAL_DEPTH,
    limit: int = USUAL_LIMIT,
) -> Impact:
    """What is affected when all of these items change at once, as in a release; or what any of them depends on."""
    return _walked([_as_root(one.pk, one) for one in cis], direction, depth, limit)


def _walked(roots: list[ImpactNode], direction: str, depth: int, limit: int, at: datetime | None = None) -> Impact:
    if direction not in DIRECTIONS:
        raise Invalid([FieldError("?direction", "unknown_value", f"Use one of: {', '.join(DIRECTIONS)}.")])
    depth, limit = max(0, min(depth, DEEPEST)), max(1, min(limit, LARGEST))
    ids, kinds = [one.id for one in roots], walk.kinds()
    found = walk.walked(ids, kinds, affected=direction == AFFECTED, depth=depth, limit=limit, at=at)
    spare = _spare(found.items, kinds, at) if direction == AFFECTED else {}
    levels, via = _spread(ids, found.edges, spare, depth) if spare else (found.distances, _first_steps(found))
    nodes = _nodes(roots, found, levels, via, kinds)
    return Impact(
        roots=roots,
        direction=direction,
        nodes=sorted(
            (one for one in nodes if one.id in levels), key=attrgetter("distance", "criticality", "name", "key")
        ),
        edges=_shown(found.edges, {one.id: one.key for one in (*roots, *nodes)}, kinds, direction),
        truncated=found.truncated,
        withstood=[node for node in nodes if node.id not in levels],
        unresolved=walk.unresolved_of([*ids, *(one.id for one in nodes)], at),
        words={one.slug: one.words for one in kinds.values()},
        at=at,
    )


def _root(ci: ConfigurationItem | str) -> ConfigurationItem:
    if isinstance(ci, ConfigurationItem):
        return ci
    found = ConfigurationItem.objects.select_related("ci_type").filter(key=ci).first()
    if found is None:
        raise NotFound(f"There is no configuration item “{str(ci)[:100]}”.")
    return found


def _root_then(ci: ConfigurationItem | str, at: datetime) -> ImpactNode:
    """The item by what it was then, also if it was removed since."""
    number = ci.pk if isinstance(ci, ConfigurationItem) else item_known_as(ci, at)
    version = version_at(number, at)
    if version is None:
        raise NotFound(f"“{str(ci)[:100]}” was not on the map at {at:%Y-%m-%d %H:%M} UTC.")
    return _as_root(number, version)


def _as_root(number: int, ci: ConfigurationItem | ItemVersion) -> ImpactNode:
    return ImpactNode(number, ci.key, ci.name, ci.ci_type.slug if ci.ci_type else "", ci.criticality, 0)


def _spare(found: list[walk.Reached], kinds: dict[int, walk.Kind], at: datetime | None) -> dict[int, int]:
    """Of items that need only some of what they depend on: how many of those may fail before they do."""
    needed = {one.id: one.redundancy for one in found if one.redundancy}
    totals = walk.suppliers(list(needed), kinds, at) if needed else {}
    return {number: max(0, totals.get(number, 0) - least) for number, least in needed.items()}


def _first_steps(found: walk.Walk) -> dict[int, Step]:
    """How each item was first reached, where nothing can withstand: the walk itself went the shortest ways."""
    via: dict[int, Step] = {}
    for _id, start, end, kind, _confirmed in found.edges:
        if end not in via and found.distances[end] == found.distances[start] + 1:
            via[end] = (start, kind)
    return via


def _spread(
    roots: list[int], edges: list[walk.Edge], spare: dict[int, int], depth: int
) -> tuple[dict[int, int], dict[int, Step]]:
    """Level by level from the roots: the distance of each item that falls, and how each item was first reached.

    An item with `spare` falls only when more of what it depends on has fallen than it can do without.
    """
    steps: dict[int, list[Step]] = defaultdict(list)
    for _id, start, end, kind, _confirmed in edges:
        steps[start].append((end, kind))
    levels: dict[int, int] = dict.fromkeys(roots, 0)
    via: dict[int, Step] = {}
    hits: dict[int, set[int]] = defaultdict(set)
    level = list(levels)
    for distance in range(1, depth + 1):
        following = []
        for start, end, kind in _fresh(level, steps, levels):
            via.setdefault(end, (start, kind))
            if end in spare:
                hits[end].add(start)
            if len(hits.get(end, ())) > spare.get(end, -1):
                levels[end] = distance
                following.append(end)
        level = following
    return levels, via


def _fresh(level: list[int], steps: dict[int, list[Step]], levels: dict[int, int]) -> Iterator[tuple[int, int, int]]:
    for start in level:
        for end, kind in steps.get(start, ()):
            if end not in levels:
                yield start, end, kind


def _nodes(
    roots: list[ImpactNode],
    found: walk.Walk,
    levels: dict[int, int],
    via: dict[int, Step],
    kinds: dict[int, walk.Kind],
) -> list[ImpactNode]:
    """What was reached; what fell stands at the distance at which it fell, not at that of the first hit."""
    key_of = {one.id: one.key for one in (*roots, *found.items)}
    nodes = []
    for number, key, name, ci_type, criticality, _redundancy in found.items:
        if number in via:
            before, kind = via[number]
            distance = levels.get(number, found.distances[number])
            nodes.append(
                ImpactNode(number, key, name, ci_type, criticality, distance, key_of[before], kinds[kind].slug)
            )
    return nodes


def _shown(
    edges: list[walk.Edge], key_of: dict[int, str], kinds: dict[int, walk.Kind], direction: str
) -> list[ImpactEdge]:
    """The relationships as they are written, whichever way impact goes along them."""
    towards = Flow.TO_TARGET if direction == AFFECTED else Flow.TO_SOURCE
    as_written = {number: (one.slug, one.flow == towards) for number, one in kinds.items()}
    shown = []
    for _id, start, end, kind, confirmed in edges:
        if start in key_of and end in key_of:
            slug, forwards = as_written[kind]
            source, target = (start, end) if forwards else (end, start)
            shown.append(ImpactEdge(key_of[source], key_of[target], slug, confirmed))
    return shown
