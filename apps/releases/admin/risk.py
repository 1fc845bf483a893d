"""The tab “Risk”: every factor with its points, why, and what would lower it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from apps.core.display import page_of
from apps.releases import queries
from apps.releases.lifecycle.editing import editable_fields
from apps.releases.lifecycle.words import Risk
from apps.releases.models import Release
from apps.releases.permissions import may_edit
from apps.releases.risk import LEVELS

TONES = {Risk.HIGH: "bad", Risk.MEDIUM: "warn", Risk.LOW: "good"}
ORDER = [Risk.LOW, Risk.MEDIUM, Risk.HIGH]


def risk(admin: Any, request: HttpRequest, release: Release) -> dict[str, Any]:
    """What the factors say now, beside what is stated."""
    found = queries.risk_of(release)
    assessed = Risk(found.risk)
    may_take_over = "risk" in editable_fields(release) and may_edit(release, request.user)
    return {
        "release": release,
        "assessment": found,
        "assessed": assessed.label,
        "tone": TONES[assessed],
        "stated_tone": TONES.get(Risk(release.risk), "idle"),
        "is_stated_lower": release.risk in ORDER and ORDER.index(Risk(release.risk)) < ORDER.index(assessed),
        "differs": release.risk != found.risk,
        "levels": [(Risk(level).label, least) for level, least in LEVELS],
        "take_over": admin.deed_url(release, "assess-risk", next=page_of(release, "risk")) if may_take_over else "",
    }
