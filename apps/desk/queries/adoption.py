"""The page of adoption: M2's figures, the bypasses with what may be done about each, and whom to bring in next."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse

from apps.approaches import queries as approaches
from apps.approaches.models import ApproachVersion
from apps.cmdb.models import ConfigurationItem
from apps.compliance import queries as compliance
from apps.compliance.permissions import may_answer_bypass
from apps.metrics import queries as metrics
from apps.metrics.periods import Period

MOST_SHOWN = 50


def adoption(user: Any, period: Period, at: datetime, approach: str = "") -> dict[str, Any]:
    """What the template shows; `bring` and `leave` are empty where the person may not answer a bypass.

    With an approach in force by that slug, only what it covers; its figures are then those of its scope.
    """
    versions = approaches.in_force()
    chosen = next((one for one in versions if one.approach.slug == approach), None)
    keys = approaches.keys_in_scope(chosen) if chosen else None
    found = metrics.answer("M2", period, as_of=at, only={"approach": chosen.approach.slug} if chosen else None)
    newcomers = [one for one in compliance.onboarding(at) if keys is None or one.key in keys]
    covering = approaches.approaches_covering([one.pk for one in newcomers], versions)
    return {
        "approaches": [_in_force(one) for one in versions],
        "chosen": chosen,
        "uncovered": _uncovered(versions),
        "cards": [
            {"part": part, "figure": found.figure(part), "trend": found.trend(part)} for part in found.metric.parts
        ],
        "bypasses": [
            _bypass(one, user) for one in compliance.bypasses() if keys is None or one.deployment.ci.key in keys
        ],
        "newcomers": [
            {
                "newcomer": one,
                "page": reverse("admin:cmdb_configurationitem_change", args=[one.pk]),
                "approaches": ", ".join(covering.get(one.pk, ())),
            }
            for one in newcomers
        ],
        "models": reverse("admin:release_models_releasemodel_changelist"),
    }


def _in_force(version: ApproachVersion) -> dict[str, Any]:
    return {
        "version": version,
        "page": reverse("admin:approaches_approachversion_change", args=[version.pk]),
        "count": approaches.services_of(version).count(),
    }


def _uncovered(versions: list[ApproachVersion]) -> list[ConfigurationItem]:
    """Services that are to be release managed and that no approach in force covers; the most critical first."""
    if not versions or not all(approaches.is_narrowed(one) for one in versions):
        return []
    found = approaches.services()
    for version in versions:
        found = found.exclude(pk__in=approaches.services_of(version).values("pk"))
    return list(found.order_by("criticality", "name", "pk")[:MOST_SHOWN])


def _bypass(bypass: compliance.Bypass, user: Any) -> dict[str, Any]:
    finding = bypass.finding
    may = may_answer_bypass(finding, user)
    return {
        "finding": finding,
        "deployment": bypass.deployment,
        "page": reverse("admin:compliance_finding_change", args=[finding.pk]),
        "bring": reverse("admin:compliance_finding_deed", args=[finding.pk, "bring"]) if may else "",
        "leave": reverse("admin:compliance_finding_deed", args=[finding.pk, "leave"]) if may else "",
    }
