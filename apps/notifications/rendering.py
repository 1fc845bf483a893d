"""A message in words: subject, text and HTML, in the reader's language and time zone.

A template's text file begins with the subject line. Marks stand where a personal link or code goes; they are filled in
only in the mail that leaves, so the record of messages holds no secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2s
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import dateformat, timezone, translation
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

LINK_MARK = "https://link.invalid/only-in-the-mail-itself"
CODE_MARK = "(code: only in the mail itself)"
LONGEST_SUBJECT = 200
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u0085\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Rendered:
    subject: str
    text: str
    html: str


def absolute(path: str) -> str:
    """A page of ours as a mail names it. What is not a path of ours is not linked at all."""
    if not path.startswith("/") or path.startswith("//"):
        return settings.TIDEGATE_BASE_URL
    return f"{settings.TIDEGATE_BASE_URL}{path}"


def render(template: str, content: Callable[[], dict[str, Any]], *, language: str, zone: str) -> Rendered:
    """The message as this reader gets it. `content` is asked in their language and time zone."""
    with translation.override(language or settings.LANGUAGE_CODE), timezone.override(ZoneInfo(zone)):
        full = {**content(), "base_url": settings.TIDEGATE_BASE_URL, "LINK": LINK_MARK, "CODE": CODE_MARK}
        written = render_to_string(f"notifications/{template}.txt", full)
        html = render_to_string(f"notifications/{template}.html", full)
    subject, _empty, text = written.lstrip().partition("\n")
    return Rendered(one_line(subject), _tidy(text), html)


def mail_host() -> str:
    return urlsplit(settings.TIDEGATE_BASE_URL).hostname or "localhost"


def reader_digest(text: str) -> str:
    """A short name for an address or a record that gives neither away."""
    return blake2s(text.lower().encode(), digest_size=8).hexdigest()


def message_id_for(event_id: int, template: str, address: str, resends: int = 0) -> str:
    """The same for every attempt at the same mail: made of the outbox event, the template and the reader."""
    again = f".{resends}" if resends else ""
    return f"<outbox-{event_id}.{template}.{reader_digest(address)}{again}@{mail_host()}>"


def thread_of(record_key: str) -> str:
    """Mails about one record stand together in the reader's mail program."""
    return f"<{reader_digest(record_key)}.thread@{mail_host()}>"


def one_line(text: str) -> str:
    """Text fit for a mail header: one line, no control or direction characters, of bounded length."""
    line = " ".join(UNPRINTABLE.sub(" ", text).split())
    return line if len(line) <= LONGEST_SUBJECT else f"{line[: LONGEST_SUBJECT - 1]}…"


def quoted(text: str, limit: int = 500) -> str:
    """What a person wrote, as one paragraph of bounded length: it cannot pass for a line of ours."""
    line = " ".join(UNPRINTABLE.sub(" ", str(text)).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def fill(text: str, *, link: str, code: str, html: bool = False) -> str:
    """The text with the reader's own link and code in place of the marks."""
    link, code = (escape(link), escape(code)) if html else (link, code)
    return text.replace(LINK_MARK, link).replace(CODE_MARK, code)


def shown_time(moment: datetime | None) -> str:
    """A time as a person reads it, with its zone: Tue 24 Nov 20:00 CET."""
    if moment is None:
        return str(_("not planned"))
    local = timezone.localtime(moment)
    return dateformat.format(local, "D j M H:i T")


def _tidy(text: str) -> str:
    """At most one empty line in a row, none at either end."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"
