"""Who gets in: anonymous nobody, a session with CSRF, a token as far as its scopes and its user's roles reach."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.accounts.models import Team
from apps.core.models import AuditEntry

from .conftest import Caller, person, problem

NEW = {"slug": "billing", "name": "Billing"}


def test_anonymous_gets_a_challenge(db: None) -> None:
    answer = Client().get("/api/v1/teams/")
    assert problem(answer, 401)["title"] == "Not signed in"
    assert answer["WWW-Authenticate"] == 'Bearer realm="tidegate"'


@pytest.mark.parametrize(
    ("scopes", "reads", "writes"),
    [
        (["read"], 200, 403),
        (["teams:write"], 200, 201),
        (["*"], 200, 201),
        (["releases:write"], 200, 403),
        (["teams:read"], 200, 403),
        (["read", "teams:write"], 200, 201),
    ],
)
def test_scopes_bound_a_token(db: None, scopes: list[str], reads: int, writes: int) -> None:
    caller = Caller(person("ada", "administrator"), scopes)
    assert caller.get("teams/").status_code == reads
    answer = caller.post("teams/", NEW)
    assert answer.status_code == writes
    assert Team.objects.exists() is (writes == 201)
    if writes == 403:
        assert problem(answer, 403)["detail"] == "This token lacks the scope teams:write."


def test_a_scope_gives_no_role(ravi: Caller) -> None:
    assert problem(ravi.post("teams/", NEW), 403)["detail"] == "Only an administrator may do this."
    assert not Team.objects.exists()


def test_a_superuser_without_a_role_gets_nothing(db: None) -> None:
    user = person("root")
    type(user).objects.filter(pk=user.pk).update(is_superuser=True)
    problem(Caller(user).get("teams/"), 403)


def test_only_auditors_and_administrators_read_the_trail(ada: Caller, ravi: Caller, olu: Caller) -> None:
    assert ada.get("audit/").status_code == olu.get("audit/").status_code == 200
    assert "auditor" in problem(ravi.get("audit/"), 403)["detail"]


def test_a_session_reads_and_needs_the_csrf_token_to_write(db: None) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person("ada", "administrator"), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/api/v1/teams/").status_code == 200
    answer = client.post("/api/v1/teams/", NEW, content_type="application/json")
    assert "CSRF" in problem(answer, 403)["detail"]
    assert not Team.objects.exists()
    client.cookies["csrftoken"] = "a" * 32
    answer = client.post("/api/v1/teams/", NEW, content_type="application/json", headers={"X-CSRFToken": "a" * 32})
    assert answer.status_code == 201


def test_the_trail_says_who_came_with_which_token(ada: Caller) -> None:
    assert ada.post("teams/", NEW, X_Request_ID="req-77").status_code == 201
    entry = AuditEntry.objects.get(event="accounts.team.create")
    assert (entry.door, entry.actor_name, entry.token_name, entry.request_id) == ("api", "ada", "API token", "req-77")


def test_the_schema_and_its_page_are_open(db: None) -> None:
    answer = Client().get("/api/v1/schema/?format=json")
    assert answer.status_code == 200
    assert Client().get("/api/v1/docs/").status_code == 200
