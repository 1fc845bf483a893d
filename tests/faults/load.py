"""The work that goes on while things are killed: releases drafted, planned, proven and put up for approval over HTTP."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.running_house import RunningHouse
from tests.waiting import until

PREPARE = """
from apps.accounts import actions as accounts
from apps.cmdb import actions as cmdb
from apps.cmdb.models import CIType
from apps.core.actor import Actor, Door
from apps.release_models import actions as models
by = Actor(Door.COMMAND, name="faults")
team = accounts.create_team(slug="mill", name="Mill", by=by)
people = {}
for name, role in [("rosa", "release_manager"), ("adam", "approver"), ("anna", "approver")]:
    people[name] = accounts.create_user(username=name, email=f"{name}@example.org", roles=[role], by=by)
service = cmdb.create_ci(key="mill", name="Mill", ci_type=CIType.objects.get(slug="service"), owner=team, by=by)
cmdb.create_environment(slug="production", name="Production", order=1, is_production=True, by=by)
for number in range(%(parts)d):
    cmdb.create_ci(key=f"stone-{number}", name=f"Stone {number}", ci_type=CIType.objects.get(slug="component"), owner=team, by=by)
content = {
    "applies": {"subject_types": ["service"], "release_types": ["minor"]},
    "tasks": [{"slug": "turn", "title": "Turn", "role": "contributor", "phase": "execute", "duration_minutes": 5,
               "depends_on": [], "mandatory": True, "kind": "manual"}],
    "checks": [{"slug": "answers", "title": "Answers", "group": "procedure", "kind": "http_probe", "required": False,
                "params": {"url": "http://127.0.0.1:%(service_port)d/", "attempts": 1}, "on_no_data": "fail"}],
    "approvals": {"groups": [{"name": "Authority", "who": {"role": "approver"}, "mode": "all"}], "bar": ["requester"]},
}
model = models.create_model(slug="mill", name="Mill", by=by)
draft = models.draft_version(model=model, content=content, summary="First.", by=by)
models.publish_version(version=models.submit_version(version=draft, by=by), by=by)
answer = accounts.issue_token(user=people["rosa"], scopes=["*"], name="faults", by=by)[1]
"""

# What is left behind, as counts. An undisturbed run and a disturbed one must leave the same.
TRACES = """
from collections import Counter
from apps.core.models import AuditEntry, OutboxDelivery, OutboxEvent
from apps.core import seal
seal.seal_entries()
answer = {
    "entries": dict(Counter(AuditEntry.objects.values_list("event", flat=True))),
    "events": dict(Counter(OutboxEvent.objects.values_list("name", flat=True))),
    "deliveries": dict(Counter(OutboxDelivery.objects.filter(done_at__isnull=False).values_list("consumer", flat=True))),
    "undone": OutboxDelivery.objects.filter(done_at__isnull=True).count(),
    "dead": OutboxDelivery.objects.filter(dead_at__isnull=False).count(),
    "whole": seal.verify().whole,
}
"""


@dataclass
class Load:
    """One person at work. `statuses` keeps what the server answered, so that a 500 cannot hide."""

    house: RunningHouse
    token: str
    statuses: list[int] = field(default_factory=list)

    def release(self, number: int) -> str:
        """Draft release `number`, follow the model, start verification, ask for approval. Returns its key."""
        body = {
            "title": f"Grind {number}",
            "version": f"1.{number}.0",
            "subject": "mill",
            "type": "minor",
            "environment": "production",
            "components": [{"ci": f"stone-{number}", "to_version": f"1.{number}", "no_digest_reason": "A stone."}],
            "planned_start": "2031-01-01T10:00:00Z",
            "planned_end": "2031-01-01T12:00:00Z",
            "expected_benefit": "Flour.",
            "back_out_plan": "The old stone.",
        }
        key = self.post("releases/", body)["key"]
        for step in (
            {"name": "apply_model", "model_version": "mill"},
            {"name": "start_verification"},
            {"name": "request_approval"},
        ):
            self.post(f"releases/{key}/transitions/", step)
        return key

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send until there is an answer, each time with the same key: a lost answer must not do the work twice."""
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": str(uuid.uuid4())}

        def send() -> httpx.Response | None:
            try:
                return httpx.post(f"{self.house.url}/api/v1/{path}", json=body, headers=headers, timeout=30)
            except httpx.TransportError:
                return None

        answer = until(send, seconds=60, what=f"an answer to POST {path}")
        self.statuses.append(answer.status_code)
        assert answer.status_code < 400, f"POST {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()


def prepared(house: RunningHouse, *, parts: int, service_port: int) -> Load:
    return Load(house, house.shell(PREPARE % {"parts": parts, "service_port": service_port}))


def traces(house: RunningHouse) -> dict[str, Any]:
    return house.shell(TRACES)
