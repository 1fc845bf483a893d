"""Graphs to ask for impact, and the two ways to ask: ours, and the least code that finds the same items.

`python -m bench.graphs SIZE SPOKES PAIRS` fills the database at hand and prints one row for each graph.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

from django.db import connection

from bench.fill import fill_items  # sets Django up  # isort: skip
from apps.cmdb.api.impact import impact_shown
from apps.cmdb.models import CIType, ConfigurationItem, Relationship, RelationshipType
from apps.cmdb.queries import impact
from apps.core.api.json import encode
from bench.floor import NEAREST

LIMIT = 50_000
WALK = f"""{NEAREST}SELECT item.key, item.name, item.criticality, nearest.distance
FROM nearest JOIN cmdb_configurationitem item ON item.id = nearest.id
ORDER BY nearest.distance, item.criticality, item.name
"""


def main() -> None:
    size, spokes, pairs = map(int, sys.argv[1:])
    for graph, key in fill(size, spokes).items():
        ours, floor, many = contestants(key)
        ours(), floor()
        taken = [(_milliseconds(ours), _milliseconds(floor)) for _ in range(pairs)]
        ratios = sorted(one / other for one, other in taken)
        print(
            f"{graph} | {many:,} | {statistics.median(one for one, _ in taken):.1f} "
            f"| {statistics.median(other for _, other in taken):.1f} "
            f"| {statistics.median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f}) | ≤ 2.5 |"
        )


def _milliseconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def fill(size: int, spokes: int) -> dict[str, str]:
    """Layers of `size` items, a circle of a thousand with chords, a hub. Returns the key to ask about in each."""
    fill_items(size)
    _circle(1000)
    _hub(spokes)
    if connection.vendor == "postgresql":  # as autovacuum does; SQLite has no statistics of its own
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return {"layers": f"ci-{size * 9 // 12}", "circle": "circle-0", "hub": "hub"}


def contestants(key: str) -> tuple[Callable[[], object], Callable[[], object], int]:
    """Ours, the floor, and how many items both find."""

    def ours() -> bytes:
        return encode(impact_shown(impact(key, limit=LIMIT), 90, explained=False))

    def floor() -> bytes:
        with connection.cursor() as cursor:
            cursor.execute(WALK, [key])
            return encode(cursor.fetchall())

    found = {node.key for node in impact(key, limit=LIMIT).nodes}
    with connection.cursor() as cursor:
        cursor.execute(WALK, [key])
        assert found == {row[0] for row in cursor.fetchall()} - {key}, f"Ours and the floor disagree about {key}."
    return ours, floor, len(found)


def _circle(size: int) -> None:
    items = _items("circle", size)
    edges = [(at, (at + 1) % size) for at in range(size)] + [(at, (at * 7 + 3) % size) for at in range(0, size, 3)]
    _tie(items, [one for one in edges if one[0] != one[1]])


def _hub(spokes: int) -> None:
    middle = _items("hub", 1, key="hub")
    _tie([*middle, *_items("spoke", spokes)], [(at, 0) for at in range(1, spokes + 1)])


def _items(prefix: str, count: int, key: str = "") -> list[ConfigurationItem]:
    kind = CIType.objects.get(slug="service")
    rows = [
        ConfigurationItem(key=key or f"{prefix}-{n}", name=f"{prefix} {n}", ci_type=kind, criticality=1 + n % 4)
        for n in range(count)
    ]
    return ConfigurationItem.objects.bulk_create(rows, batch_size=2000)


def _tie(items: list[ConfigurationItem], pairs: list[tuple[int, int]]) -> None:
    depends = RelationshipType.objects.get(slug="depends-on")
    rows = (Relationship(source=items[a], target=items[b], type=depends, origin="bench") for a, b in pairs)
    Relationship.objects.bulk_create(rows, batch_size=2000, ignore_conflicts=True)


if __name__ == "__main__":
    main()
