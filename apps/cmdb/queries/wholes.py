"""What an item is part of: what holds for a whole holds for its parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apps.cmdb.models import Relationship

PART_OF = "part-of"
DEEPEST = 10
AT_ONCE = 5000


def with_wholes(items: Iterable[int]) -> set[int]:
    """These items and everything they are part of, by database id."""
    found = set(items)
    level = set(found)
    for _level in range(DEEPEST):
        level = set(_wholes_of(level)) - found
        if not level:
            break
        found |= level
    return found


def _wholes_of(items: Iterable[int]) -> Iterator[int]:
    listed = list(items)
    for at in range(0, len(listed), AT_ONCE):
        some = listed[at : at + AT_ONCE]
        yield from Relationship.objects.filter(type__slug=PART_OF, source__in=some).values_list("target_id", flat=True)
