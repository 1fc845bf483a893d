"""The API as people and tools use it, with a token of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.accounts import actions as accounts
from tests.people import SYSTEM, person


class ApiOf:
    """Calls of one person, as JSON in and JSON out."""

    def __init__(self, name: str) -> None:
        _token, secret = accounts.issue_token(user=person(name), scopes=["*"], by=SYSTEM)
        self.client = Client(headers={"Authorization": f"Bearer {secret}"})

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1/{path}", query)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.client.post(f"/api/v1/{path}", body or {}, content_type="application/json", headers=headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.client.patch(f"/api/v1/{path}", body, content_type="application/json", headers=headers)

    def delete(self, path: str) -> Any:
        return self.client.delete(f"/api/v1/{path}")

    def step(self, path: str, name: str, **body: Any) -> Any:
        return self.post(f"{path}/transitions/", {"name": name, **body})


@pytest.fixture
def api(db: None) -> Callable[[str], ApiOf]:
    """`api("rosa").get("releases/")`"""
    made: dict[str, ApiOf] = {}

    def of(name: str) -> ApiOf:
        return made.setdefault(name, ApiOf(name))

    return of
