"""Delegations: dated, one level, recorded as “on behalf of”."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from apps.accounts import actions as accounts
from apps.accounts.models import User
from apps.approvals import actions
from apps.approvals.models import Answer, Delegation
from apps.core.actor import job
from apps.core.clock import now
from apps.core.errors import Invalid, NotNow, NotPermitted
from tests.approvals.rounds import group, open_round, say, waiting
from tests.people import SYSTEM, acting, person

pytestmark = pytest.mark.django_db


def lend(giver: str, taker: str, *, starts: timedelta = timedelta(0), days: float = 7) -> Delegation:
    start = now() + starts
    return actions.create_delegation(
        giver=person(giver),
        taker=person(taker),
        from_at=start,
        until_at=start + timedelta(days=days),
        reason="Holiday",
        by=acting(giver),
    )


def test_the_taker_is_asked_and_answers_on_behalf_of_the_giver():
    lend("adam", "carl")
    asked = open_round(group("Authority", "adam"))
    assert waiting("carl") == waiting("adam") == [asked.key]
    assert say(asked, "carl", on_behalf_of=person("adam")).status == "approved"
    answer = Answer.objects.get()
    assert (answer.person.username, answer.on_behalf_of.username) == ("carl", "adam")


def test_a_delegation_made_later_reaches_the_rounds_that_wait():
    asked = open_round(group("Authority", "adam"))
    lend("adam", "carl")
    assert waiting("carl") == [asked.key]


def test_it_holds_from_its_first_moment_up_to_but_not_at_its_last():
    asked = open_round(group("Authority", "adam"), expires_at=now() + timedelta(days=30))
    lent = lend("adam", "carl", starts=timedelta(days=1), days=1)
    assert waiting("carl") == []
    for moment in (lent.from_at - timedelta(microseconds=1), lent.until_at):
        with time_machine.travel(moment, tick=False), pytest.raises(NotPermitted, match="has not delegated"):
            say(asked, "carl", on_behalf_of=person("adam"))
    with time_machine.travel(lent.from_at, tick=False):
        actions.sweep_rounds(at=now(), by=job())
        assert waiting("carl") == [asked.key]
        assert say(asked, "carl", on_behalf_of=person("adam")).status == "approved"


def test_when_it_is_over_the_taker_is_no_longer_asked():
    asked = open_round(group("Authority", "adam"))
    lent = lend("adam", "carl")
    actions.end_delegation(delegation=lent, by=acting("adam"))
    actions.sweep_rounds(at=now(), by=job())
    assert waiting("carl") == []
    with pytest.raises(NotPermitted):
        say(asked, "carl", on_behalf_of=person("adam"))


def test_it_goes_one_level():
    lend("adam", "carl")
    lend("carl", "sven")
    asked = open_round(group("Authority", "adam"))
    assert waiting("sven") == []
    for giver in ("adam", "carl"):
        with pytest.raises(NotPermitted):
            say(asked, "sven", on_behalf_of=person(giver))
    with pytest.raises(Invalid, match="one level"):
        say(asked, "carl", "delegate", on_behalf_of=person("adam"), delegate_to=person("sven"))


@pytest.mark.parametrize("barred", ["adam", "carl"])
def test_neither_giver_nor_taker_may_be_barred(barred):
    lend("adam", "carl")
    asked = open_round(group("Authority", "adam", "anna"), barred=[barred])
    assert waiting("carl") == []
    with pytest.raises(NotPermitted, match="Segregation of duties"):
        say(asked, "carl", on_behalf_of=person("adam"))


def test_a_taker_who_lost_every_role_since_does_not_answer():
    lend("adam", "carl")
    asked = open_round(group("Authority", "adam"))
    accounts.revoke_role(user=person("carl"), role="contributor", by=SYSTEM)
    accounts.grant_role(user=person("carl"), role="auditor", by=SYSTEM)
    with pytest.raises(NotPermitted, match="stand in for somebody"):
        say(asked, "carl", on_behalf_of=person("adam"))


def test_one_human_being_is_not_two_people():
    lend("adam", "anna")
    asked = open_round(group("Authority", "adam", "anna", mode="n", n=2))
    say(asked, "anna")
    with pytest.raises(NotPermitted, match="distinct people"):
        say(asked, "anna", on_behalf_of=person("adam"))
    assert say(asked, "adam").status == "approved"


def test_a_no_on_behalf_of_somebody_is_their_voice_and_they_may_raise_it_again():
    lend("adam", "carl")
    asked = open_round(group("Authority", "adam", "anna", mode="n", n=2, max_objections=1))
    say(asked, "carl", "reject", "Not while he is away.", on_behalf_of=person("adam"))
    say(asked, "adam")
    assert say(asked, "anna").status == "approved"


@pytest.mark.parametrize(("name", "refusal"), [("rosa", NotPermitted), ("carl", NotPermitted), ("ivan", Invalid)])
def test_nobody_takes_the_voice_of_another_not_even_an_administrator(name, refusal):
    with pytest.raises(refusal):
        actions.create_delegation(
            giver=person("adam"),
            taker=person(name),
            from_at=now(),
            until_at=now() + timedelta(days=1),
            reason="He is away.",
            by=acting(name),
        )
    assert not Delegation.objects.exists()


@pytest.mark.parametrize("taker", ["audrey", "ida", "nora", "adam", "ivan"])
def test_who_cannot_stand_in_takes_no_voice(taker):
    with pytest.raises(Invalid) as refused:
        lend("adam", taker)
    assert refused.value.errors[0].pointer == "taker"


def test_somebody_who_left_stands_in_for_nobody():
    lend("adam", "carl")
    User.objects.filter(pk=person("carl").pk).update(is_active=False)
    open_round(group("Authority", "adam"))
    assert waiting("carl") == []


@pytest.mark.parametrize(
    ("starts", "days", "code"), [(0, 0, "before_start"), (0, -1, "before_start"), (-3, 2, "past"), (0, 400, "too_long")]
)
def test_its_dates_make_sense(starts, days, code):
    with pytest.raises(Invalid) as refused:
        lend("adam", "carl", starts=timedelta(days=starts), days=days)
    assert [(one.pointer, one.code) for one in refused.value.errors] == [("until_at", code)]
    assert not Delegation.objects.exists()


def test_giver_or_taker_end_it_once_and_nobody_else():
    lent = lend("adam", "carl")
    with pytest.raises(NotPermitted):
        actions.end_delegation(delegation=lent, by=acting("rosa"))
    ended = actions.end_delegation(delegation=lent, by=acting("carl"))
    assert ended.ended_at is not None
    with pytest.raises(NotNow, match="over already"):
        actions.end_delegation(delegation=ended, by=acting("adam"))
