"""Every page of the admin for every role: who may look, add, change, remove stands in admin_access.json, reviewed by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from apps.accounts.models import User
from apps.accounts.permissions import Role
from apps.core import moves
from tests.desk.rows import rows_of
from tests.desk.test_every_list import LISTS
from tests.people import SYSTEM, person

ACCESS = Path(__file__).with_name("admin_access.json")
FACES = {
    Role.RELEASE_MANAGER: "rosa",
    Role.APPROVER: "adam",
    Role.CONTRIBUTOR: "carl",
    Role.SERVICE_OWNER: "sven",
    Role.AUDITOR: "audrey",
    Role.ADMINISTRATOR: "ivan",
}
BY_NAME = {model._meta.label_lower: model for model in LISTS}
pytestmark = pytest.mark.django_db


def known() -> dict[str, dict[str, list[str]]]:
    return json.loads(ACCESS.read_text()) if ACCESS.exists() else {}


def of(role: str) -> Client:
    client = Client()
    client.force_login(person(FACES[role]))
    return client


def pages(model, row) -> dict[str, str]:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    return {
        "list": reverse(f"{name}_changelist"),
        "add": reverse(f"{name}_add"),
        "change": reverse(f"{name}_change", args=[row.pk]),
        "delete": reverse(f"{name}_delete", args=[row.pk]),
    }


def seen(model, row) -> dict[str, list[str]]:
    """Which roles get which page, by asking for it."""
    found: dict[str, list[str]] = {"look": [], "add": [], "delete": []}
    for role in FACES:
        client, urls = of(role), pages(model, row)
        status = {page: client.get(url).status_code for page, url in urls.items()}
        # somebody else's token or delegation is not there for you: Django's admin leads home
        assert status["change"] in {status["list"], 302}, f"{role} at {model._meta.label}: {status}"
        assert set(status.values()) <= {200, 403, 302}, f"{role} at {model._meta.label}: {status}"
        for deed, page in (("look", "list"), ("add", "add"), ("delete", "delete")):
            if status[page] == 200:
                found[deed].append(str(role))
    return found


def test_every_list_stands_in_the_table() -> None:
    assert sorted(known()) == sorted(BY_NAME)


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_each_role_gets_what_the_table_says(name, request) -> None:
    model = BY_NAME[name]
    row = rows_of(model, 1)[0]
    found = seen(model, row)
    if request.config.getoption("--record-budgets"):
        ACCESS.write_text(json.dumps(dict(sorted({**known(), name: found}.items())), indent=1) + "\n")
        return
    assert found == known()[name]


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_without_a_role_every_page_is_closed_also_to_a_superuser(name) -> None:
    model = BY_NAME[name]
    row = rows_of(model, 1)[0]
    nobody = moves.create(User(username="root", password="!", is_staff=True, is_superuser=True), by=SYSTEM)
    client = Client()
    client.force_login(nobody)
    for page, url in pages(model, row).items():
        assert client.get(url).status_code == 403, f"{page} of {name}"
        assert client.post(url, {"post": "yes"}).status_code == 403, f"post to {page} of {name}"
    assert model._base_manager.filter(pk=row.pk).exists()


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_an_auditor_changes_nothing(name) -> None:
    """Reads everything; a finding of an audit, one's own token and one's own calendar feed are all an auditor adds."""
    allowed = {"compliance.finding", "accounts.apitoken", "integrations.calendarfeed"}
    assert "auditor" not in known()[name]["delete"] or name in allowed
    assert "auditor" not in known()[name]["add"] or name in allowed


def test_the_request_factory_is_no_way_around() -> None:
    """A model admin asked directly answers the same: the rule is in the admin, not in the address."""
    from django.contrib import admin

    request = RequestFactory().get("/")
    request.user = User(username="root", is_staff=True, is_superuser=True)
    request.user.roles = frozenset()
    for model in LISTS:
        model_admin = admin.site._registry[model]
        assert not model_admin.has_view_permission(request)
        assert not model_admin.has_add_permission(request)
        assert not model_admin.has_change_permission(request)
        assert not model_admin.has_delete_permission(request)
