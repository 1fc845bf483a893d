"""Reviews of the release approach: due by themselves with its adoption, chased, accepted by another; the next falls due."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine

from apps.approaches.models import Approach, ApproachVersion
from apps.compliance.models import Control, Finding
from apps.core import moves
from apps.core.clock import now
from apps.core.errors import Invalid, NotNow, NotPermitted
from apps.core.lifecycle import steps_of
from apps.metrics.tasks import review_approaches
from apps.notifications.models import Message
from apps.reviews import actions
from apps.reviews.models import ApproachReview
from apps.reviews.queries import today
from tests.approaches.approaches import approach, draft, publish
from tests.core.api.conftest import Caller
from tests.factories import ci, payments
from tests.people import SYSTEM, acting, person

pytestmark = pytest.mark.django_db
WRITTEN = {"verdict": "revise", "conclusions": "Half of what goes live goes past it."}
CHART = {
    ("due", "begin"): "in_progress",
    ("returned", "begin"): "in_progress",
    ("in_progress", "submit"): "submitted",
    ("submitted", "accept"): "accepted",
    ("submitted", "send_back"): "returned",
}
STATUSES = ("due", "in_progress", "submitted", "returned", "accepted")


@pytest.fixture
def version(db: None) -> ApproachVersion:
    """An approach in force for the payments service, with its review day today."""
    made = publish(draft(items=[payments()]))
    moves.change(made.approach, {"next_review_on": today(now()), "review_every_days": 90}, by=SYSTEM)
    return made


def due() -> ApproachReview:
    review_approaches()
    return ApproachReview.objects.get()


def review_in(status: str) -> ApproachReview:
    review = due()
    if status == "due":
        return review
    review = actions.begin_approach_review(review=review, by=acting("rosa"))
    if status == "in_progress":
        return review
    review = actions.submit_approach_review(review=review, by=acting("rosa"), **WRITTEN)
    if status == "returned":
        return actions.send_back_approach_review(review=review, by=acting("rolf"), note="Which figures?")
    return actions.accept_approach_review(review=review, by=acting("rolf")) if status == "accepted" else review


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("step", ["begin", "submit", "accept", "send_back"])
def test_every_cell_of_the_chart(version, status: str, step: str) -> None:
    assert {one.name for one in steps_of(ApproachReview)} == {"begin", "submit", "accept", "send_back"}
    review = review_in(status)
    if status == "in_progress":
        review = actions.change_approach_review(review=review, by=acting("rosa"), **WRITTEN)
    implied = {"accepted_at": now()} if step == "accept" else {}
    if (status, step) in CHART:
        moved = moves.move(review, step, by=acting("rolf"), note="Said.", change=implied)
        assert moved.status == CHART[status, step]
    else:
        with pytest.raises(NotNow):
            moves.move(review, step, by=acting("rolf"), note="Said.", change=implied)


def test_it_falls_due_once_with_the_adoption_of_its_scope(version) -> None:
    ci("elsewhere", type="service")
    review = due()
    review_approaches()
    assert ApproachReview.objects.count() == 1
    assert (review.approach_version, review.figures["services"]) == (version, 1)
    coverage = review.figures["parts"][0]
    assert (coverage["slug"], coverage["fraction"]) == ("coverage", "1 of 1")


def test_an_approach_whose_day_has_not_come_is_left_alone(version) -> None:
    moves.change(version.approach, {"next_review_on": today(now()) + timedelta(days=1)}, by=SYSTEM)
    review_approaches()
    assert not ApproachReview.objects.exists()


def test_its_figures_are_of_today_until_it_is_submitted(version) -> None:
    review = due()
    with time_machine.travel(now() + timedelta(days=2), tick=False):
        ci("second", type="service")
        review_approaches()
        later = ApproachReview.objects.get()
        assert later.figures_at == now()
    assert later.figures_at > review.figures_at
    submitted = actions.submit_approach_review(
        review=actions.begin_approach_review(review=later, by=acting("rosa")), by=acting("rosa"), **WRITTEN
    )
    with time_machine.travel(now() + timedelta(days=9), tick=False):
        review_approaches()
    assert ApproachReview.objects.get().figures_at == submitted.figures_at


def test_accepting_it_sets_the_day_of_the_next(version) -> None:
    review = review_in("accepted")
    assert Approach.objects.get().next_review_on == today(review.accepted_at) + timedelta(days=90)


def test_whoever_submitted_it_does_not_accept_it(version) -> None:
    with pytest.raises(NotPermitted, match="did not submit it"):
        actions.accept_approach_review(review=review_in("submitted"), by=acting("rosa"))


def test_nothing_is_submitted_without_verdict_and_conclusions(version) -> None:
    with pytest.raises(NotNow) as refused:
        actions.submit_approach_review(review=review_in("in_progress"), by=acting("rosa"))
    assert len(refused.value.blockers) == 2


def test_an_overdue_one_is_chased_once_a_day_and_found(version, drain) -> None:
    review = due()
    with time_machine.travel(now() + timedelta(days=40), tick=False):
        review_approaches()
        review_approaches()
        drain()
        assert Message.objects.filter(event="reviews.approachreview.chase", to_user=person("rosa")).count() == 1
        (finding,) = Finding.objects.filter(control=Control.REVIEW_OVERDUE)
    assert finding.subject_key == review.key
    assert isinstance(review.due_on, date)


def test_what_follows_from_it_is_answered_by_a_version_of_the_same_approach(version) -> None:
    review = due()
    action = actions.open_improvement_action(title="Name who decides", approach_review=review, by=acting("rosa"))
    assert action.kind == "approach"
    other = publish(draft(approach("other")))
    with pytest.raises(Invalid, match="another approach"):
        actions.change_improvement_action(action=action, answered_by_approach=other, by=acting("rosa"))
    answered = actions.change_improvement_action(action=action, answered_by_approach=version, by=acting("rosa"))
    assert answered.answered_by_approach == version


def test_the_api_tells_and_moves_it(version) -> None:
    review = due()
    call = Caller(person("rosa"))
    told = call("get", f"approach-reviews/{review.key}/").json()
    assert (told["approach"], told["approach_version"], told["status"]) == ("company", 1, "due")
    tag = {"If-Match": f'"{review.version}"'}
    moved = call("post", f"approach-reviews/{review.key}/transitions/", {"name": "begin"}, **tag)
    assert moved.status_code == 200, moved.content
    assert ApproachReview.objects.get().reviewer == person("rosa")
