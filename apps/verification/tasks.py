"""Jobs: carry out check runs as they are asked for, look again when there is news, find what stands still."""

from __future__ import annotations

from celery import shared_task

from apps.core.actor import job
from apps.core.models import OutboxEvent
from apps.core.outbox import consumer
from apps.releases.models import Deployment, Evidence
from apps.verification import actions
from apps.verification.models import PipelineRun
from apps.verification.queries import ATTEMPT_DUE, REQUESTED, releases_with

VERIFIER = job("verification")


@consumer(REQUESTED, name="verification.run", external=True)
def carry_out_run(event: OutboxEvent) -> None:
    actions.carry_out_run(run_id=event.payload["data"]["run"], by=VERIFIER)


@consumer(ATTEMPT_DUE, name="verification.attempt", external=True)
def carry_out_attempt(event: OutboxEvent) -> None:
    actions.carry_out_run(run_id=event.payload["run"], attempt=event.payload["attempt"], by=VERIFIER)


@consumer("releases.evidence.store", name="verification.news_of_evidence")
def look_again_at_evidence(event: OutboxEvent) -> None:
    evidence = Evidence.objects.select_related("release", "component").filter(pk=event.subject_id).first()
    if evidence is not None:
        actions.understand_evidence(evidence=evidence, by=VERIFIER)
        ci_id = evidence.component.ci_id if evidence.component else None
        actions.look_again(release=evidence.release, about=evidence.kind, ci_id=ci_id, by=VERIFIER)


@consumer("releases.deployment.*", name="verification.news_of_deployment")
def look_again_at_deployment(event: OutboxEvent) -> None:
    deployment = Deployment.objects.prefetch_related("releases").filter(pk=event.subject_id).first()
    for release in deployment.releases.all() if deployment else ():
        actions.look_again(release=release, about="deployment", ci_id=deployment.ci_id, by=VERIFIER)


@consumer("verification.pipelinerun.note", name="verification.news_of_pipeline")
def look_again_at_pipeline(event: OutboxEvent) -> None:
    run = PipelineRun.objects.select_related("ci").filter(pk=event.subject_id).first()
    if run is not None:
        actions.note_origins(run=run, by=VERIFIER)
    for release in releases_with(run.ci_id) if run else ():
        actions.look_again(release=release, about="pipeline", ci_id=run.ci_id, by=VERIFIER)


@shared_task(name="verification.sweep")
def sweep_runs() -> None:
    actions.sweep_runs(by=VERIFIER)
