"""People, roles, teams and tokens in the admin."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts import actions
from apps.accounts.models import ApiToken, RoleGrant, Team, User
from apps.accounts.permissions import Role
from apps.core.actor import Actor, Door
from apps.core.clock import now
from apps.core.models import AuditEntry

SYSTEM = Actor(Door.COMMAND, name="test")


def signed_in(user: User) -> Client:
    User.objects.filter(pk=user.pk).update(is_staff=True)
    client = Client()
    client.force_login(User.objects.get(pk=user.pk), backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(model: str, name: str, *args: object) -> str:
    return reverse(f"admin:accounts_{model}_{name}", args=args)


NEW_TOKEN = {
    "name": "pipeline",
    "scopes": "read, releases:write",
    "expires_at_0": "2099-01-01",
    "expires_at_1": "12:00",
}


def new_token(**fields: object) -> dict[str, object]:

    at = now() + timedelta(days=30)
    return {**NEW_TOKEN, "expires_at_0": f"{at:%Y-%m-%d}", "expires_at_1": f"{at:%H:%M}", **fields}


@pytest.mark.parametrize("model", ["user", "rolegrant", "team", "apitoken"])
def test_every_list_opens_for_an_administrator(ada: User, ravi: User, model: str) -> None:
    actions.issue_token(user=ravi, scopes=["read"], by=SYSTEM)
    client = signed_in(ada)
    assert client.get(page(model, "changelist")).status_code == 200
    assert client.get(page(model, "add")).status_code == 200


def test_lists_cost_the_same_for_many(ada: User, query_budget) -> None:
    client = signed_in(ada)
    team = actions.create_team(slug="ops", name="Ops", by=SYSTEM)
    for number in range(8):
        user = actions.create_user(username=f"u{number}", roles=[Role.APPROVER, Role.AUDITOR], by=SYSTEM)
        actions.add_member(team=team, user=user, by=SYSTEM)
        actions.issue_token(user=user, scopes=["read"], by=SYSTEM)
    for model in ("user", "rolegrant", "team", "apitoken"):
        client.get(page(model, "changelist"))
        with query_budget(f"admin.accounts.{model}.list"):
            assert client.get(page(model, "changelist")).status_code == 200


def test_a_superuser_without_a_role_sees_nothing(nia: User) -> None:
    client = signed_in(nia)
    for model in ("user", "rolegrant", "team", "apitoken"):
        assert client.get(page(model, "changelist")).status_code in (302, 403)


def test_a_token_is_shown_on_one_page_once(ravi: User) -> None:
    client = signed_in(ravi)
    answer = client.post(page("apitoken", "add"), new_token(user=ravi.pk))
    assert answer.status_code == 200, answer.context["adminform"].form.errors
    assert "no-store" in answer["Cache-Control"]
    secret = re.search(r'value="(tg_[\w-]{43})"', answer.content.decode())[1]
    token = ApiToken.objects.get()
    assert (token.user, token.name, token.scopes) == (ravi, "pipeline", ["read", "releases:write"])
    api = Client().get("/api/v1/teams/", headers={"Authorization": f"Bearer {secret}"})
    assert api.status_code == 200
    for path in (page("apitoken", "changelist"), page("apitoken", "change", token.pk), page("user", "change", ravi.pk)):
        shown = client.get(path)
        assert shown.status_code == 200
        assert secret not in shown.content.decode() and token.digest not in shown.content.decode()


def test_nobody_issues_a_token_for_someone_else(ravi: User, olu: User) -> None:
    answer = signed_in(ravi).post(page("apitoken", "add"), new_token(user=olu.pk))
    assert answer.status_code == 200 and b"tg_" not in answer.content
    assert not ApiToken.objects.exists()


def test_an_administrator_issues_tokens_for_tools(ada: User, ravi: User) -> None:
    assert b"tg_" in signed_in(ada).post(page("apitoken", "add"), new_token(user=ravi.pk)).content
    assert ApiToken.objects.get().user == ravi


@pytest.mark.parametrize("wrong", [{"scopes": "king"}, {"scopes": ""}, {"expires_at_0": "2001-01-01"}, {"name": ""}])
def test_a_token_that_cannot_be_is_refused_at_its_field(ravi: User, wrong: dict) -> None:
    answer = signed_in(ravi).post(page("apitoken", "add"), new_token(user=ravi.pk, **wrong))
    assert answer.status_code in (200, 400) and b"errorlist" in answer.content or b"error" in answer.content
    assert not ApiToken.objects.exists()


def test_one_sees_and_revokes_ones_own_tokens(ravi: User, olu: User) -> None:
    mine, secret = actions.issue_token(user=ravi, scopes=["read"], by=SYSTEM)
    theirs, _ = actions.issue_token(user=olu, scopes=["read"], by=SYSTEM)
    client = signed_in(ravi)
    revoke = reverse("admin:accounts_apitoken_deed", args=[mine.pk, "revoke"])
    assert client.get(page("apitoken", "change", theirs.pk)).status_code in (302, 404)
    assert client.get(reverse("admin:accounts_apitoken_deed", args=[theirs.pk, "revoke"])).status_code == 404
    assert client.get(revoke).status_code == 200
    mine.refresh_from_db()
    assert mine.revoked_at is None
    assert client.post(revoke, {"note": "lost"}).status_code == 302
    mine.refresh_from_db()
    assert mine.revoked_at is not None
    assert Client().get("/api/v1/teams/", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    assert AuditEntry.objects.get(event="accounts.apitoken.revoke").note == "lost"


def test_a_token_is_neither_edited_nor_deleted(ada: User, ravi: User) -> None:
    token, _ = actions.issue_token(user=ravi, scopes=["read"], by=SYSTEM)
    client = signed_in(ada)
    client.post(page("apitoken", "change", token.pk), new_token(user=ada.pk, scopes="*"))
    client.post(page("apitoken", "delete", token.pk), {"post": "yes"})
    token.refresh_from_db()
    assert (token.user, token.scopes) == (ravi, ["read"])


def test_a_person_is_added_with_roles_and_a_password(ada: User) -> None:
    client = signed_in(ada)
    fields = {
        "username": "mia", "first_name": "Mia", "last_name": "Berg", "email": "mia@example.org", "time_zone": "UTC",
        "language": "en", "is_active": "on", "role_grants-TOTAL_FORMS": "1", "role_grants-INITIAL_FORMS": "0",
        "role_grants-0-role": "approver",
    }  # fmt: skip
    answer = client.post(page("user", "add"), fields)
    assert answer.status_code == 302, answer.content[:500]
    mia = User.objects.get(username="mia")
    assert mia.roles == {"approver"} and not mia.has_usable_password()
    form = reverse("admin:accounts_user_deed", args=[mia.pk, "password"])
    assert client.post(form, {"password": "short"}).status_code == 400
    assert client.post(form, {"password": "a long and quiet evening"}).status_code == 302
    mia.refresh_from_db()
    assert mia.check_password("a long and quiet evening")
    entry = AuditEntry.objects.get(event="accounts.rolegrant.grant", subject_key="mia/approver")
    assert (entry.actor_name, entry.door) == ("ada", "admin")


def test_only_administrators_change_people_and_teams(ravi: User, olu: User) -> None:
    team = actions.create_team(slug="ops", name="Ops", by=SYSTEM)
    client = signed_in(ravi)
    assert client.get(page("user", "changelist")).status_code == 200
    assert client.get(page("user", "add")).status_code == 403
    assert client.post(page("user", "change", olu.pk), {"username": "x"}).status_code == 403
    assert client.post(page("team", "change", team.pk), {"name": "x", "slug": "ops"}).status_code == 403
    assert client.post(page("team", "delete", team.pk), {"post": "yes"}).status_code == 403
    assert client.post(page("rolegrant", "add"), {"user": ravi.pk, "role": "administrator"}).status_code == 403
    form = reverse("admin:accounts_user_deed", args=[olu.pk, "password"])
    assert client.post(form, {"password": "a long and quiet evening"}).status_code == 403
    assert not RoleGrant.objects.filter(role="administrator").exists()
    assert Team.objects.get().name == "Ops"


def test_members_are_kept_on_the_teams_page(ada: User, ravi: User) -> None:
    team = actions.create_team(slug="ops", name="Ops", by=SYSTEM)
    client = signed_in(ada)
    fields = {
        "name": "Operations", "slug": "ops", "description": "", "record_version": "1", "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "0", "memberships-0-user": str(ravi.pk), "memberships-0-is_lead": "on",
        "memberships-0-team": str(team.pk),
    }  # fmt: skip
    answer = client.post(page("team", "change", team.pk), fields)
    assert answer.status_code == 302, answer.content[:500]
    team.refresh_from_db()
    assert team.name == "Operations"
    assert team.memberships.get().is_lead
    assert b"ravi" in client.get(page("team", "changelist")).content
