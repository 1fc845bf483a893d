"""The approvers' mail: in the demo it is written to files, where the walkthrough reads it as they would."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import httpx

from apps.desk.walkthrough.client import Refused

LINK = re.compile(r"https?://\S+?(/approve/[^\s/]+/)")
CODE = re.compile(r"^Code.*?(\d{6})\s*$", re.MULTILINE)
FIELD = re.compile(r'name="(csrfmiddlewaretoken|digest)"[^>]*value="([^"]*)"')
BETWEEN_MAILS = re.compile(rb"^-{79}\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Question:
    """One mail that asks for approval."""

    to: str
    subject: str
    path: str
    code: str


def questions(folder: Path, key: str) -> list[Question]:
    """The mails that ask about this release, the oldest first."""
    found = [_question(mail) for mail in _mails(folder) if f"[{key}]" in str(mail["subject"])]
    return [one for one in found if one]


def _mails(folder: Path) -> Iterator[EmailMessage]:
    for file in sorted(folder.glob("*.log"), key=lambda one: one.stat().st_mtime_ns):
        for part in BETWEEN_MAILS.split(file.read_bytes()):
            if part.strip():
                yield email.message_from_bytes(part.lstrip(), policy=default)


def _question(mail: EmailMessage) -> Question | None:
    body = mail.get_body(("plain",))
    text = body.get_content() if body else ""
    link, code = LINK.search(text), CODE.search(text)
    if link is None:
        return None
    return Question(str(mail["to"]), str(mail["subject"]), link[1], code[1] if code else "")


def browser_at(url: str) -> httpx.Client:
    """A browser that nobody has signed in with."""
    return httpx.Client(base_url=url, timeout=60)


def look(browser: httpx.Client, question: Question) -> dict[str, str]:
    """Open the link. That decides nothing; it only fetches the page and what its form holds."""
    page = browser.get(question.path)
    if page.is_error:
        raise Refused(f"GET {question.path[:20]}…", page)
    return dict(FIELD.findall(page.text))


def decide(browser: httpx.Client, question: Question, fields: dict[str, str], *, code: str) -> httpx.Response:
    """Send the page's form, with the code from the mail's text."""
    form = {**fields, "decision": "approve", "reason": "", "code": code}
    return browser.post(question.path, data=form, headers={"Referer": str(browser.base_url)})
