"""The page of adoption: M2's figures, the bypasses with what may be done about each, and whom to bring in next."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse

from apps.compliance import queries as compliance
from apps.compliance.permissions import may_answer_bypass
from apps.metrics import queries as metrics
from apps.metrics.periods import Period


def adoption(user: Any, period: Period, at: datetime) -> dict[str, Any]:
    """What the template shows; `bring` and `leave` are empty where the person may not answer a bypass."""
    found = metrics.answer("M2", period, as_of=at)
    return {
        "cards": [
            {"part": part, "figure": found.figure(part), "trend": found.trend(part)} for part in found.metric.parts
        ],
        "bypasses": [_bypass(one, user) for one in compliance.bypasses()],
        "newcomers": [
            {"newcomer": one, "page": reverse("admin:cmdb_configurationitem_change", args=[one.pk])}
            for one in compliance.onboarding(at)
        ],
        "models": reverse("admin:release_models_releasemodel_changelist"),
    }


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
