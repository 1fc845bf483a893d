"""Words, badges and moments for templates."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.db.models import Model
from django.utils.safestring import SafeString

from apps.core import display

register = template.Library()


@register.filter
def moment(at: datetime | None) -> SafeString | str:
    """A point in time in the reader's zone, with the zone."""
    return display.moment(at)


@register.filter
def words(name: Any) -> str:
    """`awaiting_approval` as people say it."""
    return str(name).replace("_", " ")


@register.filter
def status(obj: Model) -> SafeString:
    """The record's status as a badge."""
    return display.status_badge(obj)


@register.filter
def status_word(value: str, label: Any = None) -> SafeString:
    """A status word as a badge: `{{ "released"|status_word }}`."""
    return display.badge(label or words(value), display.tone_of(value))


@register.filter
def page_of(obj: Model | None) -> str:
    """The address of a record's page in the admin."""
    return display.page_of(obj) if obj is not None else ""


@register.filter
def item(mapping: Any, key: Any) -> Any:
    """The value of a key, or nothing."""
    return mapping.get(key) if hasattr(mapping, "get") else None
