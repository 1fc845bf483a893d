"""Adoption as work to do: what went past the practice, and which services are to be brought under it first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from apps.cmdb.models import ConfigurationItem, Relationship
from apps.cmdb.queries import impact
from apps.compliance.lifecycle import FindingStatus
from apps.compliance.models import Control, Finding
from apps.release_models.content import Scope
from apps.release_models.queries import IN_SCOPE_TYPES, Light, PublishedModels
from apps.releases.models import Deployment

COUNTED = timedelta(days=365)
LEAST_CRITICAL = 4


@dataclass(frozen=True)
class Bypass:
    """One deployment that went live past the practice and has not been answered for."""

    finding: Finding
    deployment: Deployment


@dataclass(frozen=True)
class Newcomer:
    """A live service that is to be release managed and that no published model applies to."""

    key: str
    name: str
    pk: int
    criticality: int
    owner: str | None
    bypasses: int
    lightest: Light | None

    @property
    def weight(self) -> int:
        """Criticality × bypasses: a service of the highest criticality counts four times one of the lowest."""
        return (LEAST_CRITICAL + 1 - self.criticality) * (1 + self.bypasses)


def bypasses() -> list[Bypass]:
    """The open ones, the oldest first."""
    open_ones = {one.subject_key: one for one in _shadow_findings().filter(status=FindingStatus.OPEN)}
    found = Deployment.objects.filter(key__in=open_ones).select_related("ci__owner", "environment")
    return sorted((Bypass(open_ones[one.key], one) for one in found), key=lambda one: one.finding.occurred_at)


def deployment_of(finding: Finding) -> Deployment | None:
    """What went live, when the finding is about a bypass."""
    if finding.control != Control.SHADOW_RELEASE:
        return None
    return Deployment.objects.filter(key=finding.subject_key).select_related("ci__ci_type", "environment").first()


def is_open_bypass(finding: Finding) -> bool:
    return finding.control == Control.SHADOW_RELEASE and finding.status == FindingStatus.OPEN


def service_of(ci: ConfigurationItem) -> ConfigurationItem:
    """What is released when this item changes: itself, or the nearest service or application that needs it."""
    if ci.ci_type.slug in IN_SCOPE_TYPES:
        return ci
    near = [one for one in impact(ci, depth=3).nodes if one.ci_type in IN_SCOPE_TYPES]
    if not near:
        return ci
    nearest = min(near, key=lambda one: (one.distance, one.criticality, one.key))
    return ConfigurationItem.objects.get(pk=nearest.id)


def onboarding(at: datetime) -> list[Newcomer]:
    """Services to bring under management, by criticality × bypasses of the last year; each with the lightest model."""
    models, services = PublishedModels(), _in_scope()
    counts = _bypasses_of([one.pk for one in services], at)
    found = []
    for service in services:
        scope = Scope(
            subject_type=service.ci_type.slug,
            value_streams=tuple(one.slug for one in service.value_streams.all()),
            criticality=service.criticality,
        )
        if not models.bound(scope):
            owner = service.owner.name if service.owner else None
            found.append(
                Newcomer(
                    service.key,
                    service.name,
                    service.pk,
                    service.criticality,
                    owner,
                    counts[service.pk],
                    models.lightest(scope),
                )
            )
    return sorted(found, key=lambda one: (-one.weight, one.key))


def _in_scope() -> list[ConfigurationItem]:
    rows = ConfigurationItem.objects.filter(
        ci_type__slug__in=IN_SCOPE_TYPES, lifecycle=ConfigurationItem.Lifecycle.LIVE, release_managed=True
    )
    return list(rows.select_related("ci_type", "owner").prefetch_related("value_streams").order_by("pk"))


def _bypasses_of(services: Iterable[int], at: datetime) -> dict[int, int]:
    """service → bypasses of it and of what hangs directly on it."""
    keys = _shadow_findings().filter(occurred_at__gte=at - COUNTED).values("subject_key")
    items = list(Deployment.objects.filter(key__in=keys).order_by().values_list("ci_id", flat=True))
    counts: dict[int, int] = defaultdict(int)
    near: dict[int, set[int]] = defaultdict(set)
    ties = Relationship.objects.filter(Q(source__in=items) | Q(target__in=items), missing_since__isnull=True)
    for source, target in ties.values_list("source_id", "target_id"):
        near[source].add(target)
        near[target].add(source)
    wanted = set(services)
    for item in items:
        for service in ({item} | near[item]) & wanted:
            counts[service] += 1
    return counts


def _shadow_findings() -> Any:
    return Finding.objects.filter(control=Control.SHADOW_RELEASE)
