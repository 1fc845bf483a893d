"""A GitHub that signs, and a receiver outside."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from apps.integrations import actions
from apps.integrations.models import HookEndpoint
from tests.outside import Outside, outside_server
from tests.people import SYSTEM

SECRET = "it's a secret to everybody"
CODERTOCAT = "Codertocat/Hello-World"


class GitHub:
    """Delivers events to one endpoint as GitHub does."""

    def __init__(self, endpoint: HookEndpoint, secret: str = SECRET) -> None:
        self.endpoint, self.secret = endpoint, secret
        self.client = Client(raise_request_exception=False)
        self.count = 0

    def deliver(
        self,
        event: str,
        body: bytes | dict[str, Any],
        *,
        delivery: str | None = None,
        signature: str | None = None,
        content_type: str = "application/json",
        **headers: str,
    ) -> HttpResponse:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.count += 1
        sent = {
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": f"d-{self.count}" if delivery is None else delivery,
            "X-Hub-Signature-256": self.sign(raw) if signature is None else signature,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        path = f"/hooks/{self.endpoint.slug}/"
        sent = {name: value for name, value in sent.items() if value}
        return self.client.generic("POST", path, raw, content_type=content_type, headers=sent)

    def sign(self, raw: bytes) -> str:
        return "sha256=" + hmac.new(self.secret.encode(), raw, hashlib.sha256).hexdigest()


@pytest.fixture
def github(db: None) -> GitHub:
    endpoint, _secret = actions.create_endpoint(slug="github-main", name="GitHub", secret=SECRET, by=SYSTEM)
    return GitHub(endpoint)


@pytest.fixture
def payload(shared_data: Path):
    """A real payload, with changes: `payload("deployment_status/payload.json", environment="staging")`."""

    def read(name: str) -> dict[str, Any]:
        return json.loads((shared_data / "01-github-webhooks" / name).read_text("utf-8"))

    return read


@pytest.fixture
def outside(settings) -> Outside:
    settings.TIDEGATE_OUTBOUND_ALLOW = ["127.0.0.1"]
    with outside_server() as server:
        yield server
