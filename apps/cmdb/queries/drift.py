"""Which version is where, and what does not agree."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from apps.cmdb.models import ConfigurationItem, InstalledVersion


@dataclass(frozen=True)
class Drift:
    """One disagreement: which item, in which environment, and what is wrong in words."""

    kind: str
    installed: InstalledVersion
    detail: str


def versions_of(ci: ConfigurationItem) -> QuerySet[InstalledVersion]:
    """What is live of the item, in the order of promotion."""
    return ci.installed_versions.select_related("environment", "ci").order_by("environment__order", "environment_id")


def drift(ci: ConfigurationItem | None = None) -> list[Drift]:
    """What is live and should not be, for one item or for all.

    `not_released`: live in production without a release, though the item is released under management.
    `skipped_environment`: live in production, while an earlier environment has another version.
    """
    rows = InstalledVersion.objects.select_related("ci", "environment").order_by("ci__name", "environment__order", "pk")
    if ci is not None:
        rows = rows.filter(ci=ci)
    return [*_not_released(rows), *_differing(rows)]


def _not_released(rows: QuerySet[InstalledVersion]) -> list[Drift]:
    bypassed = rows.filter(environment__is_production=True, ci__release_managed=True, release_key="")
    return [
        Drift(
            "not_released",
            one,
            f"{one.version_name} is live in {one.environment} and no release brought it.",
        )
        for one in bypassed
    ]


def _differing(rows: QuerySet[InstalledVersion]) -> list[Drift]:
    """Items whose version in production is not the one of an earlier environment."""
    in_production = InstalledVersion.objects.filter(ci=OuterRef("ci"), environment__is_production=True)
    earlier = rows.filter(Exists(in_production), environment__is_production=False)
    production = {
        one.ci_id: one
        for one in InstalledVersion.objects.filter(
            environment__is_production=True, ci__in=earlier.values("ci")
        ).select_related("environment")
    }
    return [
        Drift(
            "differs",
            one,
            f"{one.environment} has {one.version_name}, {live.environment} has {live.version_name}.",
        )
        for one in earlier
        if (live := production[one.ci_id]) and one.environment.order < live.environment.order
        if (one.version_name, one.digest or live.digest) != (live.version_name, live.digest or one.digest)
        if one.since <= live.since
    ]
