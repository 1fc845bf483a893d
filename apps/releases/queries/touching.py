"""Open releases that touch an item, or anything on an impact: what is under way there already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from apps.cmdb.queries import Impact, ImpactNode
from apps.core.clock import now
from apps.releases.lifecycle.words import ENDED, Status
from apps.releases.models import Component, Release

AT_ONCE = 900  # no more items at once than every database takes as parameters
OPEN = tuple(one for one in Status.values if one not in ENDED)
UNDATED = timedelta(days=36500)


@dataclass(frozen=True)
class Touched:
    """An item that a release changes, and how the way leads from there to the item that was asked about."""

    node: ImpactNode
    way: str


@dataclass(frozen=True)
class OpenRelease:
    """A release that has not ended, and what it changes of the items in question, the nearest first."""

    release: Release
    touches: Sequence[Touched]

    @property
    def nearest(self) -> Touched:
        return self.touches[0]


def open_releases(impact: Impact) -> list[OpenRelease]:
    """Those that touch a root or an item reached, in the order in which they are planned. Three queries, of most maps."""
    nodes = {one.id: one for one in (*impact.roots, *impact.nodes)}
    touched: dict[int, set[int]] = defaultdict(set)
    for release, item in _pairs(list(nodes)):
        touched[release].add(item)
    rows = [one for some in _some(list(touched)) for one in Release.objects.as_rows().filter(pk__in=some)]
    return [
        OpenRelease(one, _touched(impact, [nodes[item] for item in touched[one.pk]]))
        for one in sorted(rows, key=_planned)
    ]


def _pairs(items: list[int]) -> Iterator[tuple[int, int]]:
    """Release and item, for every component and every service made available."""
    for some in _some(items):
        moved = Component.objects.filter(ci__in=some, release__status__in=OPEN)
        yield from moved.values_list("release_id", "ci_id")
        yield from Release.objects.filter(subject__in=some, status__in=OPEN).values_list("pk", "subject_id")


def _some(numbers: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(numbers), AT_ONCE):
        yield numbers[start : start + AT_ONCE]


def _planned(release: Release) -> tuple[datetime, int]:
    return (release.planned_start or now() + UNDATED, release.pk)


def _touched(impact: Impact, nodes: list[ImpactNode]) -> list[Touched]:
    nearest = sorted(nodes, key=lambda one: (one.distance, one.criticality, one.name, one.key))
    return [Touched(one, impact.explain(one.key) or _("It changes this item itself.")) for one in nearest]
