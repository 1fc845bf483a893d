"""Callers of the API: `ada` (administrator), `ravi` (release manager), `olu` (auditor), each with a token."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.test import Client, override_settings
from rest_framework.settings import api_settings

from apps.accounts.actions import create_team, create_user, issue_token
from apps.accounts.models import Team, User
from apps.accounts.permissions import Role
from apps.core.actor import Actor, Door
from tests.core.api.world import World

SYSTEM = Actor(Door.COMMAND, name="test")


class Caller:
    """Somebody with a token, who speaks JSON."""

    def __init__(self, user: User, scopes: Iterable[str] = ("*",)) -> None:
        self.user = user
        self.secret = issue_token(user=user, scopes=list(scopes), by=SYSTEM)[1]
        self.client = Client(raise_request_exception=False)

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers.setdefault("Authorization", f"Bearer {self.secret}")
        path = path if path.startswith("/") else f"/api/v1/{path}"
        if body is None:
            return self.client.generic(method.upper(), path, headers=headers)
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = headers.pop("Content-Type", "application/json")
        return self.client.generic(method.upper(), path, data, content_type=kind, headers=headers)

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self("get", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self("post", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self("patch", path, body, **headers)

    def delete(self, path: str, **headers: str) -> HttpResponse:
        return self("delete", path, **headers)


def person(username: str, *roles: str) -> User:
    return create_user(username=username, email=f"{username}@example.org", roles=roles, by=SYSTEM)


@pytest.fixture
def ada(db: None) -> Caller:
    return Caller(person("ada", Role.ADMINISTRATOR))


@pytest.fixture
def ravi(db: None) -> Caller:
    return Caller(person("ravi", Role.RELEASE_MANAGER))


@pytest.fixture
def olu(db: None) -> Caller:
    return Caller(person("olu", Role.AUDITOR))


@pytest.fixture
def payments(db: None) -> Team:
    return create_team(slug="payments", name="Payments", by=SYSTEM)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Built once for the module, in one transaction that is taken back."""
    rates = dict(api_settings.DEFAULT_THROTTLE_RATES)
    api_settings.DEFAULT_THROTTLE_RATES["principal"] = None
    unwatched = [one for one in settings.MIDDLEWARE if "zeal" not in one]  # watched where the lists are counted, below
    with django_db_blocker.unblock(), transaction.atomic(), override_settings(MIDDLEWARE=unwatched):
        yield World()
        transaction.set_rollback(True)
    api_settings.DEFAULT_THROTTLE_RATES.update(rates)


def problem(answer: HttpResponse, status: int) -> dict[str, Any]:
    """The problem document of an answer, after checking that it is one."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status
    assert told["type"].startswith("urn:tidegate:problem:")
    assert told["title"] and told["detail"]
    assert answer["X-Request-ID"]
    return told
