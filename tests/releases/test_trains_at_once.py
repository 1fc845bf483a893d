"""Approving several releases of a train in one act: an answer of its own for each, all or none, and never what must be read."""

from __future__ import annotations

import pytest

from apps.approvals.models import Answer
from apps.core.errors import Invalid, NotNow
from apps.core.models import AuditEntry
from apps.releases import actions
from apps.releases.models import Release
from apps.releases.queries import questions_for
from tests.factories import answer, fresh
from tests.people import acting, person
from tests.releases.trains import aboard, train
from tests.releases.walking import everybody

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _people(db: None) -> None:
    everybody()


def asked(its, **fields):
    return fresh(aboard(its, "awaiting_approval", **{"risk": "low", **fields}))


def chosen(*releases):
    return [(release.key, release.round.digest) for release in releases]


def approve(its, pairs, name="adam", reason=""):
    return actions.approve_members(train=its, chosen=pairs, by=acting(name), reason=reason)


def refused(its, pairs, of=NotNow, name="adam"):
    with pytest.raises(of) as found:
        approve(its, pairs, name)
    return found.value


def test_each_gets_an_answer_of_its_own_on_its_own_digest() -> None:
    its = train()
    one, two = asked(its), asked(its, risk="medium")
    approve(its, chosen(one, two), reason="Both read.")
    found = Answer.objects.order_by("pk")
    assert [(given.round, given.digest, given.person.username, given.reason) for given in found] == [
        (one.round, one.round.digest, "adam", "Both read."),
        (two.round, two.round.digest, "adam", "Both read."),
    ]
    assert fresh(one).status == "awaiting_approval"
    approve(its, chosen(one, two), "anna")
    assert {fresh(one).status, fresh(two).status} == {"scheduled"}
    assert AuditEntry.objects.filter(event="releases.train.approve_members").count() == 2


def test_a_digest_that_moved_is_named_and_nothing_is_kept() -> None:
    its = train()
    one, two, three = asked(its), asked(its), asked(its)
    pairs = [*chosen(one), (two.key, "0" * 64), (three.key, "1" * 64)]
    found = refused(its, pairs)
    assert [(blocker.code, blocker.message[: len(two.key)]) for blocker in found.blockers] == [
        ("stale", two.key),
        ("stale", three.key),
    ]
    assert not Answer.objects.exists()


def test_what_must_be_read_is_not_approved_with_others_and_says_why() -> None:
    its = train()
    fine = asked(its)
    grave, unknown = asked(its, risk="high"), asked(its)
    Release.objects.filter(pk=unknown.pk).update(risk="not_assessed")
    urgent = asked(its, type="emergency")
    found = refused(its, chosen(fine, grave, unknown, urgent))
    assert [blocker.code for blocker in found.blockers] == ["read_alone"] * 3
    assert not Answer.objects.exists()
    alone = {one.release.key: one.why_alone for one in questions_for(its, person("adam"))}
    assert alone[fine.key] == ""
    assert all(alone[one.key] for one in (grave, unknown, urgent))
    answer(grave, "adam")  # by itself it may


def test_who_is_not_asked_approves_nothing() -> None:
    its = train()
    one = asked(its)
    assert [blocker.code for blocker in refused(its, chosen(one), name="rosa").blockers] == ["not_permitted"]
    assert questions_for(its, person("rosa")) == []


def test_only_members_each_once() -> None:
    its, other = train(), train(title="Spring tide")
    here, there = asked(its), asked(other)
    assert refused(its, chosen(here, there), Invalid).errors[0].code == "unknown"
    assert refused(its, chosen(here, here), Invalid).errors[0].code == "repeated"
    assert refused(its, [], Invalid).errors[0].code == "required"


def test_an_answered_question_waits_no_more_and_a_second_asking_says_what_changed() -> None:
    its = train()
    one = asked(its)
    before = questions_for(its, person("adam"))[0]
    assert (before.digest, before.has_approved_before, before.changed) == (one.round.digest, False, [])
    approve(its, chosen(one))
    assert questions_for(its, person("adam")) == []
    actions.rework(release=fresh(one), by=acting("rosa"), note="A better way back.")
    actions.change_release(release=fresh(one), by=acting("rosa"), back_out_plan="Deploy 1.9.0 and tell support.")
    actions.start_verification(release=fresh(one), by=acting("rosa"))
    actions.request_approval(release=fresh(one), by=acting("rosa"))
    again = questions_for(its, person("adam"))[0]
    assert again.has_approved_before
    assert again.changed == ["The back-out plan changed from Deploy 1.9.0 again. to Deploy 1.9.0 and tell support.."]
    assert again.standing == "passed"
