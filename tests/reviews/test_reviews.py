"""Reviews: due by themselves, written by one person, accepted by another, told to the release."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from apps.core.actor import job
from apps.core.clock import now
from apps.core.errors import Invalid, NotNow, NotPermitted
from apps.core.models import AuditEntry
from apps.releases import actions as releases
from apps.reviews import actions
from apps.reviews.models import ReleaseReview
from tests.factories import content_with, fresh, release_in
from tests.people import acting, person

WRITTEN = {"outcome": "successful", "what_went_well": "Everything.", "lessons": "Rehearse again."}


@pytest.fixture
def review(drain) -> ReleaseReview:
    """The review of rosa's release, due by itself."""
    release = release_in("in_review")
    drain()
    return ReleaseReview.objects.get(release=release)


def submitted(review: ReleaseReview) -> ReleaseReview:
    review = actions.begin_review(review=review, by=acting("rosa"))
    return actions.submit_review(review=review, by=acting("rosa"), **WRITTEN)


def test_a_review_falls_due_when_its_release_enters_review(review):
    assert review.status == "due"
    assert review.reviewer == person("rosa")
    assert (review.due_on - review.created_at.date()).days in (5, 6)  # the model's default, in the organisation's days


def test_the_model_says_within_how_many_days(drain):
    release = release_in("in_review", content=content_with(review={"due_within_days": 2, "survey": False}))
    drain()
    review = ReleaseReview.objects.get(release=release)
    assert (review.due_on - review.created_at.date()).days in (2, 3)


def test_a_release_has_one_review_however_often_the_event_comes(review, drain):
    again = actions.make_review_due(release=review.release, by=job("reviews"))
    assert again.pk == review.pk
    assert ReleaseReview.objects.count() == 1


def test_a_review_goes_from_due_to_accepted_and_the_release_knows(review):
    review = actions.accept_review(review=submitted(review), by=acting("sven"))
    release = fresh(review.release)
    assert review.status == "accepted"
    assert (release.review_outcome, release.review_accepted_at) == ("successful", review.accepted_at)
    closed = releases.close_release(release=release, by=acting("rosa"))
    assert (closed.status, closed.outcome) == ("closed", "successful")


def test_nobody_accepts_the_review_of_their_own_release(review):
    with pytest.raises(NotPermitted):
        actions.accept_review(review=submitted(review), by=acting("rosa"))
    assert fresh(review.release).review_accepted_at is None


def test_nobody_accepts_a_review_they_submitted_themselves(review):
    review = actions.begin_review(review=review, by=acting("rolf"))
    review = actions.submit_review(review=review, by=acting("rolf"), **WRITTEN)
    with pytest.raises(NotPermitted):
        actions.accept_review(review=review, by=acting("rolf"))


@pytest.mark.parametrize("name", ["carl", "audrey", "ida", "ivan", "nora"])
def test_who_has_no_say_in_reviews_is_refused(review, name):
    with pytest.raises(NotPermitted):
        actions.begin_review(review=review, by=acting(name))
    with pytest.raises(NotPermitted):
        actions.accept_review(review=submitted(review), by=acting(name))


def test_a_review_without_outcome_or_words_is_not_submitted(review):
    review = actions.begin_review(review=review, by=acting("rosa"))
    with pytest.raises(NotNow) as refused:
        actions.submit_review(review=review, by=acting("rosa"))
    assert {blocker.code for blocker in refused.value.blockers} == {"has_outcome", "has_findings"}


def test_a_review_that_lacks_something_goes_back_with_the_reason(review):
    review = submitted(review)
    with pytest.raises(Invalid):
        actions.send_back_review(review=review, by=acting("sven"), note=" ")
    review = actions.send_back_review(review=review, by=acting("sven"), note="Say why it took two hours.")
    assert review.status == "returned"
    review = actions.begin_review(review=review, by=acting("rosa"))
    assert review.status == "in_progress"


def test_a_submitted_review_is_not_rewritten(review):
    with pytest.raises(NotNow):
        actions.change_review(review=submitted(review), by=acting("rosa"), lessons="None.")


def test_only_the_words_of_a_review_are_edited(review):
    with pytest.raises(Invalid):
        actions.change_review(review=review, by=acting("rosa"), accepted_at=now())


def test_an_outcome_that_the_release_contradicts_is_refused_whole(review):
    """What was backed out was not successful: the acceptance is rolled back with the refusal."""
    review = submitted(review)
    release = fresh(review.release)
    type(release).objects.filter(pk=release.pk).update(availability="not_available")
    with pytest.raises(Invalid):
        actions.accept_review(review=review, by=acting("sven"))
    assert ReleaseReview.objects.get(pk=review.pk).status == "submitted"


def test_an_overdue_review_is_chased_once_a_day_until_it_is_submitted(review):
    sweep = job("sweep")
    assert actions.chase_reviews(at=now(), by=sweep) == 0
    late = now() + timedelta(days=10)
    with time_machine.travel(late, tick=False):
        assert actions.chase_reviews(at=late, by=sweep) == 1
        assert actions.chase_reviews(at=late, by=sweep) == 0
    later = late + timedelta(days=1)
    with time_machine.travel(later, tick=False):
        assert actions.chase_reviews(at=later, by=sweep) == 1
        submitted(ReleaseReview.objects.get(pk=review.pk))
    assert actions.chase_reviews(at=later + timedelta(days=1), by=sweep) == 0
    chased = AuditEntry.objects.filter(event="reviews.releasereview.chase")
    assert chased.count() == 2
    assert chased.earliest("id").data["release"] == review.release.key


def test_the_deeds_of_a_review_stand_in_the_timeline_of_its_release(review):
    submitted(review)
    events = AuditEntry.objects.filter(root_key=review.release.key, event__startswith="reviews.").order_by("id")
    assert [entry.event.rsplit(".", 1)[1] for entry in events] == ["create", "begin", "change", "submit"]
