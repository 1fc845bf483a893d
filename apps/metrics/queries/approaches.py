"""How an approach is adopted within its scope, as plain data to be kept with its review."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.approaches.models import ApproachVersion
from apps.approaches.queries import services_of
from apps.metrics.definitions import Part
from apps.metrics.figures import Figure
from apps.metrics.periods import last_months
from apps.metrics.queries.answers import Answer, answer

MONTHS = 12
SHADOW = "shadow release"


def adoption_of(version: ApproachVersion, at: datetime) -> dict[str, Any]:
    """The parts of M2 for what the version covers, over the last twelve months."""
    period = last_months(MONTHS, at=at)
    found = answer("M2", period, as_of=at, only={"approach": version.approach.slug})
    return {
        "parts": [_said(part, found.figure(part)) for part in found.metric.parts],
        "services": services_of(version).count(),
        "bypasses": _bypasses(found),
        "since": period.start.date().isoformat(),
        "until": at.date().isoformat(),
    }


def _bypasses(found: Answer) -> int:
    return sum(1 for row in found.rows["use"] if row.note == SHADOW and not row.excluded)


def _said(part: Part, figure: Figure) -> dict[str, Any]:
    return {
        "slug": part.slug,
        "title": str(part.title),
        "value": figure.value,
        "shown": _percent(figure.value) or "no data",
        "fraction": f"{figure.numerator:g} of {figure.denominator:g}" if figure.denominator else "",
        "bounds": " to ".join(_percent(one) for one in figure.interval) if figure.interval else "",
        "small": figure.small,
    }


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f} %"
