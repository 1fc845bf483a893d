"""A running house, as its clients see it: calls with a token, refusals in words, mails in a folder."""

from __future__ import annotations

import email
import email.policy
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

PATIENCE = 60.0  # seconds to wait for a worker or a mail


class Stopped(Exception):
    """The walkthrough cannot go on, with the reason in words."""


class Visitor:
    """One person's (or tool's) calls."""

    def __init__(self, url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self.http = httpx.Client(base_url=f"{url}/api/v1/", headers=headers, timeout=120)

    def get(self, path: str, **query: Any) -> Any:
        return _read(self.http.get(path, params=query))

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        return _read(self.http.post(path, json=body or {}, params=query))

    def patch(self, path: str, body: Any) -> Any:
        return _read(self.http.patch(path, json=body))

    def send_file(self, path: str, content: bytes, **query: Any) -> Any:
        headers = {"Content-Type": "application/octet-stream"}
        return _read(self.http.post(path, content=content, params=query, headers=headers))

    def step(self, path: str, name: str, **said: Any) -> Any:
        return self.post(f"{path}transitions/", {"name": name, **said})


def _read(answer: httpx.Response) -> Any:
    if answer.is_success:
        return answer.json() if answer.content else None
    raise Stopped(
        f"{answer.request.method} {answer.request.url.path} was answered {answer.status_code}: {_why(answer)}"
    )


def _why(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
    except ValueError:
        return answer.text[:300]
    reasons = [one["message"] for one in problem.get("blockers", [])]
    reasons += [f"{one['pointer']}: {one['detail']}" for one in problem.get("errors", [])]
    return " ".join(reasons) or problem.get("detail", "")


def wait_until(what: str, look: Callable[[], Any]) -> Any:
    """Look again until there is an answer; say what was waited for when there is none."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(0.5)
    raise Stopped(f"Waited {PATIENCE:.0f} seconds for {what}. Is the worker running? See `manage.py doctor`.")


def newest_mail(folder: Path, to: str, mentions: str) -> str:
    """The text of the newest mail to this address that mentions something; empty when there is none yet."""
    for path in sorted(folder.glob("*.log"), key=lambda one: one.stat().st_mtime, reverse=True):
        for told in reversed(re.split(rb"^-{79}\s*$", path.read_bytes(), flags=re.MULTILINE)):
            if not told.strip():
                continue
            mail = email.message_from_bytes(told.lstrip(), policy=email.policy.default)
            part = mail.get_body(("plain",))
            text = part.get_content() if part else ""
            if to in str(mail["To"]) and mentions in f"{mail['Subject']} {text}":
                return text
    return ""
