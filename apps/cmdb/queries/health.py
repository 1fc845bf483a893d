"""The health of the CMDB itself: lists to work through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.cmdb.lifecycle import ProposalStatus
from apps.cmdb.models import (
    ConfigurationItem,
    Identifier,
    ProposedRelationship,
    Relationship,
    ServiceRelationship,
    UnresolvedReference,
)
from apps.core.clock import now

Lifecycle = ConfigurationItem.Lifecycle
STALE_AFTER_DAYS = 180


@dataclass(frozen=True)
class HealthList:
    """One thing that can be wrong with the map, and the items of which it is true."""

    slug: str
    title: Any
    why: Any
    mend: Any
    items: Callable[[], QuerySet[ConfigurationItem]]
    worked_at: str = ""  # the list in the admin where it is worked through, where that is not the list of these items


def _in_use() -> QuerySet[ConfigurationItem]:
    return ConfigurationItem.objects.exclude(lifecycle=Lifecycle.RETIRED)


def _orphans() -> QuerySet[ConfigurationItem]:
    return _in_use().filter(
        ~Exists(Relationship.objects.filter(source=OuterRef("pk"), missing_since__isnull=True)),
        ~Exists(Relationship.objects.filter(target=OuterRef("pk"), missing_since__isnull=True)),
    )


def _without_owner() -> QuerySet[ConfigurationItem]:
    return _in_use().filter(owner__isnull=True)


def _without_consumer() -> QuerySet[ConfigurationItem]:
    served = ServiceRelationship.objects.filter(service=OuterRef("pk"))
    consumed = Relationship.objects.filter(
        target=OuterRef("pk"), type__slug__in=("consumes", "depends-on"), missing_since__isnull=True
    )
    return _in_use().filter(~Exists(served), ~Exists(consumed), ci_type__slug="service")


def _missing() -> QuerySet[ConfigurationItem]:
    known = Identifier.objects.filter(ci=OuterRef("pk"))
    return _in_use().filter(
        Q(confirmed_at__isnull=True) | Exists(known.filter(missing_since__gt=OuterRef("confirmed_at"))),
        Exists(known.filter(missing_since__isnull=False)),
        ~Exists(known.filter(missing_since__isnull=True, last_seen_at__isnull=False)),
    )


def _stale() -> QuerySet[ConfigurationItem]:
    """Known from imports, and for a long time neither an import nor a person has confirmed it."""
    since = now() - timedelta(days=STALE_AFTER_DAYS)
    seen = Identifier.objects.filter(ci=OuterRef("pk"), last_seen_at__isnull=False)
    unconfirmed = Q(confirmed_at__isnull=True) | Q(confirmed_at__lt=since)
    return _in_use().filter(unconfirmed, Exists(seen), ~Exists(seen.filter(last_seen_at__gte=since)))


def _unresolved() -> QuerySet[ConfigurationItem]:
    return _in_use().filter(Exists(UnresolvedReference.objects.filter(ci=OuterRef("pk"))))


def _proposed() -> QuerySet[ConfigurationItem]:
    open_ones = ProposedRelationship.objects.filter(status=ProposalStatus.PROPOSED)
    return _in_use().filter(
        Exists(open_ones.filter(source=OuterRef("pk"))) | Exists(open_ones.filter(target=OuterRef("pk")))
    )


HEALTH_LISTS = [
    HealthList(
        "without-owner",
        _("Without an owner"),
        _("Nobody answers for a change."),
        _("Choose them in the list and assign the team that answers for them."),
        _without_owner,
    ),
    HealthList(
        "orphans",
        _("Without any relationship"),
        _("Impact cannot see it."),
        _("Open each and say what it depends on or belongs to; retire what is gone."),
        _orphans,
    ),
    HealthList(
        "without-consumer",
        _("Services without a consumer"),
        _("Nobody is known to use it."),
        _("Tie a party or another service to it; retire what nobody uses."),
        _without_consumer,
    ),
    HealthList(
        "missing",
        _("No longer reported"),
        _("No source names it any more."),
        _("Retire it, mend the source, or confirm that it still exists."),
        _missing,
    ),
    HealthList(
        "stale",
        _("Not seen for half a year"),
        _("No import has confirmed it, and no person."),
        _("Look, and confirm that it still exists or retire it."),
        _stale,
    ),
    HealthList(
        "unresolved",
        _("With unresolved references"),
        _("They name what no source has brought."),
        _("Import the catalog that has it, or correct the name at the source."),
        _unresolved,
    ),
    HealthList(
        "proposed",
        _("With proposed relationships"),
        _("They are released together, or suffer after each other’s releases, and the map does not say why."),
        _("Look at the evidence; accept or dismiss each proposal."),
        _proposed,
        worked_at="admin:cmdb_proposedrelationship_changelist",
    ),
]


def health() -> dict[str, int]:
    """How many items each list holds."""
    return {one.slug: one.items().count() for one in HEALTH_LISTS}
