"""A house with something of everything in it, for the tests that walk every endpoint of the router.

Made by real actions and by the API itself: `SEEDS` are bodies that people really may send, three of each. A new
resource shows up by itself; when its lists stay empty the walk says so, and a line here mends it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from apps.accounts.actions import issue_token
from apps.core.clock import now
from tests.people import SYSTEM

METHODS = ("get", "post", "patch", "delete")
UNSAFE = METHODS[1:]
ROWS = 3


class Caller:
    """Somebody who speaks JSON with a token of all scopes; without a user, nobody."""

    def __init__(self, user: Any = None, *scopes: str) -> None:
        secret = issue_token(user=user, scopes=scopes or ["*"], by=SYSTEM)[1] if user else ""
        headers = {"Authorization": f"Bearer {secret}"} if user else {}
        self.client = Client(raise_request_exception=False, headers=headers)

    def __call__(self, method: str, path: str, body: Any = None) -> HttpResponse:
        if isinstance(body, bytes):
            return self.client.generic(method.upper(), path, body, content_type="application/octet-stream")
        data = json.dumps(body) if body is not None else ""
        return self.client.generic(method.upper(), path, data, content_type="application/json")


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(method, path, operation) of everything under /api/v1/, as the schema names it."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in METHODS and path.startswith("/api/v1/"):
                yield method, path, operation


def is_list(operation: dict[str, Any]) -> bool:
    """Whether it answers with pages."""
    return any(parameter["name"] == "cursor" for parameter in operation.get("parameters", []))


def at(days: float) -> str:
    return (now() + timedelta(days=days)).isoformat()


# What people send to make one more of a thing: (operation, who, body). `n` makes each one different.
SEEDS: dict[str, tuple[str, Callable[[int], Any]]] = {
    "teams_create": ("ivan", lambda n: {"slug": f"team-{n}", "name": f"Team {n}"}),
    "teams_members_create": ("ivan", lambda n: {"username": ["carl", "adam", "anna", "rolf", "sven"][n % 5]}),
    "delegations_create": ("adam", lambda n: {"taker": "anna", "from_at": at(30 * n + 1), "until_at": at(30 * n + 9), "reason": "Away."}),
    "windows_create": ("rosa", lambda n: {"name": f"Window {n}", "starts_at": at(n), "ends_at": at(n + 0.2)}),
    "freezes_create": ("rosa", lambda n: {"name": f"Freeze {n}", "starts_at": at(300 + n), "ends_at": at(301 + n), "kind": "hard"}),
    "freezes_exceptions_create": ("rosa", lambda n: {"release_key": f"REL-2026-000{n % 3 + 1}", "digest": f"{n:064}", "reason": "It must."}),
    "release_models_create": ("rosa", lambda n: {"slug": f"model-{n}", "name": f"Model {n}"}),
    "release_models_versions_create": ("rosa", lambda n: {"summary": f"Draft {n}"}),
    "releases_create": ("rosa", lambda n: {"title": f"Release {n}", "version": f"3.{n}.0", "subject": "payments"}),
    "releases_tasks_create": ("rosa", lambda n: {"slug": f"extra-{n}", "title": f"Extra {n}"}),
    "releases_components_create": ("rosa", lambda n: {"ci": f"part-{n}", "to_version": "1.0", "no_digest_reason": "A manual."}),
    "releases_dependencies_create": ("rosa", lambda n: {"needs": f"REL-2026-000{n % 3 + 1}", "state": "released"}),
    "releases_holds_create": ("rosa", lambda n: {"reason": f"Wait for {n}."}),
    "releases_benefits_create": ("rosa", lambda n: {"expected": "Faster.", "measure": f"Seconds {n}", "target": "1"}),
    "releases_evidence_create": ("ida", lambda n: b"evidence %d" % n),
    "releases_deployments_create": ("rosa", lambda n: {"deployment": f"DEP-2026-000{n % 3 + 1}"}),
    "deployments_create": ("ida", lambda n: {"ci": "payments-api", "environment": "production", "version": f"2.{n}", "status": "success", "source": "argo", "external_id": f"x{n}"}),
    "incidents_create": ("ida", lambda n: {"title": f"Refunds fail {n}", "severity": 2, "services": ["payments"], "source": "pager", "external_id": f"i{n}"}),
    "incidents_links_create": ("rosa", lambda n: {"release": f"REL-2026-000{n % 5 + 1}", "reason": "It began then."}),
    "findings_create": ("audrey", lambda n: {"control": "internal_audit", "title": f"Finding {n}", "detail": "Seen."}),
    "break_glass_create": ("rosa", lambda n: {"release": f"REL-2026-000{n % 3 + 1}", "reason": "It burned.", "passed_over": "two approvals"}),
    "improvement_actions_create": ("rosa", lambda n: {"title": f"Do better {n}"}),
    "surveys_create": ("rosa", lambda n: {"release": f"REL-2026-000{n % 5 + 1}", "closes_at": at(14)}),
    "trusted_keys_create": ("ivan", lambda n: {"slug": f"key-{n}", "name": f"Key {n}", "public_key": PUBLIC_KEYS[n % len(PUBLIC_KEYS)]}),
    "hook_endpoints_create": ("ivan", lambda n: {"slug": f"main-{n}", "name": "GitHub", "kind": "github"}),
    "webhooks_create": ("ivan", lambda n: {"name": f"Hook {n}", "url": f"https://hooks.example.org/{n}", "events": ["releases.release.*"]}),
    "calendar_feeds_create": ("rosa", lambda n: {"name": f"Feed {n}"}),
}  # fmt: skip
