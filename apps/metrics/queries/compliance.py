"""M4: do releases keep to the rules, and are breaches mended?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

from django.db.models import Q

from apps.compliance.models import BY_AUDITOR, NO_VIOLATION, Control, Finding
from apps.metrics.figures import Row
from apps.metrics.queries.ground import Question, Releases, Rows, dimensions, page, streams_of_items

COLUMNS = (
    "pk",
    "key",
    "title",
    "control",
    "occurred_at",
    "raised_at",
    "due_on",
    "closed_at",
    "release_id",
    "release__subject_id",
    "release__subject__key",
    "release__subject__owner__slug",
    "release__model_version__model__slug",
)


def rows_of_compliance(question: Question) -> Rows:
    """Every part of M4."""
    findings = _findings(question)
    production = Releases(question.within("started_at") & Q(environment__is_production=True))
    rows: Rows = {
        "violations": [production.row(fact, fact.started_at, numerator=0) for fact in production],
        "clean": _clean(question),
        "open": [],
        "overdue": [],
        "days_to_close": [],
        "findings": [],
    }
    for row, finding in findings:
        _add(rows, row, finding, question)
    return rows


def _findings(question: Question) -> list[tuple[Row, dict]]:
    """Findings that were raised by then, and were open in the period or raised, closed or committed in it."""
    start = question.period.start
    known = Finding.objects.filter(raised_at__lte=question.end).filter(
        Q(closed_at__isnull=True) | Q(closed_at__gte=start) | Q(occurred_at__gte=start) | Q(raised_at__gte=start)
    )
    found = [dict(zip(COLUMNS, values, strict=True)) for values in known.order_by("pk").values_list(*COLUMNS)]
    streams = streams_of_items({one["release__subject_id"] for one in found})
    return [(_row(one, streams), one) for one in found]


def _row(finding: dict, streams: dict[int, tuple[str, ...]]) -> Row:
    return Row(
        key=finding["key"],
        label=finding["title"],
        at=None,
        url=page("compliance_finding", finding["pk"]),
        note=str(Control(finding["control"]).label),
        dimensions=dimensions(
            product=finding["release__subject__key"],
            streams=streams.get(finding["release__subject_id"], ()),
            model=finding["release__model_version__model__slug"],
            team=finding["release__subject__owner__slug"],
        )
        | {"control": (finding["control"],)},
    )


def _add(rows: Rows, row: Row, finding: dict, question: Question) -> None:
    closed = question.known(finding["closed_at"])
    aside = _why_no_violation(finding["control"])
    rows["violations"].append(replace(row, at=finding["occurred_at"], numerator=1, denominator=0, excluded=aside))
    rows["findings"].append(replace(row, at=finding["raised_at"], numerator=1))
    rows["open"].append(replace(row, at=finding["raised_at"], until=closed, numerator=1))
    day_after = finding["due_on"] + timedelta(days=1)
    overdue_from = max(datetime.combine(day_after, time(), tzinfo=question.period.zone), finding["raised_at"])
    rows["overdue"].append(replace(row, at=overdue_from, until=closed, numerator=1))
    if closed:
        days = (closed - finding["raised_at"]).total_seconds() / 86400
        rows["days_to_close"].append(replace(row, at=closed, value=days))


def _why_no_violation(control: str) -> str:
    if control in BY_AUDITOR:
        return "by_auditor"
    return "by_party" if control in NO_VIOLATION else ""


def _clean(question: Question) -> list[Row]:
    """Closed production releases, and whether any control found something."""
    closed = Releases(question.within("closed_at") & ~Q(outcome="") & Q(environment__is_production=True))
    found = Finding.objects.filter(release__in=closed.pks, raised_at__lte=question.as_of)
    marred = set(found.exclude(control__in=NO_VIOLATION).values_list("release_id", flat=True))
    return [
        closed.row(
            fact, fact.closed_at, numerator=int(fact.pk not in marred), note="found" if fact.pk in marred else ""
        )
        for fact in closed
    ]
