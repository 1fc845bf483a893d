"""The API as a program meets it: one token, JSON in and out, a refusal told in its own words."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

Answer = TypeVar("Answer")
PATIENCE = 45.0  # seconds for what happens in the background


class Refused(Exception):
    """The server did not do what was asked; the text says what it said."""

    def __init__(self, asked: str, answer: httpx.Response) -> None:
        self.http_status = answer.status_code
        self.problem = _problem(answer)
        super().__init__(f"{asked}: {self.http_status} {_told(self.problem)}")

    @property
    def codes(self) -> set[str]:
        return {str(one.get("code")) for one in self.problem.get("blockers") or []}


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        known = answer.json()
    except ValueError:
        return {"detail": answer.text[:300]}
    return known if isinstance(known, dict) else {"detail": str(known)[:300]}


def _told(problem: dict[str, Any]) -> str:
    said = [str(problem.get("detail") or problem.get("title") or "")]
    said += [f"{one.get('pointer')}: {one.get('detail')}" for one in problem.get("errors") or []]
    return " ".join(dict.fromkeys(one for one in said if one))


class Api:
    """One person's way in."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self.http = httpx.Client(
            base_url=f"{self.url}/api/v1/", headers={"Authorization": f"Bearer {token}"}, timeout=120
        )

    def get(self, path: str, **query: Any) -> Any:
        return self._ask("GET", path, params=query)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Every write carries a key, so that a repeat after a lost answer does it once."""
        return self._ask("POST", path, json=body, headers={"Idempotency-Key": str(uuid.uuid4())})

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        return self._ask("PATCH", path, json=body)

    def upload(self, path: str, content: bytes, **query: Any) -> Any:
        kind = {"Content-Type": "application/octet-stream"}
        return self._ask("POST", path, content=content, params=query, headers=kind)

    def step(self, path: str, name: str, comment: str = "", **more: Any) -> Any:
        """Take a step of a lifecycle."""
        return self.post(f"{path}transitions/", {"name": name, "comment": comment, **more})

    def find(self, path: str, **query: Any) -> list[dict[str, Any]]:
        return self.get(path, **query)["results"]

    def exists(self, path: str) -> bool:
        return self.http.get(path).status_code == httpx.codes.OK

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        answer = self.http.request(method, path, **more)
        if answer.is_error:
            raise Refused(f"{method} {path}", answer)
        return answer.json() if answer.content else None


def send_hook(url: str, endpoint: str, event: str, payload: dict[str, Any], secret: str) -> tuple[str, int]:
    """Deliver an event as GitHub would: signed over the raw body. Returns the delivery's id and the status."""
    body = json.dumps(payload).encode()
    delivery = str(uuid.uuid4())
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery,
        "X-Hub-Signature-256": f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}",
    }
    answer = httpx.post(f"{url}/hooks/{endpoint}/", content=body, headers=headers, timeout=60)
    if answer.is_error:
        raise Refused(f"POST /hooks/{endpoint}/", answer)
    return delivery, answer.status_code


def wait_for(ask: Callable[[], Answer], what: str) -> Answer:
    """Ask until there is an answer: checks, mails and hooks are worked out by the worker."""
    deadline = time.monotonic() + PATIENCE
    while not (answer := ask()):
        if time.monotonic() > deadline:
            raise TimeoutError(
                f"{what} did not come within {PATIENCE:.0f} s. Is the worker running? Try manage.py doctor."
            )
        time.sleep(0.3)
    return answer
