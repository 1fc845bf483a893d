"""How values look in lists and pages: badges, moments, links."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.contrib.admin.utils import quote
from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

# The tone of every status word in the house: one word means one colour, whichever record carries it.
TONES = {
    "good": "finished released closed passed done approved granted published accepted success completed successful resolved sent "
    "live confirmed",
    "bad": "failed error rejected backing_out backed_out denied failure halted reverted dead",
    "warn": "waiting awaiting_approval inconclusive waived on_hold expired returned requested pending due partially_backed_out proposed "
    "successful_with_issues suspected open in_review high",
    "active": "reading writing verifying releasing in_progress running submitted baking scheduled planning ready",
}
TONE_OF = {word: tone for tone, words in TONES.items() for word in words.split()}


def tone_of(status: str) -> str:
    return TONE_OF.get(str(status), "idle")


def badge(text: Any, tone: str = "idle") -> SafeString:
    """A word with a dot of colour; the word carries the meaning, the colour repeats it."""
    return format_html('<span class="tg-badge" data-tone="{}">{}</span>', tone, text)


def status_badge(obj: Model, field: str = "status") -> SafeString:
    value = getattr(obj, field)
    return badge(getattr(obj, f"get_{field}_display")() or value, tone_of(value))


def moment(at: datetime | date | None, empty: str = "–") -> SafeString | str:
    """A point in time in the reader's zone, with the zone; a day as the day it is."""
    if at is None:
        return empty
    if not isinstance(at, datetime):
        return format_html('<time datetime="{}">{}</time>', at.isoformat(), date_format(at, "D j M Y"))
    here = timezone.localtime(at) if timezone.is_aware(at) else at
    words = f"{date_format(here, 'D j M Y, H:i')} {here.tzname() or ''}".strip()
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), words)


def page_of(obj: Model, tab: str = "") -> str:
    """The admin page of a record, or nothing where it has none."""
    try:
        url = reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[quote(obj.pk)])
    except NoReverseMatch:
        return ""
    return f"{url}?tab={tab}" if tab else url


def record_link(obj: Model | None, text: Any = None) -> SafeString | str:
    if obj is None:
        return "–"
    url = page_of(obj)
    return format_html('<a href="{}">{}</a>', url, text or obj) if url else str(text or obj)
