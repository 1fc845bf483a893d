"""When a release approach falls due for review, its adoption is handed to the review; and again every day."""

from celery import shared_task

from apps.core.actor import job
from apps.core.clock import now
from apps.metrics.queries.approaches import adoption_of
from apps.reviews import actions, queries

METRICS = job("metrics")


@shared_task(name="metrics.review_approaches")
def review_approaches() -> None:
    at = now()
    for version in queries.approaches_to_review(at):
        actions.make_approach_review_due(version=version, figures=adoption_of(version, at), at=at, by=METRICS)
    for review in queries.reviews_with_old_figures(at):
        figures = adoption_of(review.approach_version, at)
        actions.note_approach_figures(review=review, figures=figures, at=at, by=METRICS)
    actions.chase_approach_reviews(at=at, by=METRICS)
