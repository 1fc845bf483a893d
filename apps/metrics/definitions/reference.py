"""The definitions as a page of the documentation."""

from __future__ import annotations

from django.utils.translation import override

from apps.metrics.definitions import METRICS
from apps.metrics.definitions.base import Metric, Part

HEAD = """# The metrics

Generated from `apps/metrics/definitions` by `manage.py metrics_reference`; a test holds the two together.

**Common rules.** A period is half-open: it holds its first day and not its last, in the organisation's time zone
(setting `TIDEGATE_TIME_ZONE`). A record belongs to the period of its *defining time*, fixed when it happened. Every figure
carries its value, unit, numerator, denominator, n, a 95 % interval where there is one, what was left out and why, the
version of its definition, and the moment as of which it was computed. A denominator of zero is *no data*, never 0 or
100 %. Fewer than five records are marked *small*. The rows behind a figure (`GET /api/v1/metrics/{id}/rows/`, and the
metric's page in the admin) give the figure again.

**Intervals.** Shares: Wilson. Shares averaged over groups: normal, with Agresti and Coull's adjusted shares. Means:
Student's t. Medians and other quantiles: order statistics. Rates: Byar's approximation to the exact Poisson interval.
Counts and levels are what they are and have none.
"""


def reference() -> str:
    """The whole page, in English."""
    with override("en"):
        practice = [metric for metric in METRICS.values() if not metric.is_dora]
        dora = [metric for metric in METRICS.values() if metric.is_dora]
        chapters = ["## The nine", *map(_metric, practice), "## DORA's five", *map(_metric, dora)]
        return "\n".join([HEAD, *chapters]).rstrip() + "\n"


def _metric(metric: Metric) -> str:
    title = f"### {metric.id} {metric.title}" if not metric.is_dora else f"### {metric.title} (`{metric.id}`)"
    notes = "".join(f"\n{note}\n" for note in metric.notes)
    return f"{title}\n\n{metric.question}\n{notes}\n" + "\n".join(_part(part) for part in metric.parts)


def _part(part: Part) -> str:
    measure = part.measure
    lines = [
        f"**{part.title}** (`{part.slug}`; {measure.kind.replace('_', ' ')}, {measure.unit}; definition {measure.version})",
        "",
        f"- counted: {part.numerator}",
        f"- out of: {part.denominator}",
        f"- by the time of: {part.defining_time}",
    ]
    if part.split:
        lines.append(f"- shown divided by: {part.split.replace('_', ' ')}")
    if not part.has_trend:
        lines.append("- no trend: it is known for the end of the period only")
    lines += [f"- left out (`{code}`): {reason}" for code, reason in part.excluded.items()]
    return "\n".join(lines) + "\n"
