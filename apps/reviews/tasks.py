"""When a review falls due, whom to ask, and the chasing of what is overdue."""

from celery import shared_task

from apps.core.actor import job
from apps.core.clock import now
from apps.core.models import OutboxEvent
from apps.core.outbox import consumer
from apps.releases.models import Release
from apps.reviews import actions, queries

REVIEWS = job("reviews")


@consumer(
    "releases.release.begin_review",
    "releases.release.accept_early",
    "releases.release.finish_back_out",
    name="reviews.make_due",
)
def make_review_due(event: OutboxEvent) -> None:
    release = Release.objects.get(pk=event.subject_id)
    actions.make_review_due(release=release, by=REVIEWS)
    if queries.wants_survey(release):
        actions.open_survey(release=release, by=REVIEWS)


@consumer("releases.release.note_no_model", name="reviews.answer_missing_model")
def answer_missing_model(event: OutboxEvent) -> None:
    actions.answer_missing_model(
        release=Release.objects.select_related("subject").get(pk=event.subject_id),
        reason=event.payload["note"],
        nearest=event.payload["data"]["nearest"],
        by=REVIEWS,
    )


@shared_task
def chase_reviews() -> None:
    actions.chase_reviews(at=now(), by=REVIEWS)


@shared_task
def review_models() -> None:
    actions.make_model_reviews_due(at=now(), by=REVIEWS)
    actions.chase_model_reviews(at=now(), by=REVIEWS)
