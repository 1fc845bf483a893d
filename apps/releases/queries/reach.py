"""What a release reaches: now, at each stage of its life, and what became different in between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.cmdb.models import ConfigurationItem
from apps.cmdb.queries import Impact, impact_of
from apps.cmdb.queries import Reach as PeopleReached
from apps.cmdb.queries import reach as people_reached
from apps.core.clock import now
from apps.releases.lifecycle.words import ImpactStage
from apps.releases.models import ImpactRecord, Release


@dataclass(frozen=True)
class ReachedThen:
    """What was reached at one moment, and how that differs from the moment before."""

    label: str
    at: datetime
    items: Sequence[dict[str, Any]]
    weight: int
    appeared: Sequence[dict[str, Any]] = ()
    gone: Sequence[dict[str, Any]] = ()
    parties_appeared: Sequence[dict[str, Any]] = ()
    parties_gone: Sequence[dict[str, Any]] = ()
    stage: str = ""

    @property
    def differs(self) -> bool:
        return bool(self.appeared or self.gone or self.parties_appeared or self.parties_gone)


@dataclass(frozen=True)
class ReachedNow:
    """What the map says at this moment, in the form in which it is put on record."""

    impact: Impact
    people: PeopleReached

    @property
    def items(self) -> list[dict[str, Any]]:
        return [
            {
                "key": one.key,
                "name": one.name,
                "type": one.ci_type,
                "criticality": one.criticality,
                "distance": one.distance,
            }
            for one in self.impact.nodes
        ]

    @property
    def parties(self) -> list[dict[str, Any]]:
        return [{"slug": one.slug, "name": one.name} for one in self.people.parties]


def changed_items(release: Release) -> list[ConfigurationItem]:
    """The service that is made available and the items that move, each once: where the impact begins."""
    components = release.components.select_related("ci__ci_type").order_by("pk")
    found = {release.subject_id: release.subject} | {one.ci_id: one.ci for one in components}
    return list(found.values())


def reached_by(release: Release) -> ReachedNow:
    """What the release reaches, as the map stands now."""
    found = impact_of(changed_items(release))
    return ReachedNow(found, people_reached(release.subject, found))


def impact_story(release: Release, known: ReachedNow) -> list[ReachedThen]:
    """Each moment on record, the first one first, and last of all now, each with what differs from the one before."""
    records = release.impact_records.order_by("taken_at", "pk")
    moments = [
        (ImpactStage(one.stage).label, one.stage, one.taken_at, one.items, one.parties, one.weight) for one in records
    ]
    moments.append((_("Now"), "", now(), known.items, known.parties, known.impact.weight))
    story: list[ReachedThen] = []
    before: tuple[Any, Any] | None = None
    for label, stage, at, items, parties, weight in moments:
        appeared, gone = _differences(before[0], items, "key") if before else ((), ())
        came, left = _differences(before[1], parties, "slug") if before else ((), ())
        story.append(ReachedThen(str(label), at, items, weight, appeared, gone, came, left, stage))
        before = (items, parties)
    return story


def since_approval(release: Release, known: ReachedNow) -> ReachedThen | None:
    """What the map says otherwise than when approval was last asked for; None when that is not on record."""
    record = release.impact_records.filter(stage=ImpactStage.APPROVAL).order_by("-taken_at", "-pk").first()
    return None if record is None else _since(record, known)


def _since(record: ImpactRecord, known: ReachedNow) -> ReachedThen:
    appeared, gone = _differences(record.items, known.items, "key")
    came, left = _differences(record.parties, known.parties, "slug")
    return ReachedThen(_("Now"), now(), known.items, known.impact.weight, appeared, gone, came, left)


def _differences(
    before: Iterable[dict[str, Any]], after: Iterable[dict[str, Any]], name: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What appeared and what is gone, by the value that names each."""
    old, new = {one[name]: one for one in before}, {one[name]: one for one in after}
    return (
        [one for key, one in new.items() if key not in old],
        [one for key, one in old.items() if key not in new],
    )
