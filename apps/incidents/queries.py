"""Which releases an incident may come from: what went out before it, and what it hangs on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from apps.cmdb.queries import impact
from apps.incidents.models import CausalLink, Incident
from apps.releases.models import Release

DEPTH = 6
EARLY_LIFE = timedelta(hours=24)  # of a release whose model says nothing
LONGEST_EARLY_LIFE = timedelta(days=90)
MOST_SUSPECTS = 20


@dataclass(frozen=True)
class Suspicion:
    """A release that may have caused the incident, and why one may think so."""

    release: Release
    reasons: list[str]


@dataclass(frozen=True)
class Near:
    """A configuration item on which an affected one hangs, at how many steps."""

    affected: str
    distance: int


def suspicions(incident: Incident) -> list[Suspicion]:
    """Releases under way or in early life when the incident opened, that touch what it is on; the latest first."""
    near = _surroundings(incident)
    found = [
        Suspicion(release, [_when(release, incident.opened_at), *reasons])
        for release in _released_before(incident, near)
        if (reasons := list(_touching(release, near)))
    ]
    return found[:MOST_SUSPECTS]


def _surroundings(incident: Incident) -> dict[int, Near]:
    """The affected items and all they depend on, each at its least distance."""
    near: dict[int, Near] = {}
    for item in incident.services.all():
        reached = {item.pk: 0} | {node.id: node.distance for node in impact(item, "dependencies", DEPTH).nodes}
        for pk, distance in reached.items():
            if pk not in near or distance < near[pk].distance:
                near[pk] = Near(item.name, distance)
    return near


def _released_before(incident: Incident, near: dict[int, Near]) -> Iterable[Release]:
    """Releases that touch these items and could still be felt at the moment the incident opened."""
    opened = incident.opened_at
    touching = Q(subject__in=near) | Q(components__ci__in=near)
    rows = Release.objects.filter(
        touching, started_at__lte=opened, started_at__gt=opened - LONGEST_EARLY_LIFE
    ).distinct()
    if incident.environment_id:
        rows = rows.filter(Q(environment=incident.environment_id) | Q(environment__isnull=True))
    rows = rows.select_related("subject").prefetch_related("components__ci").order_by("-started_at", "-pk")
    return [release for release in rows if felt_until(release, opened) >= opened]


def felt_until(release: Release, at: datetime) -> datetime:
    """Until when trouble is laid at the release's door: the end of its early life, or now while it is under way."""
    if release.early_life_ends_at is not None:
        return release.early_life_ends_at
    ended = release.finished_at or release.released_at
    return at if ended is None else ended + EARLY_LIFE


def _touching(release: Release, near: dict[int, Near]) -> Iterable[str]:
    """In words: how each thing the release changed lies to the affected services."""
    touched = {component.ci_id: str(component.ci) for component in release.components.all()}
    touched.setdefault(release.subject_id, str(release.subject))
    for pk, name in touched.items():
        place = near.get(pk)
        if place is None:
            continue
        if place.distance == 0:
            yield f"It changed {name}, which is affected."
        else:
            steps = "directly" if place.distance == 1 else f"over {place.distance} steps"
            yield f"It changed {name}, on which {place.affected} depends {steps}."


def _when(release: Release, opened: datetime) -> str:
    hours = (opened - release.started_at).total_seconds() / 3600
    span = (
        f"{hours * 60:.0f} minutes" if hours < 2 else f"{hours:.0f} hours" if hours < 72 else f"{hours / 24:.0f} days"
    )
    return f"{release.key} began {span} before the incident opened."


def links_with_records() -> QuerySet[CausalLink]:
    return CausalLink.objects.select_related("incident", "release")
