"""Which of many releases want the same item at the same time and place: for calendars, in one query and one sweep."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from django.utils.translation import gettext as _

from apps.releases.lifecycle.plan_guards import overlapping_statuses
from apps.releases.lifecycle.words import Severity, Status
from apps.releases.models import Component

PLANNED = (Status.DRAFT, Status.PLANNING, Status.VERIFYING, Status.AWAITING_APPROVAL, *overlapping_statuses())


class Span(NamedTuple):
    """Somebody holds a place from a moment up to, not including, another."""

    start: Any
    end: Any
    holder: Hashable


class Planned(Protocol):
    """What a sweep must know of a release: the release itself, or a row of these."""

    pk: int
    key: str
    status: str
    environment_id: int | None
    planned_start: datetime | None
    planned_end: datetime | None


@dataclass(frozen=True)
class Clash:
    """Two releases ahead that move one item in one environment at the same time."""

    first: Planned
    second: Planned
    item: str
    starts_at: datetime
    ends_at: datetime

    @property
    def severity(self) -> Severity:
        """Two that are approved, or one that is, block the other's plan; two mere plans are worth a warning."""
        fixed = overlapping_statuses()
        is_fixed = self.first.status in fixed or self.second.status in fixed
        return Severity.BLOCKING if is_fixed else Severity.WARNING

    @property
    def message(self) -> str:
        return _("%(first)s and %(second)s move %(item)s at the same time.") % {
            "first": self.first.key,
            "second": self.second.key,
            "item": self.item,
        }

    def as_dict(self) -> dict[str, Any]:
        return {
            "kind": "item",
            "severity": self.severity.value,
            "message": self.message,
            "starts_at": self.starts_at,
            "ends_at": self.ends_at,
            "item": self.item,
            "releases": [self.first.key, self.second.key],
        }


def clashes_among(releases: Iterable[Planned], most: int = 500) -> list[Clash]:
    """Pairs of these that clash, the earliest first, `most` at most. One query, whatever their number."""
    ahead = {one.pk: one for one in releases if one.status in PLANNED and one.planned_start and one.planned_end}
    places: dict[tuple[int, int | None], list[Span]] = defaultdict(list)
    names: dict[int, str] = {}
    rows = Component.objects.filter(release__in=list(ahead)).values_list("release", "ci", "ci__key")
    for key, item, name in rows:
        release = ahead[key]
        names[item] = name
        places[item, release.environment_id].append(Span(release.planned_start, release.planned_end, key))
    found = [
        Clash(ahead[one.holder], ahead[other.holder], names[item], max(one.start, other.start), min(one.end, other.end))
        for (item, _place), spans in places.items()
        for one, other in overlapping(spans)
    ]
    return sorted(found, key=lambda one: (one.starts_at, one.first.key, one.second.key, one.item))[:most]


def overlapping(spans: Iterable[Span]) -> Iterator[tuple[Span, Span]]:
    """Every pair that overlaps, each once, whoever starts first coming first: a sweep, linear but for what it finds."""
    running: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, one.end, str(one.holder))):
        running = [one for one in running if one.end > span.start]
        for one in running:
            if span.start < span.end:
                yield one, span
        running.append(span)
