"""Answers: judged when given, kept for ever, counted at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction

from apps.accounts import actions as accounts
from apps.accounts.models import User
from apps.approvals import actions
from apps.approvals.models import Answer, Delegation, Round
from apps.approvals.queries import conditions_of, who_is_needed
from apps.core.actor import Actor, Door, job
from apps.core.errors import Invalid, NotNow, NotPermitted, Stale
from apps.core.models import AuditEntry
from tests.approvals.rounds import DIGEST, group, open_round, payments, said, say, team, waiting
from tests.people import SYSTEM, acting, person

pytestmark = pytest.mark.django_db


def test_one_yes_of_any_approves_and_lets_the_others_go():
    asked = open_round()
    assert waiting("adam") == waiting("anna") == [asked.key]
    closed = say(asked, "adam")
    assert closed.status == "approved"
    assert waiting("anna") == []


def test_the_same_person_twice_is_one_of_two():
    asked = open_round(group("Authority", "adam", "anna", mode="n", n=2))
    say(asked, "adam")
    with_second = say(asked, "adam")
    assert with_second.status == "pending"
    assert said(asked) == [("adam", "approve"), ("adam", "approve")]
    assert say(asked, "anna").status == "approved"


def test_a_later_answer_replaces_the_earlier_and_history_stays():
    asked = open_round(group("Authority", "adam", "anna", mode="n", n=2, max_objections=1))
    say(asked, "adam", "reject", "Not yet.")
    say(asked, "adam")
    assert say(asked, "anna").status == "approved"
    assert said(asked) == [("adam", "reject"), ("adam", "approve"), ("anna", "approve")]


def test_one_no_too_many_rejects_with_the_reason():
    closed = say(open_round(), "adam", "reject", "The rollback was never tried.")
    assert closed.status == "rejected"
    assert "The rollback was never tried." in closed.closed_reason


@pytest.mark.parametrize("decision", ["request_changes", "defer"])
def test_what_is_neither_yes_nor_no_leaves_the_round_open(decision):
    assert say(open_round(), "adam", decision, "Tell me about the data.").status == "pending"


def test_who_defers_is_still_waited_for_and_who_asks_for_changes_is_not():
    asked = open_round()
    say(asked, "adam", "defer")
    say(asked, "anna", "request_changes", "Name the window.")
    assert waiting("adam") == [asked.key]
    assert waiting("anna") == []


def test_approval_with_a_condition_counts_and_keeps_it():
    condition = {"check": "load-test", "before": "2026-12-01T18:00:00Z"}
    closed = say(open_round(), "adam", "approve_with_conditions", condition=condition)
    assert closed.status == "approved"
    assert [one.condition for one in conditions_of(closed)] == [condition]


@pytest.mark.parametrize(
    ("decision", "pointer"),
    [
        ("reject", "reason"),
        ("request_changes", "reason"),
        ("approve_with_conditions", "reason"),
        ("delegate", "delegate_to"),
        ("maybe", "decision"),
    ],
)
def test_an_incomplete_answer_is_refused_and_nothing_is_kept(decision, pointer):
    asked = open_round()
    with pytest.raises(Invalid) as refused:
        say(asked, "adam", decision, "  ")
    assert refused.value.errors[0].pointer == pointer
    assert said(asked) == []


def test_an_answer_to_what_is_no_longer_in_force_is_refused():
    asked = open_round()
    with pytest.raises(Stale, match="has changed since it was shown"):
        say(asked, "adam", digest="e" * 64)
    assert said(asked) == []


def test_a_closed_round_takes_no_answer():
    asked = open_round()
    actions.cancel_round(round=asked, reason="The content changed.", by=SYSTEM)
    with pytest.raises(NotNow, match="cancelled: The content changed"):
        say(asked, "adam")


def test_after_its_time_a_round_takes_no_answer_even_before_the_sweep():
    asked = open_round()
    with time_machine.travel(asked.expires_at, tick=False), pytest.raises(NotNow, match="time to answer is over"):
        say(asked, "adam")


@pytest.mark.parametrize("name", ["rosa", "carl", "audrey", "ivan", "ida", "nora"])
def test_who_is_not_named_by_the_rules_does_not_approve(name):
    asked = open_round()
    with pytest.raises(NotPermitted, match="not among those whom the rules ask"):
        say(asked, name)


def test_a_superuser_with_every_role_but_the_named_one_does_not_approve():
    asked = open_round()
    User.objects.filter(pk=person("ivan").pk).update(is_superuser=True, is_staff=True)
    with pytest.raises(NotPermitted):
        say(asked, "ivan")


def test_a_tool_is_nobodys_approver_whatever_else_it_was_granted():
    accounts.grant_role(user=person("ida"), role="approver", by=SYSTEM)
    asked = open_round()
    assert waiting("ida") == []
    with pytest.raises(NotPermitted):
        say(asked, "ida")


@pytest.mark.parametrize("actor", [job(), Actor(Door.HOOK, name="github"), SYSTEM])
def test_the_system_does_not_approve(actor):
    with pytest.raises(NotPermitted, match="Only a person approves"):
        actions.answer(round=open_round(), by=actor, decision="approve", digest=DIGEST)


def test_segregation_of_duties_bars_at_the_moment_of_the_answer():
    asked = open_round(barred=["adam"])
    assert waiting("adam") == []
    with pytest.raises(NotPermitted, match="Segregation of duties"):
        say(asked, "adam")
    assert say(asked, "anna").status == "approved"


def test_eligibility_is_judged_when_the_answer_is_given():
    asked = open_round(group("Authority", "adam", "anna", mode="n", n=1))
    by_role = open_round(key="REL-2026-0002-A1")
    accounts.revoke_role(user=person("adam"), role="approver", by=SYSTEM)
    with pytest.raises(NotPermitted):
        say(by_role, "adam")
    accounts.grant_role(user=person("rolf"), role="approver", by=SYSTEM)
    assert say(by_role, "rolf").status == "approved"
    assert asked.status == "pending"


def test_somebody_who_left_does_not_approve():
    asked = open_round()
    User.objects.filter(pk=person("adam").pk).update(is_active=False)
    with pytest.raises(NotPermitted, match="not active"):
        say(asked, "adam")


def test_all_does_not_wait_for_somebody_who_left():
    asked = open_round(group("Both", "adam", "anna", mode="all"))
    say(asked, "adam")
    User.objects.filter(pk=person("anna").pk).update(is_active=False)
    actions.sweep_rounds(at=asked.opened_at, by=job())
    assert Round.objects.get(pk=asked.pk).status == "approved"


def test_all_does_not_grow_by_somebody_who_joins_unasked():
    asked = open_round({"name": "Everybody", "who": {"role": "approver"}, "mode": "all"})
    say(asked, "adam")
    accounts.grant_role(user=person("rolf"), role="approver", by=SYSTEM)
    assert say(asked, "anna").status == "approved"


def test_an_answer_given_stays_when_the_person_is_removed_from_the_group():
    asked = open_round(group("Authority", "adam", "anna", mode="n", n=2))
    say(asked, "adam")
    accounts.revoke_role(user=person("adam"), role="approver", by=SYSTEM)
    assert say(asked, "anna").status == "approved"


def test_the_services_owners_are_asked_by_role_and_team():
    payments()
    asked = open_round({"name": "Owner", "who": {"service_owner": True}})
    assert waiting("sven") == [asked.key]
    accounts.add_member(team=team("payments"), user=person("carl"), by=SYSTEM)
    with pytest.raises(NotPermitted):
        say(asked, "carl")
    assert say(asked, "sven").status == "approved"


def test_a_team_is_asked_without_its_auditors_and_tools():
    team("desk", "carl", "audrey", "ida", "nora")
    asked = open_round({"name": "Desk", "who": {"team": "desk"}, "mode": "all"})
    assert [waiting(name) for name in ("carl", "audrey", "ida", "nora")] == [[asked.key], [], [], []]
    assert say(asked, "carl").status == "approved"


def test_groups_in_order_a_later_group_is_asked_when_the_earlier_is_satisfied():
    asked = open_round(group("First", "adam"), group("Second", "anna", order=2))
    assert (waiting("adam"), waiting("anna")) == ([asked.key], [])
    with pytest.raises(NotPermitted, match="not asked yet"):
        say(asked, "anna")
    say(asked, "adam")
    assert (waiting("adam"), waiting("anna")) == ([], [asked.key])
    assert say(asked, "anna").status == "approved"


def test_distinct_people_one_person_does_not_satisfy_two_groups():
    asked = open_round(group("First", "adam", "anna"), group("Second", "adam", "anna"))
    assert say(asked, "adam").status == "pending"
    assert say(asked, "anna").status == "approved"


def test_without_distinct_people_one_person_may():
    asked = open_round(group("First", "adam"), group("Second", "adam", order=2), rules={"distinct_people": False})
    assert say(asked, "adam").status == "pending"
    assert waiting("adam") == [asked.key], "the second group asks again: it was not open when the first answer came"
    assert say(asked, "adam").status == "approved"


@pytest.mark.parametrize(
    ("groups", "said_why"),
    [
        ([group("Lonely", "adam", mode="n", n=2)], "1 may answer, and 1 more distinct people"),
        ([group("A", "adam"), group("B", "adam")], "“B” cannot be satisfied"),
        ([{"name": "Nobody", "who": {"team": "no-such-team"}}], "0 may answer"),
        ([{"name": "Owner", "who": {"service_owner": True}}], "the service’s owners"),
    ],
)
def test_a_round_that_could_never_be_approved_is_not_opened(groups, said_why):
    with pytest.raises(NotNow) as refused:
        open_round(*groups)
    assert said_why in str(refused.value)
    assert not Round.objects.exists()


def test_the_refusal_names_who_is_barred():
    with pytest.raises(NotNow, match="Barred by segregation of duties: Adam"):
        open_round(group("Lonely", "adam"), barred=["adam"])


def test_a_rule_set_without_groups_asks_nobody_and_is_approved_at_once():
    for name in ("rosa",):
        person(name)
    opened = actions.open_round(
        key="R-1",
        title="T",
        url="",
        digest=DIGEST,
        content={},
        rules={"groups": []},
        requester=None,
        barred=[],
        by=SYSTEM,
    )
    assert opened.status == "approved"


def test_an_answer_leaves_one_audit_entry_under_its_round():
    asked = open_round()
    say(asked, "adam", "reject", "No.")
    entry = AuditEntry.objects.get(event="approvals.answer.create")
    assert (entry.root_key, entry.note, entry.actor_name) == (asked.key, "No.", "adam")


@pytest.mark.parametrize("deed", ["UPDATE approvals_answer SET decision = 'reject'", "DELETE FROM approvals_answer"])
def test_the_database_itself_keeps_answers(deed):
    say(open_round(), "adam")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(deed)
    assert Answer.objects.get().decision == "approve"


def test_handing_over_asks_the_other_for_this_round_only():
    asked = open_round(group("Authority", "adam"))
    other = open_round(group("Authority", "adam"), key="REL-2026-0002-A1")
    say(asked, "adam", "delegate", delegate_to=person("carl"))
    assert (waiting("adam"), waiting("carl")) == ([other.key], [asked.key])
    with pytest.raises(NotPermitted, match="has not delegated"):
        say(other, "carl", on_behalf_of=person("adam"))
    closed = say(asked, "carl", on_behalf_of=person("adam"))
    assert closed.status == "approved"
    answer = Answer.objects.last()
    assert (answer.person.username, answer.on_behalf_of.username) == ("carl", "adam")
    assert Delegation.objects.get().round == asked


@pytest.mark.parametrize("name", ["adam", "audrey", "ida", "nora"])
def test_who_cannot_stand_in_is_not_handed_a_voice(name):
    with pytest.raises(Invalid) as refused:
        say(open_round(), "adam", "delegate", delegate_to=person(name))
    assert refused.value.errors[0].pointer == "delegate_to"


def test_a_barred_person_is_not_handed_a_voice():
    with pytest.raises(Invalid, match="bars"):
        say(open_round(barred=["carl"]), "adam", "delegate", delegate_to=person("carl"))


def test_who_is_needed_says_what_is_missing_and_from_whom():
    asked = open_round(group("First", "adam", "anna", mode="n", n=2), group("Second", "sven", order=2))
    say(asked, "adam")
    first, second = who_is_needed(asked)
    assert (first.needed, first.approvals, [one.username for one in first.people]) == (2, 1, ["anna"])
    assert first.words == "“First” needs 1 more (1 of 2); it can come from Anna."
    assert (second.is_open, second.words) == (False, "“Second” is asked when the groups before it are satisfied.")


def test_the_sweep_expires_what_is_past_its_time_and_leaves_the_rest():
    late = open_round()
    soon = open_round(key="REL-2026-0002-A1", expires_at=late.opened_at + timedelta(days=30))
    with time_machine.travel(late.expires_at + timedelta(minutes=1), tick=False):
        expired = actions.sweep_rounds(at=late.expires_at + timedelta(minutes=1), by=job())
    assert [one.key for one in expired] == [late.key]
    assert Round.objects.get(pk=soon.pk).status == "pending"
    assert waiting("adam") == [soon.key]


def test_answers_come_with_their_door():
    say(open_round(), "adam", door=Door.API)
    assert Answer.objects.get().door == "api"
    assert acting("adam").door == "admin"
