"""The controls: each looks at what happened and says whether it was a breach. They only look; `actions` write findings.

They do not trust the charts: a release that slipped past its guards, through a changed row or a fault of ours, is found
here all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from apps.accounts.models import User
from apps.approvals.models import Decision, RoundStatus
from apps.compliance.models import Control, Severity
from apps.core import seal
from apps.core.models import AuditEntry
from apps.releases.lifecycle.freezes import freeze_blockers
from apps.releases.lifecycle.scope import scope_digest
from apps.releases.lifecycle.words import ApprovalBasis, CheckGroup, DeploymentStatus
from apps.releases.models import Deployment, Release
from apps.releases.queries.origin import people_of_origin

YES = (Decision.APPROVE, Decision.APPROVE_WITH_CONDITIONS)
WORK_ON_TASKS = ("releases.task.start", "releases.task.finish", "releases.task.retry")
LIVE_ONCE = (DeploymentStatus.SUCCESS, DeploymentStatus.INACTIVE)
MATCHED_WITHIN = timedelta(hours=24)
LOOKED_BACK = timedelta(days=30)


@dataclass(frozen=True)
class Breach:
    """One breach of one control. `subject_key` names it, so that it is found once however often one looks."""

    control: str
    subject_key: str
    title: str
    detail: str
    occurred_at: datetime
    release: Any = None
    severity: int = Severity.MEDIUM


def breaches_at_start(release: Release) -> Iterator[Breach]:
    """Everything that was wrong with the start of a release."""
    if release.started_at is None:
        return
    yield from _approval(release)
    yield from _content(release)
    yield from _freezes(release)
    yield from _evidence(release)


def _approval(release: Release) -> Iterator[Breach]:
    if release.approval_basis in (ApprovalBasis.PRE_AUTHORISED, ApprovalBasis.OWED):
        return
    round = release.round if release.approval_basis == ApprovalBasis.ROUND else None
    if round is None or round.status != RoundStatus.APPROVED:
        status = f"its approval round is {round.get_status_display().lower()}" if round else "nobody was asked"
        detail = f"{release.key} started at {_time(release.started_at)} without approval: {status}."
        yield _of_release(release, Control.NO_APPROVAL, detail, Severity.HIGH)
    elif round.closed_at > release.started_at:
        detail = f"{release.key} started at {_time(release.started_at)} and was approved at {_time(round.closed_at)}."
        yield _of_release(release, Control.APPROVED_AFTER_START, detail, Severity.HIGH)


def _content(release: Release) -> Iterator[Breach]:
    if not release.approved_digest:
        return
    current = scope_digest(release)
    asked = release.round.digest if release.approval_basis == ApprovalBasis.ROUND and release.round else current
    if release.approved_digest not in (current, "") or asked != release.approved_digest:
        detail = f"Approved was {release.approved_digest[:16]}…; what is there is {current[:16]}…."
        yield _of_release(release, Control.DIGEST_MISMATCH, detail, Severity.HIGH)


def _freezes(release: Release) -> Iterator[Breach]:
    reasons = [str(blocker.message) for blocker in freeze_blockers(release, release.started_at)]
    if reasons:
        detail = f"{release.key} started at {_time(release.started_at)}. {' '.join(reasons)}"
        yield _of_release(release, Control.FREEZE_BREACH, detail, Severity.HIGH)


def _evidence(release: Release) -> Iterator[Breach]:
    required = release.checks.filter(required=True).exclude(group=CheckGroup.RELEASE)
    expired = [check for check in required if check.has_run_out(release.started_at)]
    if expired:
        listed = "; ".join(f"“{check.title}” held until {_time(check.holds_until())}" for check in expired)
        detail = f"{release.key} started at {_time(release.started_at)}: {listed}."
        yield _of_release(release, Control.EVIDENCE_EXPIRED, detail)


def breaches_of_duty(release: Release) -> Iterator[Breach]:
    """People who approved though the rules bar them: by what they did, before the approval or after it."""
    if release.round_id is None:
        return
    barred = people_barred(release)
    answers = release.round.answers.filter(decision__in=YES).select_related("person").order_by("pk")
    named = {answer.person: barred[answer.person_id] for answer in answers if answer.person_id in barred}
    if named:
        listed = "; ".join(f"{person} ({', '.join(sorted(duties))})" for person, duties in named.items())
        detail = f"{release.key} was approved by somebody who also had another duty in it: {listed}."
        yield _of_release(release, Control.DUTIES_NOT_SEGREGATED, detail, Severity.HIGH)


def people_barred(release: Release) -> dict[int, set[str]]:
    """Whom the model's rules bar from approving, each with the duties that bar them."""
    rules = release.model_content.get("approvals") or {}
    duties = {
        "requester": {release.round.requester_id} if release.round_id else set(),
        "release_manager": {release.release_manager_id},
        "implementer": _implementers(release),
        "author": {person.pk for person in people_of_origin(release, authors=True, builders=False)},
        "builder": {person.pk for person in people_of_origin(release, authors=False, builders=True)},
    }
    barred: dict[int, set[str]] = {}
    for duty in rules.get("bar", []):
        for person in duties.get(duty, set()) - {None}:
            barred.setdefault(person, set()).add(duty.replace("_", " "))
    return barred


