"""Which version is where, and what does not agree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import CharField, DateTimeField, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from apps.cmdb.models import ConfigurationItem, InstalledVersion
from apps.core.clock import now

WAITED_LONG = timedelta(days=30)  # a version that waits longer before production is no longer on its way


@dataclass(frozen=True)
class Drift:
    """One disagreement: which item, in which environment, and what is wrong in words."""

    kind: str
    installed: InstalledVersion
    detail: str


def versions_of(ci: ConfigurationItem) -> QuerySet[InstalledVersion]:
    """What is live of the item, in the order of promotion."""
    return ci.installed_versions.select_related("environment", "ci").order_by("environment__order", "environment_id")


def drift(ci: ConfigurationItem) -> list[Drift]:
    """What is live of the item and should not be."""
    rows = InstalledVersion.objects.filter(ci=ci).select_related("ci", "environment").order_by("environment__order")
    bypassed = rows.filter(in_managed_production(), release_key="")
    return [
        *(Drift("not_released", one, _not_released(one)) for one in bypassed),
        *(Drift("differs", one, said_of_difference(one, live)) for one, live in beside_production(differing(rows))),
    ]


def in_managed_production() -> Q:
    """Live where customers are, of an item that is released under management."""
    return Q(environment__is_production=True, ci__release_managed=True)


def _not_released(one: InstalledVersion) -> str:
    return _("%(version)s is live in %(place)s and no release brought it.") % {
        "version": one.version_name,
        "place": one.environment,
    }


def differing(rows: QuerySet[InstalledVersion], at: datetime | None = None) -> QuerySet[InstalledVersion]:
    """What an earlier environment has and production has not: passed over by production, or waiting there for long."""
    production = InstalledVersion.objects.filter(
        ci=OuterRef("ci"), environment__is_production=True, environment__order__gt=OuterRef("environment__order")
    ).alias(
        its_digest=ExpressionWrapper(OuterRef("digest"), CharField()),
        its_since=ExpressionWrapper(OuterRef("since"), DateTimeField()),
    )
    another_digest = ~Q(digest="") & ~Q(its_digest="") & ~Q(digest=F("its_digest"))
    passed_over = Q(since__gte=F("its_since"))
    waiting = Q(its_since__lte=(at or now()) - WAITED_LONG)
    other = production.filter(~Q(version_name=OuterRef("version_name")) | another_digest, passed_over | waiting)
    against = Subquery(other.order_by("environment__order", "pk").values("pk")[:1])
    return rows.filter(environment__is_production=False).annotate(against=against).filter(against__isnull=False)


def beside_production(rows: QuerySet[InstalledVersion]) -> list[tuple[InstalledVersion, InstalledVersion]]:
    """Each of the differing rows with what production has instead."""
    found = list(rows)
    live = InstalledVersion.objects.select_related("environment").in_bulk({one.against for one in found})
    return [(one, live[one.against]) for one in found]


def said_of_difference(one: InstalledVersion, live: InstalledVersion) -> str:
    words = {
        "place": one.environment,
        "version": one.version_name,
        "production": live.environment,
        "live": live.version_name,
    }
    if one.version_name == live.version_name:
        return _("%(place)s and %(production)s both have %(version)s, but not the same artifact.") % words
    if one.since > live.since:
        return _("%(place)s has had %(version)s for long, %(production)s still has %(live)s.") % words
    return _("%(place)s has %(version)s, %(production)s has %(live)s.") % words
