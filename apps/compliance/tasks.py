"""What the controls listen to, and when they look by themselves."""

from celery import shared_task

from apps.accounts.models import User
from apps.compliance import actions
from apps.core.actor import job
from apps.core.clock import now
from apps.core.models import OutboxEvent
from apps.core.outbox import consumer
from apps.release_models.models import Communication
from apps.releases.models import Deployment, Release

CONTROLS = job("controls")


@consumer("releases.release.start", name="compliance.judge_start")
def judge_start(event: OutboxEvent) -> None:
    actions.judge_start(release=Release.objects.get(pk=event.subject_id), by=CONTROLS)


@consumer("releases.release.break_glass", name="compliance.register")
def register_emergency(event: OutboxEvent) -> None:
    actions.register_emergency(
        release=Release.objects.get(pk=event.subject_id),
        by=CONTROLS,
        person=User.objects.filter(pk=event.payload["actor_id"]).first(),
        reason=event.payload["note"],
        passed_over=event.payload["data"]["passed_over"],
        incident=event.payload["data"].get("incident", ""),
    )


@consumer("releases.release.give_owed_approval", name="compliance.note_approval")
def note_owed_approval(event: OutboxEvent) -> None:
    actions.note_owed_approval(release=Release.objects.get(pk=event.subject_id), by=CONTROLS)


@consumer(
    "releases.release.finish",
    "releases.release.finish_back_out",
    "releases.release.close",
    name="compliance.judge_duties",
)
def judge_duties(event: OutboxEvent) -> None:
    actions.judge_duties(release=Release.objects.get(pk=event.subject_id), by=CONTROLS)


@consumer("releases.deployment.*", name="compliance.judge_deployment")
def judge_deployment(event: OutboxEvent) -> None:
    for deployment in Deployment.objects.filter(pk=event.subject_id):
        actions.judge_deployment(deployment=deployment, by=CONTROLS)


@consumer("releases.release.link_deployment", name="compliance.judge_link")
def judge_link(event: OutboxEvent) -> None:
    for deployment in Deployment.objects.filter(key=event.payload["data"]["deployment"]):
        actions.judge_deployment(deployment=deployment, by=CONTROLS)


@consumer("reviews.releasereview.chase", name="compliance.judge_review")
def judge_review(event: OutboxEvent) -> None:
    data = event.payload["data"]
    release = Release.objects.get(key=data["release"])
    actions.judge_overdue_review(release=release, due_on=data["due_on"], by=CONTROLS)


@consumer("reviews.modelreview.chase", name="compliance.judge_model_review")
def judge_model_review(event: OutboxEvent) -> None:
    data = event.payload["data"]
    what = f"the release model {data['model']}"
    actions.judge_overdue_review_of(key=data["key"], what=what, due_on=data["due_on"], by=CONTROLS)


@consumer("reviews.approachreview.chase", name="compliance.judge_approach_review")
def judge_approach_review(event: OutboxEvent) -> None:
    data = event.payload["data"]
    what = f"the release approach {data['approach']}"
    actions.judge_overdue_review_of(key=data["key"], what=what, due_on=data["due_on"], by=CONTROLS)


@consumer("release_models.communication.object", name="compliance.judge_objection")
def judge_objection(event: OutboxEvent) -> None:
    communication = Communication.objects.select_related("party", "model_version__model").get(pk=event.subject_id)
    actions.judge_objection(communication=communication, by=CONTROLS)


@consumer(
    "release_models.communication.acknowledge",
    "release_models.communication.settle",
    "release_models.communication.close",
    name="compliance.note_answered_objection",
)
def note_answered_objection(event: OutboxEvent) -> None:
    communication = Communication.objects.get(pk=event.subject_id)
    actions.note_answered_objection(communication=communication, by=CONTROLS, note=event.payload["note"])


@shared_task
def sweep_controls() -> None:
    actions.sweep_controls(at=now(), by=CONTROLS)


@shared_task
def verify_audit_trail() -> None:
    actions.verify_trail(at=now(), by=CONTROLS)
