"""Reviews of release models: due by themselves, with their figures; chased; accepted by another; the next one falls due."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction

from apps.compliance.models import Control, Finding
from apps.core import moves
from apps.core.actor import job
from apps.core.clock import now
from apps.core.errors import NotNow, NotPermitted
from apps.core.lifecycle import available_steps, steps_of
from apps.core.models import AuditEntry, OutboxEvent
from apps.notifications.models import Message
from apps.release_models.models import ReleaseModel
from apps.reviews import actions
from apps.reviews.models import ModelReview
from apps.reviews.queries import today
from tests.core.api.conftest import Caller, problem
from tests.factories import publish_model
from tests.people import SYSTEM, acting, person
from tests.reviews.test_effectiveness import history

pytestmark = pytest.mark.django_db
SWEEP = job("sweep")
WRITTEN = {"verdict": "improve", "conclusions": "The ledger check never stopped anything."}
CHART = {
    ("due", "begin"): "in_progress",
    ("returned", "begin"): "in_progress",
    ("in_progress", "submit"): "submitted",
    ("submitted", "accept"): "accepted",
    ("submitted", "send_back"): "returned",
}
STATUSES = ("due", "in_progress", "submitted", "returned", "accepted")


@pytest.fixture
def model(db: None) -> ReleaseModel:
    """A published model whose review day is today."""
    version = publish_model("normal")
    return moves.change(version.model, {"next_review_on": today(now()), "review_every_days": 90}, by=SYSTEM)


def due() -> ModelReview:
    (review,) = actions.make_model_reviews_due(at=now(), by=SWEEP)
    return review


def review_in(status: str) -> ModelReview:
    review = due()
    if status == "due":
        return review
    review = actions.begin_model_review(review=review, by=acting("rosa"))
    if status == "in_progress":
        return review
    review = actions.submit_model_review(review=review, by=acting("rosa"), **WRITTEN)
    if status == "returned":
        return actions.send_back_model_review(review=review, by=acting("rolf"), note="Which figures?")
    return actions.accept_model_review(review=review, by=acting("rolf")) if status == "accepted" else review


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("step", ["begin", "submit", "accept", "send_back"])
def test_every_cell_of_the_chart(model, status: str, step: str) -> None:
    assert {one.name for one in steps_of(ModelReview)} == {"begin", "submit", "accept", "send_back"}
    review = review_in(status)
    if status == "in_progress":
        review = actions.change_model_review(review=review, by=acting("rosa"), **WRITTEN)
    entries, events = AuditEntry.objects.count(), OutboxEvent.objects.count()
    by = acting("rolf")
    entries, events = AuditEntry.objects.count(), OutboxEvent.objects.count()
    if (status, step) in CHART:
        moved = moves.move(review, step, by=by, note="Said.", change=_implied(step))
        assert moved.status == CHART[status, step]
        assert (AuditEntry.objects.count(), OutboxEvent.objects.count()) == (entries + 1, events + 1)
    else:
        with pytest.raises(NotNow):
            moves.move(review, step, by=by, note="Said.")
        assert ModelReview.objects.get().status == status
        assert (AuditEntry.objects.count(), OutboxEvent.objects.count()) == (entries, events)


def _implied(step: str) -> dict:
    return {"accepted_at": now()} if step == "accept" else {}


def test_it_falls_due_by_itself_with_the_figures_attached_and_once(model) -> None:
    history(model.versions.get(), 6, bad=1)
    review = due()
    assert (review.due_on, review.status) == (today(now()) + timedelta(days=14), "due")
    assert review.figures["versions"][0]["successful"]["hits"] == 5
    assert actions.make_model_reviews_due(at=now(), by=SWEEP) == []


def test_it_does_not_fall_due_before_its_day_nor_for_what_does_not_serve(model) -> None:
    moves.change(model, {"next_review_on": today(now()) + timedelta(days=1)}, by=SYSTEM)
    assert actions.make_model_reviews_due(at=now(), by=SWEEP) == []
    idle = ReleaseModel.objects.create(slug="idle", name="Idle", next_review_on=date(2020, 1, 1))
    assert actions.make_model_reviews_due(at=now(), by=SWEEP) == []
    assert not idle.reviews.exists()


def test_two_reviews_of_one_model_at_a_time_cannot_be(model) -> None:
    review = due()
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelReview.objects.bulk_create(
            [ModelReview(key="MRV-2", release_model=model, model_version=review.model_version, due_on=review.due_on)]
        )


def test_accepting_fixes_the_day_of_the_next_one(model) -> None:
    review_in("accepted")
    model.refresh_from_db()
    assert model.next_review_on == today(now()) + timedelta(days=90)
    assert actions.make_model_reviews_due(at=now(), by=SWEEP) == []
    later = now() + timedelta(days=91)
    with time_machine.travel(later, tick=False):
        assert len(actions.make_model_reviews_due(at=later, by=SWEEP)) == 1


def test_submitting_takes_the_figures_of_that_moment(model) -> None:
    review = actions.begin_model_review(review=due(), by=acting("rosa"))
    assert review.figures["versions"][0]["releases"] == 0
    history(model.versions.get(), 3)
    review = actions.submit_model_review(review=review, by=acting("rosa"), **WRITTEN)
    assert review.figures["versions"][0]["releases"] == 3


def test_it_is_not_submitted_empty_and_every_blocker_is_named(model) -> None:
    review = actions.begin_model_review(review=due(), by=acting("rosa"))
    with pytest.raises(NotNow) as refusal:
        actions.submit_model_review(review=review, by=acting("rosa"))
    assert len(refusal.value.blockers) == 2


def test_nobody_accepts_their_own(model) -> None:
    review = review_in("submitted")
    with pytest.raises(NotPermitted, match="did not submit"):
        actions.accept_model_review(review=review, by=acting("rosa"))


@pytest.mark.parametrize("name", ["adam", "carl", "sven", "audrey", "ida"])
def test_only_release_managers_write_it(model, name: str) -> None:
    review = due()
    with pytest.raises(NotPermitted):
        actions.begin_model_review(review=review, by=acting(name))
    assert not any(step.allowed for step in available_steps(review, person(name)))


def test_what_is_submitted_is_not_rewritten(model) -> None:
    with pytest.raises(NotNow, match="send it back"):
        actions.change_model_review(review=review_in("submitted"), by=acting("rosa"), verdict="keep")


def test_overdue_ones_are_chased_once_a_day_and_become_a_finding(model, drain) -> None:
    person("rosa")
    due()
    drain()
    late = now() + timedelta(days=15)
    with time_machine.travel(late, tick=False):
        assert actions.chase_model_reviews(at=late, by=SWEEP) == 1
        assert actions.chase_model_reviews(at=late, by=SWEEP) == 0
        drain()
    finding = Finding.objects.get()
    assert (finding.control, finding.subject_key) == (Control.REVIEW_OVERDUE, ModelReview.objects.get().key)
    subjects = set(Message.objects.values_list("template", flat=True))
    assert {"reviews.modelreview.create", "reviews.modelreview.chase"} <= subjects


def test_what_follows_is_an_action_on_the_model(model) -> None:
    review = review_in("submitted")
    action = actions.open_improvement_action(title="Drop it", model_review=review, by=acting("rosa"))
    assert (action.release_model, action.kind) == (model, "model")


def test_the_same_over_the_api(model) -> None:
    review = due()
    rosa, rolf = Caller(person("rosa")), Caller(person("rolf"))
    assert rosa.get("model-reviews/").json()["results"][0]["model"] == "normal"
    address = f"model-reviews/{review.key}/transitions/"
    assert rosa.post(address, {"name": "begin"}).status_code == 200
    problem(rosa.post(address, {"name": "submit"}), 409)
    assert rosa.post(address, {"name": "submit", **WRITTEN}).json()["verdict"] == "improve"
    problem(rosa.post(address, {"name": "accept"}), 403)
    assert rolf.post(address, {"name": "accept"}).json()["status"] == "accepted"
