"""A past written straight into the tables: many releases and incidents, for questions that only count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from apps.cmdb.models import CIType, ConfigurationItem
from apps.incidents.models import CausalLink, Incident
from apps.releases.models import Component, Release

HOUR = timedelta(hours=1)


def items(count: int, prefix: str = "part") -> list[ConfigurationItem]:
    kind = CIType.objects.get(slug="component")
    made = [ConfigurationItem(key=f"{prefix}-{n}", name=f"{prefix}-{n}", ci_type=kind) for n in range(count)]
    return ConfigurationItem.objects.bulk_create(made, batch_size=1000)


def releases(
    subject: ConfigurationItem, baskets: Iterable[tuple[datetime, Sequence[ConfigurationItem]]]
) -> list[Release]:
    """One release for each basket, released at its moment."""
    known = list(baskets)
    first = Release.objects.count()
    rows = Release.objects.bulk_create(
        [
            Release(
                key=f"REL-P-{first + n:06}", title=f"Past {n}", release_version="1", subject=subject, released_at=at
            )
            for n, (at, _) in enumerate(known)
        ],
        batch_size=1000,
    )
    parts = [
        Component(release=row, ci=ci, to_version="1")
        for row, (_, moved) in zip(rows, known, strict=True)
        for ci in moved
    ]
    Component.objects.bulk_create(parts, batch_size=1000)
    return rows


def incidents(affected: Iterable[tuple[datetime, ConfigurationItem]]) -> list[Incident]:
    known = list(affected)
    first = Incident.objects.count()
    rows = Incident.objects.bulk_create(
        [Incident(key=f"INC-P-{first + n:06}", title=f"Past {n}", opened_at=at) for n, (at, _) in enumerate(known)],
        batch_size=1000,
    )
    through = Incident.services.through
    through.objects.bulk_create(
        [through(incident_id=row.pk, configurationitem_id=ci.pk) for row, (_, ci) in zip(rows, known, strict=True)],
        batch_size=1000,
    )
    return rows


def judged(release: Release, incident: Incident, status: str) -> None:
    """As a person found."""
    made = CausalLink.objects.bulk_create([CausalLink(release=release, incident=incident)])
    CausalLink.objects.filter(pk=made[0].pk).update(status=status)