def _implementers(release: Release) -> set[int | None]:
    """Who did a task, as the audit trail tells, whoever it was assigned to."""
    entries = AuditEntry.objects.filter(
        root_type="releases.release", root_key=release.key, event__in=WORK_ON_TASKS, actor__isnull=False
    )
    return set(User.objects.filter(pk__in=entries.values("actor")).values_list("pk", flat=True))


def breaches_of_deployment(deployment: Deployment) -> Iterator[Breach]:
    """Another artifact went live than the release says."""
    if deployment.status != DeploymentStatus.SUCCESS or not deployment.digest:
        return
    for release in deployment.releases.filter(environment=deployment.environment_id).order_by("pk"):
        component = release.components.filter(ci=deployment.ci_id).exclude(digest="").first()
        if component is not None and component.digest != deployment.digest:
            yield Breach(
                Control.DIGEST_MISMATCH,
                deployment.key,
                f"{release.key}: another artifact went live than was approved",
                f"{deployment.key} brought {deployment.digest} of {deployment.ci.key} to {deployment.environment.slug}; "
                f"the scope of {release.key} says {component.digest}.",
                deployment.finished_at or deployment.at,
                release,
                Severity.HIGH,
            )


def breaches_of_emergency(at: datetime) -> Iterator[Breach]:
    """Approvals owed after the fact whose time is over."""
    owed = Release.objects.filter(
        approval_basis=ApprovalBasis.OWED,
        started_at__isnull=False,
        owed_approval_by__lt=at,
        owed_approval_given_at__isnull=True,
    )
    for release in owed.order_by("pk"):
        detail = f"{release.key} went ahead as an emergency; its approval was due by {_time(release.owed_approval_by)}."
        yield _of_release(
            release, Control.EMERGENCY_NOT_APPROVED, detail, Severity.HIGH, occurred_at=release.owed_approval_by
        )


def production_deployments(since: datetime, until: datetime) -> QuerySet[Deployment]:
    """Successful moves of release-managed items into production, by the time they finished."""
    return Deployment.objects.filter(
        Q(finished_at__gte=since, finished_at__lt=until) | Q(finished_at__isnull=True, at__gte=since, at__lt=until),
        environment__is_production=True,
        ci__release_managed=True,
        status__in=LIVE_ONCE,
    ).select_related("ci", "environment")


def is_redeployment(deployment: Deployment) -> bool:
    """Whether what was deployed was live there already: the deployment before it brought the same digest."""
    before = (
        Deployment.objects.filter(
            ci=deployment.ci_id, environment=deployment.environment_id, status__in=LIVE_ONCE, at__lt=deployment.at
        )
        .order_by("-at", "-pk")
        .first()
    )
    if before is None:
        return False
    if deployment.digest and before.digest:
        return before.digest == deployment.digest
    return bool(deployment.deployed_version) and before.deployed_version == deployment.deployed_version


def shadow_deployments(since: datetime, until: datetime, at: datetime) -> list[Deployment]:
    """Production deployments that matched no release within a day; redeployments of what was live are aside."""
    unmatched = production_deployments(since, min(until, at - MATCHED_WITHIN)).filter(releases__isnull=True)
    return [one for one in unmatched.order_by("pk") if not is_redeployment(one)]


def breaches_of_bypass(at: datetime) -> Iterator[Breach]:
    """Shadow releases of the last month."""
    for one in shadow_deployments(at - LOOKED_BACK, at, at):
        yield Breach(
            Control.SHADOW_RELEASE,
            one.key,
            f"{one.ci.key} {one.deployed_version} went live past the practice",
            f"{one.key}, reported by {one.source}, brought {one.ci.key} {one.deployed_version or one.digest} to "
            f"{one.environment.slug} and matches no release.",
            one.finished_at or one.at,
        )


def breaches_of_trail(at: datetime) -> Iterator[Breach]:
    """The audit trail is not what was sealed."""
    verdict = seal.verify()
    if not verdict.whole:
        yield Breach(
            Control.TRAIL_BROKEN,
            verdict.broken[:200],
            "The audit trail is broken",
            verdict.broken,
            at,
            None,
            Severity.HIGH,
        )


def _of_release(
    release: Release,
    control: str,
    detail: str,
    severity: int = Severity.MEDIUM,
    occurred_at: datetime | None = None,
) -> Breach:
    title = f"{release.key}: {Control(control).label}"
    return Breach(control, release.key, title, detail, occurred_at or release.started_at, release, severity)


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
