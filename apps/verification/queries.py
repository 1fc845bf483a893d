"""What a check run has to look at, taken from the release as it is now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from apps.cmdb.models import Environment, InstalledVersion
from apps.core.models import AuditEntry, OutboxEvent, label_of
from apps.releases.lifecycle.words import CheckStatus, DeploymentStatus, RunStatus, Status
from apps.releases.models import Check, CheckRun, Component, Deployment, Evidence, EvidenceFile, Release
from apps.verification.kinds import KINDS
from apps.verification.kinds.pipeline_green import is_run_of
from apps.verification.kinds.subject import Document, Part, PipelineReport, Reported, Subject
from apps.verification.models import PipelineRun, TrustedKey

ATTEMPT_DUE = "verification.attempt.due"
REQUESTED = "releases.check.run_requested"
MOST_DEPLOYMENTS = 500
MOST_PIPELINES = 500
AGAIN = (CheckStatus.FAILED, CheckStatus.ERROR, CheckStatus.INCONCLUSIVE, CheckStatus.EXPIRED)


def run_with_check(pk: int) -> CheckRun | None:
    """The run, with its check and release at hand."""
    return CheckRun.objects.select_related("check_of__release__subject", "check_of__component").filter(pk=pk).first()


def subject_of(run: CheckRun, *, at: datetime, attempt: int = 1) -> Subject:
    """Everything a kind may look at. The bytes of evidence are fetched only when they are read."""
    check, release = run.check_of, run.check_of.release
    components = _components(check)
    environment = release.environment
    return Subject(
        release_key=release.key,
        release_version=release.release_version,
        at=at,
        params=check.params,
        parts=tuple(_part(component) for component in components),
        documents=tuple(_documents(release)),
        deployments=tuple(_deployments(components)),
        pipelines=tuple(_pipelines(components)),
        environment=environment.slug if environment else "",
        environment_order=environment.order if environment else None,
        trusted_keys=tuple(TrustedKey.objects.filter(retired_at__isnull=True).values_list("name", "public_key")),
        attempt=attempt,
        run=run.pk,
        starts_at=release.planned_start,
        installed=_installed(check, environment),
        health_url=str(release.subject.attributes.get("health_url", "")),
    )


def _components(check: Check) -> list[Component]:
    rows = check.release.components.select_related("ci").prefetch_related("ci__identifiers")
    return list(rows.filter(pk=check.component_id) if check.component_id else rows)


def _part(component: Component) -> Part:
    ci = component.ci
    return Part(
        key=ci.key,
        name=ci.name,
        version=component.to_version,
        from_version=component.from_version,
        purl=component.purl,
        digest=component.digest,
        no_digest_reason=component.no_digest_reason,
        names=tuple(identifier.external_id for identifier in ci.identifiers.all()),
    )


def _documents(release: Release) -> Iterable[Document]:
    for row in release.evidence.select_related("component__ci").order_by("-number"):
        yield Document(
            pk=row.pk,
            kind=row.kind,
            sha256=row.sha256,
            read=_reader(row),
            part_key=row.component.ci.key if row.component_id else "",
            at=row.created_at,
        )


def _reader(row: Evidence) -> Callable[[], bytes]:
    return lambda: content_of(row)


def content_of(evidence: Evidence) -> bytes:
    """The bytes as they are stored."""
    return bytes(EvidenceFile.objects.values_list("content", flat=True).get(pk=evidence.file_id))


def _deployments(components: list[Component]) -> Iterable[Reported]:
    rows = Deployment.objects.filter(ci__in=[component.ci_id for component in components])
    found = list(rows.select_related("ci", "environment").order_by("-at", "-id")[:MOST_DEPLOYMENTS])
    replaced = _once_successful([row.pk for row in found if row.status == DeploymentStatus.INACTIVE])
    for row in found:
        yield Reported(
            part_key=row.ci.key,
            environment=row.environment.slug,
            version=row.deployed_version,
            digest=row.digest,
            status=row.status,
            at=row.finished_at or row.at,
            environment_order=row.environment.order,
            is_production=row.environment.is_production,
            key=row.key,
            has_succeeded=row.pk in replaced,
        )


def _once_successful(deployments: list[int]) -> set[int]:
    """Of deployments that another has replaced, those that had succeeded: the trail remembers."""
    entries = AuditEntry.objects.filter(
        subject_type="releases.deployment", subject_id__in=[str(pk) for pk in deployments], changes__status__1="success"
    )
    return {int(pk) for pk in entries.values_list("subject_id", flat=True)} if deployments else set()


def _installed(check: Check, environment: Environment | None) -> dict[str, str]:
    """What is live where the release goes, of the items that the check asks about."""
    asked = check.params.get("needs") if isinstance(check.params, dict) else None
    if environment is None or not isinstance(asked, dict):
        return {}
    rows = InstalledVersion.objects.filter(environment=environment, ci__key__in=list(asked)[:100])
    return dict(rows.values_list("ci__key", "version_name"))


def _pipelines(components: list[Component]) -> Iterable[PipelineReport]:
    rows = PipelineRun.objects.filter(ci__in=[component.ci_id for component in components]).select_related("ci")
    for row in rows.order_by("-at", "-id")[:MOST_PIPELINES]:
        yield PipelineReport(
            part_key=row.ci.key,
            name=row.name or row.external_id,
            commit=row.commit,
            at=row.at,
            ref=row.ref,
            conclusion=row.conclusion,
        )


def releases_with(ci_id: int) -> QuerySet[Release]:
    """Releases that change this item and are not over."""
    return Release.objects.open().filter(components__ci=ci_id).distinct()


def components_of_run(run: PipelineRun) -> list[Component]:
    """The components of open releases that are of the commit, or the tag, over which the pipeline ran."""
    rows = Component.objects.filter(ci=run.ci_id, release__in=Release.objects.open()).select_related("ci", "release")
    report = PipelineReport(run.ci.key, run.name, run.commit, run.at, run.ref, run.conclusion)
    return [one for one in rows.prefetch_related("ci__identifiers") if is_run_of(report, _part(one))]


def worth_another_look(release: Release, *, about: str, ci_id: int | None) -> QuerySet[Check]:
    """Checks that came out badly and may come out differently now that there is news of this sort (`about`).

    News of no configuration item in particular concerns them all.
    """
    if release.status in (Status.DRAFT, Status.PLANNING, Status.CLOSED, Status.CANCELLED):
        return Check.objects.none()
    kinds = [kind.slug for kind in KINDS.values() if about in kind.reads]
    concerned = Q(component__isnull=True) | Q(component__ci=ci_id) if ci_id else Q()
    return release.checks.filter(concerned, kind__in=kinds, status__in=AGAIN)


def runs_standing_still(*, since: datetime) -> QuerySet[CheckRun]:
    """Runs of tools that should have come to an end by now."""
    by_hand = [kind.slug for kind in KINDS.values() if kind.is_by_hand]
    rows = CheckRun.objects.filter(status__in=(RunStatus.PENDING, RunStatus.RUNNING), created_at__lt=since)
    return rows.exclude(check_of__kind__in=by_hand).select_related("check_of__release").order_by("pk")


def is_expected(run: CheckRun, *, at: datetime, patience: timedelta) -> bool:
    """Whether another attempt is on its way, or was a moment ago."""
    waiting = OutboxEvent.objects.filter(
        Q(name=ATTEMPT_DUE, subject_type=label_of(run), subject_id=str(run.pk), available_at__gt=at - patience)
    )
    return waiting.exists()


def is_attempt_planned(run: CheckRun, attempt: int, *, after: datetime | None = None) -> bool:
    """Whether this attempt is on its way; with `after`, only one that becomes due later than that."""
    rows = OutboxEvent.objects.filter(name=ATTEMPT_DUE, subject_type=label_of(run), subject_id=str(run.pk))
    rows = rows.filter(available_at__gt=after) if after else rows
    return rows.filter(payload__attempt=attempt).exists()
