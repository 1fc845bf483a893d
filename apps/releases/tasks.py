"""Jobs: judge releases again when time has passed, or when their approvers have come to a decision."""

from __future__ import annotations

from celery import shared_task

from apps.core.actor import job
from apps.core.models import OutboxEvent
from apps.core.outbox import consumer
from apps.releases import actions
from apps.releases.queries.story import release_of_round
from apps.releases.queries.trains import train_named


@shared_task(name="releases.sweep")
def sweep_releases() -> None:
    """Time acts through this: windows open, evidence expires, early life ends."""
    actions.sweep_releases(by=job("release sweep"))


@consumer("approvals.round.approve", "approvals.round.reject", name="releases.follow_round")
def follow_round(event: OutboxEvent) -> None:
    """A round may be decided without an answer at that moment: a condition came true, a person left."""
    release = release_of_round(event.subject_key)
    if release is not None:
        actions.judge_release(release=release, by=job("release sweep"))


@consumer(
    "releases.release.start",
    "releases.release.finish",
    "releases.release.finish_back_out",
    "releases.release.cancel",
    "releases.train.leave",
    name="releases.follow_train",
)
def follow_train(event: OutboxEvent) -> None:
    """A train sets off with its first release, and arrives with its last."""
    train = train_named(event.subject_key)
    if train is not None:
        actions.judge_train(train=train, by=job("release trains"))
