"""M6: how many releases do what they were to do, without harm?"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count, Q

from apps.core.models import AuditEntry
from apps.incidents.models import CausalLink
from apps.metrics.queries.ground import Fact, Question, Releases, Rows
from apps.releases.lifecycle.words import CheckGroup, CheckStatus, Outcome, Phase, RunStatus, Status, TaskStatus
from apps.releases.models import Check, CheckRun, Task

GRAVE = 2
EARLY_LIFE = timedelta(days=7)


def rows_of_success(question: Question) -> Rows:
    """Every part of M6."""
    decided = Releases(question.within("closed_at") & ~Q(outcome=""))
    errors = Errors(question, decided)
    rows: Rows = {"successful": [], "outcomes": [], "errors": []}
    for fact in decided:
        faults = errors.faults(fact)
        is_successful = fact.outcome == Outcome.SUCCESSFUL and not faults
        outcome = Outcome.SUCCESSFUL_WITH_ISSUES if fact.outcome == Outcome.SUCCESSFUL and faults else fact.outcome
        note = "; ".join([str(Outcome(outcome).label), *faults])
        rows["successful"].append(decided.row(fact, fact.closed_at, numerator=int(is_successful), note=note))
        split = {"outcome": (str(outcome),)}
        rows["outcomes"].append(decided.row(fact, fact.closed_at, numerator=1, note=note, dimensions=split))
        rows["errors"].append(decided.row(fact, fact.closed_at, numerator=errors.count(fact), note="; ".join(faults)))
    rows["successful"] += _cancelled(question)
    return rows


def _cancelled(question: Question) -> list:
    """Releases called off in the period: shown aside, with why."""
    entries = AuditEntry.objects.filter(question.within("at"), event="releases.release.cancel")
    when: dict[str, datetime] = dict(entries.order_by("id").values_list("root_key", "at"))
    if not when:
        return []
    releases = Releases(Q(key__in=list(when), status=Status.CANCELLED))
    return [
        releases.row(fact, when[fact.key], excluded="cancelled", note=fact.cancel_reason.replace("_", " "))
        for fact in releases
    ]


class Errors:
    """What went wrong in each release: one counting query for tasks, checks, attempts and incidents each."""

    def __init__(self, question: Question, releases: Releases) -> None:
        of = Q(release__in=releases.pks)
        undone = ~Q(status__in=[TaskStatus.DONE, TaskStatus.SKIPPED])
        execution = Q(mandatory=True, phase=Phase.EXECUTE)
        self.undone = _counts(Task.objects.filter(of, execution & undone), "release")
        wanting = Q(status__in=[CheckStatus.FAILED, CheckStatus.ERROR])
        self.wanting = _counts(Check.objects.filter(of, wanting, required=True, group=CheckGroup.RELEASE), "release")
        runs = CheckRun.objects.filter(
            check_of__release__in=releases.pks, check_of__group=CheckGroup.RELEASE, status=RunStatus.FAILED
        )
        self.failed_runs = _counts(runs, "check_of__release")
        keys = {fact.key: fact.pk for fact in releases}
        failed = AuditEntry.objects.filter(
            event="releases.task.fail", root_type="releases.release", root_key__in=releases.keys, at__lte=question.as_of
        )
        counted = failed.order_by().values_list("root_key").annotate(times=Count("id"))
        self.failed_tasks = {keys[key]: times for key, times in counted}
        self._incidents(question, of)

    def _incidents(self, question: Question, of: Q) -> None:
        links = CausalLink.objects.filter(of, status="confirmed", incident__opened_at__lte=question.as_of)
        self.incidents: dict[int, int] = {}
        self.grave: dict[int, list[datetime]] = {}
        for release, severity, opened in links.values_list("release", "incident__severity", "incident__opened_at"):
            self.incidents[release] = self.incidents.get(release, 0) + 1
            if severity <= GRAVE:
                self.grave.setdefault(release, []).append(opened)

    def count(self, fact: Fact) -> int:
        """Failed tasks, failed checks of the released service, confirmed incidents."""
        return sum(found.get(fact.pk, 0) for found in (self.failed_tasks, self.failed_runs, self.incidents))

    def faults(self, fact: Fact) -> list[str]:
        """What keeps a release from being called successful, whatever its review says."""
        found = []
        if undone := self.undone.get(fact.pk):
            found.append(f"{undone} mandatory task(s) not done")
        if wanting := self.wanting.get(fact.pk):
            found.append(f"{wanting} release check(s) failed")
        if grave := self._grave_in_early_life(fact):
            found.append(f"{grave} confirmed incident(s) of severity 1 or 2 in early life")
        return found

    def _grave_in_early_life(self, fact: Fact) -> int:
        begun = fact.released_at or fact.started_at
        if begun is None:
            return 0
        end = max(fact.early_life_ends_at or begun, begun + EARLY_LIFE)
        return sum((fact.started_at or begun) <= opened < end for opened in self.grave.get(fact.pk, []))


def _counts(rows, release: str) -> dict[int, int]:
    return dict(rows.order_by().values_list(release).annotate(times=Count("pk")))
