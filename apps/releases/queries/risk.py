"""What is known of a release when its risk is assessed, and the assessment."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.releases.lifecycle.words import CheckStatus, IncidentLink, Outcome, Phase
from apps.releases.models import Component, Release, ReleaseIncident
from apps.releases.queries.reach import ReachedNow, reached_by
from apps.releases.risk import Assessment, History, Known, assess

LOOKED_BACK = 50  # releases of a history
BAD = (Outcome.BACKED_OUT, Outcome.PARTIALLY_BACKED_OUT, Outcome.FAILED)
VITAL = 1
ROLL_BACK = "rollback"


def risk_of(release: Release, reached: ReachedNow | None = None) -> Assessment:
    """The risk as it is assessed now. A fixed number of queries beside those of the map."""
    return assess(known_of(release, reached or reached_by(release)))


def known_of(release: Release, reached: ReachedNow) -> Known:
    """What the map, the past and the plan say."""
    impact = reached.impact
    items = {one.ci_id for one in release.components.all()}
    released = set(
        Component.objects.filter(ci__in=items, release__released_at__isnull=False)
        .exclude(release=release.pk)
        .values_list("ci", flat=True)
    )
    checks = list(release.checks.values_list("kind", "status"))
    others = Release.objects.exclude(pk=release.pk).filter(released_at__isnull=False)
    return Known(
        criticality=release.subject.criticality,
        vital_reached=sum(one.criticality == VITAL for one in impact.nodes),
        services_reached=sum(one.ci_type == "service" for one in impact.nodes),
        map_has_holes=bool(impact.unresolved or impact.truncated),
        components=len(items),
        is_first_of_service=not others.filter(subject=release.subject_id).exists(),
        is_first_under_model=bool(release.model_version_id)
        and not others.filter(model_version__model=release.model_version.model_id).exists(),
        first_components=len(items - released),
        service_history=_history(others.filter(subject=release.subject_id)),
        team_history=_history(others.filter(subject__owner=release.subject.owner_id))
        if release.subject.owner_id
        else History(),
        change_kind=release.change_kind,
        has_back_out_tasks=release.tasks.filter(phase=Phase.BACK_OUT).exists(),
        is_roll_back_proven=any(
            ROLL_BACK in kind.replace("_", "") and status == CheckStatus.PASSED for kind, status in checks
        ),
        waivers=sum(status == CheckStatus.WAIVED for _kind, status in checks),
        starts_at=release.planned_start.astimezone(ZoneInfo(settings.TIDEGATE_TIME_ZONE))
        if release.planned_start
        else None,
    )


def _history(rows: QuerySet[Release]) -> History:
    """Of the latest releases: how many were backed out, failed, or have an incident that was confirmed."""
    confirmed = ReleaseIncident.objects.filter(release=OuterRef("pk"), link=IncidentLink.CONFIRMED)
    bad = Q(outcome__in=BAD) | Q(review_outcome__in=BAD) | Q(status="backing_out") | Exists(confirmed)
    latest = list(rows.order_by("-released_at").values_list("pk", flat=True)[:LOOKED_BACK])
    return History(len(latest), Release.objects.filter(bad, pk__in=latest).count())
