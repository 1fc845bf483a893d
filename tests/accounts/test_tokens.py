"""API tokens: issued, used, expired, revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from apps.accounts import actions
from apps.accounts.models import ApiToken, User
from apps.core.actor import Actor, Door
from apps.core.clock import now
from apps.core.errors import Invalid, NotPermitted
from apps.core.models import AuditEntry, OutboxEvent

SYSTEM = Actor(Door.COMMAND, name="test")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def get(secret: str, client: Client | None = None):
    return (client or Client()).get("/api/v1/teams/", headers={"Authorization": f"Bearer {secret}"})


def problem_of(secret: str) -> str:
    answer = get(secret)
    assert answer.status_code == 401
    return answer.json()["detail"]


def test_a_token_opens_the_api_and_is_kept_as_a_digest_only(ravi: User) -> None:
    token, secret = actions.issue_token(user=ravi, scopes=["read"], by=SYSTEM)
    assert secret.startswith("tg_") and len(secret) == 46
    assert secret.startswith(token.hint) and len(token.hint) < 12
    assert get(secret).status_code == 200
    stored = str(ApiToken.objects.filter(pk=token.pk).values().get())
    assert secret not in stored
    for row in [*AuditEntry.objects.all(), *OutboxEvent.objects.all()]:
        assert secret not in str(vars(row)) and token.digest not in str(vars(row))


@pytest.mark.parametrize("header", ["Bearer tg_unknown", "Bearer", "Bearer  ", "Bearer " + "x" * 5000, "Bearer tg_ä"])
def test_a_foreign_token_is_turned_away(ravi: User, header: str) -> None:
    answer = Client().get("/api/v1/teams/", headers={"Authorization": header.encode().decode("latin-1")})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"] == "This token is not known here."


def test_another_kind_of_authorization_is_nobody(db: None) -> None:
    assert Client().get("/api/v1/teams/", headers={"Authorization": "Basic YTpi"}).status_code == 401


def test_a_token_expires(ravi: User) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        _, secret = actions.issue_token(user=ravi, scopes=["read"], expires_at=NOON + timedelta(days=1), by=SYSTEM)
        clock.shift(timedelta(hours=23, minutes=59))
        assert get(secret).status_code == 200
        clock.shift(timedelta(minutes=1))
        assert get(secret).status_code == 401
        assert "expired" in get(secret).json()["detail"]


def test_a_revoked_token_is_dead_for_good(ravi: User) -> None:
    token, secret = actions.issue_token(user=ravi, scopes=["*"], by=SYSTEM)
    by = Actor(Door.ADMIN, user=ravi)
    revoked = actions.revoke_token(token=token, by=by, note="laptop lost")
    assert problem_of(secret) == "This token was revoked. Issue a new one."
    assert actions.revoke_token(token=revoked, by=by).revoked_at == revoked.revoked_at
    entry = AuditEntry.objects.get(event="accounts.apitoken.revoke")
    assert (entry.root_key, entry.note) == ("ravi", "laptop lost")


def test_the_token_of_a_closed_account_is_dead(ravi: User, by_ada: Actor) -> None:
    _, secret = actions.issue_token(user=ravi, scopes=["*"], by=SYSTEM)
    actions.change_user(user=ravi, is_active=False, by=by_ada)
    assert problem_of(secret) == "The account of this token is closed."


def test_the_token_of_someone_without_a_role_opens_nothing(nia: User) -> None:
    _, secret = actions.issue_token(user=nia, scopes=["*"], by=SYSTEM)
    answer = get(secret)
    assert answer.status_code == 403
    assert "no role" in answer.json()["detail"]


def test_use_is_noted_at_most_once_a_minute(ravi: User) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        token, secret = actions.issue_token(user=ravi, scopes=["read"], by=SYSTEM)
        entries = AuditEntry.objects.count()
        for seconds, expected in [(0, NOON), (59, NOON), (2, NOON + timedelta(seconds=61))]:
            clock.shift(timedelta(seconds=seconds))
            assert get(secret).status_code == 200
            token.refresh_from_db()
            assert token.last_used_at == expected
        assert (token.version, AuditEntry.objects.count()) == (1, entries)


def test_of_two_requests_at_once_one_notes_the_use(ravi: User) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        token, _ = actions.issue_token(user=ravi, scopes=["read"], by=SYSTEM)
        seen_by_the_other = ApiToken.objects.get(pk=token.pk)
        actions.note_token_used(token=token)
        clock.shift(timedelta(seconds=1))
        actions.note_token_used(token=seen_by_the_other)
        assert ApiToken.objects.get().last_used_at == NOON


def test_a_request_finds_token_user_and_roles_in_one_query(ravi: User, django_assert_num_queries) -> None:
    _, secret = actions.issue_token(user=ravi, scopes=["read"], by=SYSTEM)
    get(secret)
    with django_assert_num_queries(2):  # the token, the page
        assert get(secret).status_code == 200


@pytest.mark.parametrize("scopes", [[], ["releases"], ["Releases:write"], ["a b:write"], ["read", "**"]])
def test_unusable_scopes_are_refused(ravi: User, scopes: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        actions.issue_token(user=ravi, scopes=scopes, by=SYSTEM)
    assert refused.value.errors[0].pointer == "scopes"


@pytest.mark.parametrize("days", [-1, 0, 367])
def test_a_token_lives_between_now_and_a_year(ravi: User, days: int) -> None:
    with time_machine.travel(NOON, tick=False), pytest.raises(Invalid):
        actions.issue_token(user=ravi, scopes=["read"], expires_at=now() + timedelta(days=days), by=SYSTEM)


def test_one_issues_and_revokes_for_oneself_or_as_administrator(ada: User, ravi: User, olu: User) -> None:
    by_ravi = Actor(Door.ADMIN, user=ravi)
    mine, _ = actions.issue_token(user=ravi, scopes=["read"], by=by_ravi)
    actions.issue_token(user=ravi, scopes=["read"], by=Actor(Door.ADMIN, user=ada))
    with pytest.raises(NotPermitted):
        actions.issue_token(user=olu, scopes=["read"], by=by_ravi)
    with pytest.raises(NotPermitted):
        actions.revoke_token(token=mine, by=Actor(Door.ADMIN, user=olu))
    assert actions.revoke_token(token=mine, by=Actor(Door.ADMIN, user=ada)).revoked_at


def test_the_command_prints_the_token_alone(ravi: User, capsys) -> None:
    call_command("issue_token", "ravi", "--scopes", "read,teams:write", "--days", "3", "--name", "pipeline")
    told = capsys.readouterr()
    assert told.out.count("\n") == 1 and not told.err
    assert get(told.out.strip()).status_code == 200
    token = ApiToken.objects.get(user=ravi)
    assert (token.scopes, token.name) == (["read", "teams:write"], "pipeline")
    assert timedelta(days=2, hours=23) < token.expires_at - now() <= timedelta(days=3)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nobody", "--scopes", "read"], "no user"),
        (["ravi", "--scopes", "king"], "not a scope"),
        (["ravi", "--scopes", ","], "at least one scope"),
        (["ravi", "--scopes", "read", "--days", "0"], "between 1 and 366"),
        (["ravi", "--scopes", "read", "--days", "99999999"], "between 1 and 366"),
    ],
)
def test_the_command_says_what_is_wrong(ravi: User, arguments: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("issue_token", *arguments)
    assert not ApiToken.objects.exists()
