"""How the ferry line came to its approach: written by Rosa, published by Rune; half a year later it is to be looked at again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from apps.accounts.models import Team
from apps.approaches import actions
from apps.approaches.models import ApproachVersion
from apps.cmdb.models import ValueStream
from apps.desk.demo.cast import SEED, Cast
from apps.desk.demo.plots import DAY
from apps.release_models.models import ReleaseModel
from apps.reviews import actions as reviews
from apps.reviews.models import ApproachReview

STREAMS = ("sell-a-crossing", "board-a-ferry")
MODELS = ("minimal", "standard", "normal", "major", "emergency")
CHAPTERS = {
    "principles": "Small and often: a release that fits into one evening is easier to take back than one that fills a weekend.\n\n"
    "Deployed is not released: new code may lie in production for days before a passenger sees it.\n\n"
    "Proven before approved: nobody is asked to approve what the checks have not passed.",
    "responsibilities": "Release managers plan and release. The change authority approves what can hurt a crossing. Service owners accept "
    "the review. The teams build, deploy and repair.",
    "choosing": "The lightest published model that applies. Whoever takes another one says why; the release managers read those reasons "
    "every month.",
    "counted": "Everything that changes what passengers, crew or partners can see or do, in production. A restart and a deployment of the "
    "same digest are none.",
    "exceptions": "A release manager may break the glass when ships or passengers wait. The approval is owed within a day, and the review "
    "tells why no model would have done.",
}


def approach_plot(cast: Cast, present: datetime) -> Iterator[datetime]:
    yield present - 210 * DAY
    approach = actions.create_approach(
        slug="ferry-line",
        name="How Nordlicht releases",
        purpose="That every crossing can be booked, paid and boarded while we change the software under it.",
        owner=Team.objects.get(slug="releases"),
        review_every_days=180,
        by=SEED,
    )
    version = actions.draft_version(
        approach=approach,
        summary="The first: what we agreed on after the summer of the double bookings.",
        value_streams=ValueStream.objects.filter(slug__in=STREAMS),
        release_models=ReleaseModel.objects.filter(slug__in=MODELS),
        by=cast.rosa,
        **CHAPTERS,
    )
    _publish(cast, version)
    yield present - 18 * DAY
    review = reviews.begin_approach_review(review=ApproachReview.objects.get(approach=approach), by=cast.rosa)
    reviews.open_improvement_action(title="Say who decides when no model fits", approach_review=review, by=cast.rosa)
    yield present - 3 * DAY
    actions.draft_version(
        approach=approach,
        summary="The platform comes in; who decides when no model fits.",
        value_streams=ValueStream.objects.filter(slug__in=[*STREAMS, "run-the-platform"]),
        choosing=f"{CHAPTERS['choosing']} When none applies, the change authority decides within a day.",
        by=cast.rosa,
    )


def _publish(cast: Cast, version: ApproachVersion) -> None:
    submitted = actions.submit_version(version=version, by=cast.rosa)
    actions.publish_version(version=submitted, by=cast.rune)
