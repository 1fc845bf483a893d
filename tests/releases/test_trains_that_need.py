"""Needs among the releases of trains: circles are refused, and a train of many asks no more of the database."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.errors import Invalid
from apps.releases import actions
from apps.releases.models import Release
from apps.releases.queries import departure_of
from tests.factories import draft_release, fresh, release_in
from tests.people import acting
from tests.releases.trains import aboard, as_now, needs, refusal, train
from tests.releases.walking import everybody

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _people(db: None) -> None:
    everybody()


def test_fellows_that_need_each_other_closed_cannot_share_a_train() -> None:
    its = train()
    first, second = aboard(its, "planning"), draft_release()
    needs(second, first, "closed")
    found = refusal(lambda: actions.board_train(train=its, release=second, by=acting("rosa")), of=Invalid)
    assert found.errors[0].code == "needs_closed"
    assert fresh(second).train_id is None
    third = aboard(its, "planning")
    assert refusal(lambda: needs(third, first, "closed"), of=Invalid).errors[0].pointer == "needs"
    assert not third.dependencies.exists()


def test_two_trains_whose_members_need_each_other_are_refused_though_no_release_needs_itself() -> None:
    """No circle among releases; but a train goes when all its members can, and then it is one."""
    ebb, flood = train(title="Ebb"), train(title="Flood")
    one, two = aboard(ebb, "planning"), aboard(ebb, "planning")
    three, four = aboard(flood, "planning"), aboard(flood, "planning")
    needs(one, three)
    found = refusal(lambda: needs(four, two), of=Invalid)
    assert found.errors[0].code == "circle"
    assert ebb.key in found.detail and flood.key in found.detail
    needs(four, two, "scheduled")  # being scheduled waits for no train


def test_a_release_between_two_fellows_is_refused_at_boarding_and_at_leaving() -> None:
    its = train()
    first, between, last = aboard(its, "planning"), draft_release(), draft_release()
    needs(between, first)
    needs(last, between)
    board = lambda one: actions.board_train(train=its, release=fresh(one), by=acting("rosa"))  # noqa: E731
    assert refusal(lambda: board(last), of=Invalid).errors[0].code == "circle"
    board(between)
    board(last)
    stuck = refusal(lambda: actions.leave_train(release=between, by=acting("rosa"), note="No."))
    assert stuck.blockers[0].code == "circle"
    actions.leave_train(release=last, by=acting("rosa"), note="It follows.")
    actions.leave_train(release=between, by=acting("rosa"), note="It follows, too.")
    assert Release.objects.filter(train=its).get() == first


def test_what_is_out_already_keeps_nobody() -> None:
    its = train()
    out = release_in("released")
    member = aboard(its, "planning")
    needs(member, out)
    assert aboard(its, "planning").train_id == its.pk


def test_a_train_of_many_asks_no_more_of_the_database() -> None:
    its = train()
    for _ in range(2):
        needs(aboard(its), aboard(its), "scheduled")
    with CaptureQueriesContext(connection) as few:
        departure_of(its)
    for _ in range(2):
        needs(aboard(its), aboard(its), "scheduled")
    with CaptureQueriesContext(connection) as many:
        departure_of(its)
    assert len(many) == len(few)


def test_an_emergency_aboard_that_was_not_approved_asks_for_its_incident() -> None:
    its = train()
    urgent = aboard(its, kind="emergency")
    found = refusal(lambda: actions.depart_train(train=its, by=acting("rosa")), of=Invalid)
    assert [one.pointer for one in found.errors] == ["note", "incident"]
    assert as_now(its).status == "planned"
    actions.depart_train(train=its, by=acting("rosa"), note="Card numbers leak.", incident="INC-2026-0001")
    assert fresh(urgent).status == "releasing"
