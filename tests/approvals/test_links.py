"""Links in mail: the token names the person, the session or the code proves them, one link serves one decision."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from apps.accounts.models import User
from apps.approvals import actions
from apps.approvals.models import CODE_ATTEMPTS, ApprovalLink, Round
from apps.approvals.queries import link_obstacles, resolve_link
from apps.core import moves
from apps.core.actor import Door
from apps.core.clock import now
from apps.core.errors import Conflict, Invalid, NotFound, NotNow, Unauthorised
from apps.core.models import AuditEntry, OutboxEvent
from tests.approvals.rounds import DIGEST, group, open_round, said, say
from tests.people import SYSTEM, person

pytestmark = pytest.mark.django_db


def link_for(name: str = "adam", asked: Round | None = None) -> tuple[Round, str, str]:
    asked = asked or open_round()
    token, code = actions.issue_link(ask=asked.asks.get(person=person(name)), by=SYSTEM)
    return asked, token, code


def test_only_digests_of_the_secrets_are_kept_anywhere():
    asked, token, code = link_for()
    link = ApprovalLink.objects.get()
    kept = [str(link.__dict__), *(str(one.__dict__) for one in [*AuditEntry.objects.all(), *OutboxEvent.objects.all()])]
    assert len(token) >= 43
    assert len(code) == 6
    assert not any(token in one or f"'{code}'" in one for one in kept)
    assert link.content_digest == asked.digest
    assert link.code_digest not in kept[1]


def test_the_code_proves_the_person_and_the_answer_uses_the_link_up():
    asked, token, code = link_for()
    link, actor = actions.prove_link(token=token, code=f" {code} ")
    assert (actor.door, actor.user.username) == (Door.EMAIL, "adam")
    closed = actions.answer(round=asked, by=actor, decision="approve", digest=link.content_digest)
    assert closed.status == "approved"
    with pytest.raises(NotNow) as refused:
        actions.prove_link(token=token, code=code)
    assert {one.code for one in refused.value.blockers} == {"link_used", "round_closed"}


def test_the_session_of_the_person_proves_them_without_a_code():
    _asked, token, _code = link_for()
    assert actions.prove_link(token=token, user=person("adam"))[1].user == person("adam")


def test_the_session_of_another_proves_nothing():
    _asked, token, _code = link_for()
    with pytest.raises(Invalid, match="six digits"):
        actions.prove_link(token=token, user=person("anna"))


def test_after_five_wrong_codes_not_even_the_right_one_opens():
    _asked, token, code = link_for()
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for left in range(CODE_ATTEMPTS - 1, -1, -1):
        with pytest.raises(Invalid, match=f"{left} attempt"):
            actions.prove_link(token=token, code=wrong)
    with pytest.raises(NotNow, match="Too many wrong codes"):
        actions.prove_link(token=token, code=code)
    assert actions.prove_link(token=token, user=person("adam"))[1].user.username == "adam"


def test_an_empty_code_is_not_an_attempt():
    _asked, token, _code = link_for()
    with pytest.raises(Invalid, match="Type the six digits"):
        actions.prove_link(token=token)
    assert ApprovalLink.objects.get().attempts == 0


def test_where_the_rules_want_a_session_the_code_is_not_enough():
    asked = open_round(rules={"email_code": False})
    _asked, token, code = link_for(asked=asked)
    with pytest.raises(Unauthorised, match="sign in"):
        actions.prove_link(token=token, code=code)
    assert actions.prove_link(token=token, user=person("adam"))


def test_an_unknown_token_is_not_found():
    with pytest.raises(NotFound):
        resolve_link("no-such-token")


def test_looking_at_a_link_changes_nothing():
    _asked, token, _code = link_for()
    before = ApprovalLink.objects.values().get(), AuditEntry.objects.count()
    for _time in range(3):
        assert link_obstacles(resolve_link(token)) == []
    assert (ApprovalLink.objects.values().get(), AuditEntry.objects.count()) == before


def test_a_link_ends_with_its_round_or_after_a_fortnight():
    asked, token, code = link_for()
    assert ApprovalLink.objects.get().expires_at == asked.expires_at
    with time_machine.travel(asked.expires_at, tick=False), pytest.raises(NotNow) as refused:
        actions.prove_link(token=token, code=code)
    assert [one.code for one in refused.value.blockers] == ["link_expired"]
    long = open_round(key="REL-2026-0002-A1", expires_at=now() + timedelta(days=60))
    link_for(asked=long)
    assert ApprovalLink.objects.first().expires_at < now() + timedelta(days=15)


def test_a_link_never_decides_on_another_content():
    asked, token, code = link_for()
    moves.change(asked, {"digest": "e" * 64}, by=SYSTEM)
    with pytest.raises(NotNow) as refused:
        actions.prove_link(token=token, code=code)
    assert [one.code for one in refused.value.blockers] == ["content_changed"]


def test_one_link_serves_one_decision_even_when_posted_twice():
    asked = open_round(group("Authority", "adam", "anna", mode="n", n=2))
    _asked, token, code = link_for(asked=asked)
    _link, actor = actions.prove_link(token=token, code=code)
    actions.answer(round=asked, by=actor, decision="approve", digest=DIGEST)
    with pytest.raises(Conflict, match="one decision"):
        actions.answer(round=asked, by=actor, decision="reject", reason="No!", digest=DIGEST)
    assert said(asked) == [("adam", "approve")]


def test_every_link_of_the_person_in_the_round_is_used_up_together():
    asked = open_round(group("Authority", "adam", "anna", mode="n", n=2))
    link_for(asked=asked)
    _asked, token, code = link_for(asked=asked)
    actor = actions.prove_link(token=token, code=code)[1]
    actions.answer(round=asked, by=actor, decision="defer", digest=DIGEST)
    assert not ApprovalLink.objects.filter(used_at=None).exists()
    assert say(asked, "adam").status == "pending", "signed in, they may still decide"


def test_a_link_that_expires_between_its_proof_and_the_answer_decides_nothing():
    asked = open_round(expires_at=now() + timedelta(days=60))
    _asked, token, code = link_for(asked=asked)
    actor = actions.prove_link(token=token, code=code)[1]
    with time_machine.travel(now() + timedelta(days=15), tick=False), pytest.raises(Conflict, match="expired"):
        actions.answer(round=asked, by=actor, decision="approve", digest=DIGEST)
    assert said(asked) == []


def test_an_answer_that_is_refused_leaves_the_link_usable():
    asked, token, code = link_for()
    actor = actions.prove_link(token=token, code=code)[1]
    with pytest.raises(Invalid):
        actions.answer(round=asked, by=actor, decision="reject", digest=DIGEST)
    assert link_obstacles(resolve_link(token)) == []


def test_a_closed_round_issues_no_link():
    asked = open_round()
    ask = asked.asks.first()
    say(asked, "anna")
    with pytest.raises(NotNow):
        actions.issue_link(ask=type(ask).objects.get(pk=ask.pk), by=SYSTEM)


def test_somebody_who_left_proves_nothing():
    _asked, token, code = link_for()
    User.objects.filter(pk=person("adam").pk).update(is_active=False)
    with pytest.raises(Unauthorised):
        actions.prove_link(token=token, code=code)
