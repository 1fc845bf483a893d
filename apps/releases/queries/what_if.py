"""What if the window were another one: what would stand in the way there, what would change, what would be won."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.approvals.models import Answer
from apps.approvals.rules import SATISFYING
from apps.cmdb.models import ServiceRelationship
from apps.core.blockers import Blocker
from apps.core.clock import now
from apps.core.errors import Invalid
from apps.releases.lifecycle.freezes import planned_freeze_blockers
from apps.releases.lifecycle.plan_guards import WINDOW_GUARDS
from apps.releases.lifecycle.task import FINISHED
from apps.releases.lifecycle.words import ConflictKind, Severity, Status
from apps.releases.models import Release
from apps.releases.models.release import LONGEST_WINDOW
from apps.releases.queries.conflicts import Conflict, conflicts_of


@dataclass(frozen=True)
class WhatIf:
    """One window that was tried: what blocks it, what else is worth knowing, and what it would solve."""

    start: datetime
    end: datetime
    blockers: list[Blocker]
    conflicts: list[Conflict]
    consequences: list[str]
    solved: list[str]

    @property
    def is_free(self) -> bool:
        """Nothing blocks it; warnings may remain."""
        return not self.blockers and all(one.severity != Severity.BLOCKING for one in self.conflicts)

    def as_dict(self) -> dict[str, Any]:
        return {
            "planned_start": self.start,
            "planned_end": self.end,
            "is_free": self.is_free,
            "blockers": [one.as_dict() for one in self.blockers],
            "conflicts": [one.as_dict() for one in self.conflicts],
            "consequences": self.consequences,
            "solved": self.solved,
        }


def what_if(release: Release, start: datetime, end: datetime) -> WhatIf:
    """Try a window for the release; nothing is written. Raises Invalid for what is no window."""
    _refuse_no_window(start, end)
    there = conflicts_of(release, start, end)
    blockers = obstacles_in(release, start, end)
    return WhatIf(
        start, end, blockers, there, list(_consequences(release, start, end)), _solved(release, there, blockers)
    )


def obstacles_in(release: Release, start: datetime, end: datetime) -> list[Blocker]:
    """What the calendar and the plan themselves have against a window: freezes, the model's windows, too little time."""
    moved = copy(release)
    moved.planned_start, moved.planned_end = start, end
    return [*planned_freeze_blockers(moved), *(one for guard in WINDOW_GUARDS for one in guard(moved))]


def _refuse_no_window(start: datetime, end: datetime) -> None:
    if end <= start:
        raise Invalid.field("planned_end", "before_start", _("The window ends before it starts."))
    if end - start > LONGEST_WINDOW:
        message = _("A window lasts %(days)s days at most.") % {"days": LONGEST_WINDOW.days}
        raise Invalid.field("planned_end", "too_long", message)


def _solved(release: Release, there: list[Conflict], blockers: list[Blocker]) -> list[str]:
    """What stands in the way of the window as planned now, and would not any more."""
    if not (release.planned_start and release.planned_end):
        return []
    staying = {_about(one) for one in there}
    gone = [one for one in conflicts_of(release) if one.severity != Severity.NOTICE and _about(one) not in staying]
    before = obstacles_in(release, release.planned_start, release.planned_end)
    left = {(one.code, one.url) for one in blockers}
    lifted = [str(one.message) for one in before if (one.code, one.url) not in left]
    return lifted + [one.message for one in gone]


def _about(one: Conflict) -> tuple[ConflictKind, int | None, str, str]:
    return (one.kind, one.other.pk if one.other else None, one.item, one.person)


def _consequences(release: Release, start: datetime, end: datetime) -> Iterator[str]:
    """What else would follow from the move."""
    yield from _late(start)
    yield from _fallen_approval(release, start, end)
    yield from _too_little_notice(release, start)
    yield from _proof_run_out(release, start)
    yield from _pinned(release, start, end)
    yield from _baseline(release, end)


def _late(start: datetime) -> Iterator[str]:
    if start < now():
        yield _("This window has begun already.")


def _fallen_approval(release: Release, start: datetime, end: datetime) -> Iterator[str]:
    is_moved = (start, end) != (release.planned_start, release.planned_end)
    if release.status != Status.SCHEDULED or not is_moved:
        return
    given = Answer.objects.filter(round=release.round_id, decision__in=SATISFYING).select_related("person")
    who = ", ".join(sorted({str(answer.person) for answer in given}))
    by = _(" by %s") % who if who else ""
    yield _("It goes back to planning: what was approved%s is bound to its window, and is asked again.") % by


def _too_little_notice(release: Release, start: datetime) -> Iterator[str]:
    tied = ServiceRelationship.objects.filter(service=release.subject_id, notice_hours__gt=0)
    for one in tied.select_related("party").order_by("-notice_hours", "pk"):
        latest = start - timedelta(hours=one.notice_hours)
        if latest < now():
            yield _("%(party)s is to be told %(hours)s h before: that moment, %(at)s UTC, is over.") % {
                "party": one.party.name,
                "hours": one.notice_hours,
                "at": f"{latest:%Y-%m-%d %H:%M}",
            }


def _proof_run_out(release: Release, start: datetime) -> Iterator[str]:
    for check in release.checks.all():
        until = check.holds_until()
        if check.required and until is not None and now() < until <= start:
            yield _("Check “%(title)s” holds until %(until)s UTC only: it must be proven again before the start.") % {
                "title": check.title,
                "until": f"{until:%Y-%m-%d %H:%M}",
            }


def _pinned(release: Release, start: datetime, end: datetime) -> Iterator[str]:
    rows = release.tasks.filter(is_pinned=True, planned_start__isnull=False).exclude(status__in=FINISHED)
    for task in rows:
        if not (start <= task.planned_start and (task.planned_end or task.planned_start) <= end):
            yield _("Task “%(title)s” has dates set by hand and stays at %(at)s UTC.") % {
                "title": task.title,
                "at": f"{task.planned_start:%Y-%m-%d %H:%M}",
            }


def _baseline(release: Release, end: datetime) -> Iterator[str]:
    if release.baseline_end is None or end <= release.baseline_end:
        return
    days = (end - release.baseline_end) / timedelta(days=1)
    tolerance = release.model_content.get("window", {}).get("tolerance_minutes") or 0
    if end <= release.baseline_end + timedelta(minutes=tolerance):
        return
    whole = max(1, round(days))
    sentence = ngettext(
        "It ends %(days)s day after the plan that was first approved: it counts as late (M8).",
        "It ends %(days)s days after the plan that was first approved: it counts as late (M8).",
        whole,
    )
    yield sentence % {"days": whole}
