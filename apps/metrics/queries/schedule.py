"""M8: did releases happen when their approved plan said?"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from apps.core.models import AuditEntry
from apps.metrics.figures import Row
from apps.metrics.queries.ground import Fact, Question, Releases, Rows, times_of, tolerances
from apps.releases.lifecycle.words import CancelReason, Status
from apps.releases.planning import is_early, is_late

BUSINESS_DECISIONS = {CancelReason.NOT_NEEDED, CancelReason.REPLACED, CancelReason.DUPLICATE}
REPLANS = {
    "releases.release.rework": "",
    "releases.release.reject": "rejected",
    "releases.release.supersede": "content changed",
}
REASON_BY_STATUS = {
    Status.VERIFYING: "verification",
    Status.AWAITING_APPROVAL: "approval",
    Status.SCHEDULED: "rescheduled",
}


def rows_of_adherence(question: Question) -> Rows:
    """Every part of M8."""
    releases = Releases(_planned_within("baseline_end", question) | _planned_within("planned_end", question))
    cancelled = times_of("releases.release.cancel", releases)
    minutes = tolerances()
    rows: Rows = {
        name: [] for name in ("adherence", "arrivals", "slip_median", "slip_p90", "against_last_replan", "notice")
    }
    for fact in releases:
        tolerance = minutes.get(fact.model_version, 0)
        called_off = _called_off_in_time(fact, cancelled.get(fact.key))
        if fact.baseline_end is not None:
            _add_baseline_rows(rows, releases, fact, question, tolerance, called_off)
        if fact.planned_end is not None and fact.baseline_end is not None:
            rows["against_last_replan"].append(
                _kept(releases, fact, question, fact.planned_start, fact.planned_end, tolerance, called_off)
            )
    return rows | {"replans": _replans(question)}


def _planned_within(field: str, question: Question) -> Q:
    """Plans may lie ahead of the as-of time; such rows are shown as not due."""
    period = question.period
    return Q(**{f"{field}__gte": period.start, f"{field}__lt": period.end}, baseline_end__isnull=False)


def _called_off_in_time(fact: Fact, at: datetime | None) -> bool:
    decided = fact.status == Status.CANCELLED and fact.cancel_reason in BUSINESS_DECISIONS
    return decided and at is not None and fact.baseline_start is not None and at < fact.baseline_start


def _add_baseline_rows(
    rows: Rows, releases: Releases, fact: Fact, question: Question, tolerance: int, called_off: bool
) -> None:
    kept = _kept(releases, fact, question, fact.baseline_start, fact.baseline_end, tolerance, called_off)
    rows["adherence"].append(kept)
    if kept.excluded:
        return
    released = question.known(fact.released_at)
    arrival = _arrival(fact, question, tolerance)
    rows["arrivals"].append(
        releases.row(fact, fact.baseline_end, numerator=1, note=arrival, dimensions={"arrival": (arrival,)})
    )
    slip = (released - fact.baseline_end).total_seconds() / 3600 if released else None
    excluded = "" if released else "never_finished"
    for part in ("slip_median", "slip_p90"):
        rows[part].append(releases.row(fact, fact.baseline_end, value=slip, excluded=excluded))
    has_notice = fact.approved_at is not None and fact.baseline_start is not None
    notice = (fact.baseline_start - fact.approved_at).total_seconds() / 3600 if has_notice else None
    rows["notice"].append(
        releases.row(fact, fact.baseline_end, value=notice, excluded="" if has_notice else "approval_time_unknown")
    )


def _kept(
    releases: Releases,
    fact: Fact,
    question: Question,
    start: datetime | None,
    end: datetime,
    tolerance: int,
    called_off: bool,
) -> Row:
    """One release against one plan."""
    excluded = "not_due" if end > question.as_of else "cancelled_with_notice" if called_off else ""
    released, started = question.known(fact.released_at), question.known(fact.started_at)
    is_kept = not is_late(released, end, tolerance) and not is_early(started, start)
    note = f"planned {end:%Y-%m-%d %H:%M}, released {released:%Y-%m-%d %H:%M} UTC" if released else "never released"
    return releases.row(fact, end, numerator=int(is_kept), excluded=excluded, note=note)


def _arrival(fact: Fact, question: Question, tolerance: int) -> str:
    released, started = question.known(fact.released_at), question.known(fact.started_at)
    if released is None:
        return "missed"
    if is_late(released, fact.baseline_end, tolerance):
        return "late"
    return "early" if is_early(started, fact.baseline_start) else "on_time"


def _replans(question: Question) -> list[Row]:
    """Each return to planning, from the audit trail; and each move of the plan once the baseline was fixed."""
    entries = AuditEntry.objects.filter(question.within("at"), event__in=REPLANS)
    found = list(entries.order_by("id").values_list("event", "at", "before", "root_key", "note"))
    if not found:
        return []
    releases = Releases(Q(key__in={key for _, _, _, key, _ in found}))
    by_key = {fact.key: fact for fact in releases}
    rows = []
    for event, at, before, key, note in found:
        fact = by_key.get(key)
        reason = REPLANS[event] or REASON_BY_STATUS.get(before, "other")
        if fact is not None:
            dimensions = {"reason": (reason,)}
            rows.append(releases.row(fact, at, numerator=1, note=note or reason, dimensions=dimensions))
    return rows
