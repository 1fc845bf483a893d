"""Graphs to ask for impact. `python -m bench.graphs SIZE SPOKES` fills the database at hand and prints a token."""

from __future__ import annotations

import sys

from django.db import connection

from bench.fill import a_token, fill_items  # sets Django up  # isort: skip
from apps.cmdb.models import CIType, ConfigurationItem, Relationship, RelationshipType

CIRCLE = 3000


def main() -> None:
    size, spokes = map(int, sys.argv[1:])
    fill_items(size)
    _circle(CIRCLE)
    _hub(spokes)
    if connection.vendor == "postgresql":  # as autovacuum does; SQLite has no statistics of its own
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    print(a_token())


def keys(size: int) -> dict[str, str]:
    """The item to ask about in each graph."""
    return {"layers": f"ci-{size * 11 // 12 + 5}", "circle": "circle-0", "hub": "hub"}


def _circle(size: int) -> None:
    """Each item depends on the next, the last on the first, and on two others anywhere."""
    items = _items("circle", size)
    edges = {(at, other % size) for at in range(size) for other in (at + 1, at * 7 + 3, at * 31 + 11)}
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
