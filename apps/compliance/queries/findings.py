"""Questions about findings."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from apps.compliance.models import BreakGlass, Finding
from apps.compliance.queries.ways_round import ways_round
from apps.core.clock import now
from apps.releases.models import Release


def today() -> date:
    """The organisation's day."""
    return now().astimezone(ZoneInfo(settings.TIDEGATE_TIME_ZONE)).date()


def is_overdue(finding: Finding) -> bool:
    return finding.due_on < today()


def compliance_of(release: Release) -> dict[str, Any]:
    """What the controls and the auditors found about a release."""
    return {
        "findings": list(Finding.objects.filter(release=release).order_by("-pk")),
        "ways_round": ways_round(release),
        "act": BreakGlass.objects.filter(release=release).select_related("person", "approved_by").first(),
    }
