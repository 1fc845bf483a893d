"""Events and who consumes them.

A consumer is a function in an app's tasks.py. By default it runs inside the transaction that also marks its delivery
done, so its effect counts exactly once. A consumer that reaches outside (mail, HTTP) is `external`: it runs without a
transaction, may run again after a crash, and tells its receiver the event's id so that a repeat can be known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from django.db import models

from apps.core.models import OutboxEvent, label_of
from apps.core.trail import key_of, plain

Handler = Callable[[OutboxEvent], None]


@dataclass(frozen=True)
class Consumer:
    name: str
    patterns: tuple[str, ...]
    handler: Handler
    external: bool

    def wants(self, event_name: str) -> bool:
        return any(fnmatchcase(event_name, pattern) for pattern in self.patterns)


CONSUMERS: dict[str, Consumer] = {}


def consumer(*patterns: str, name: str = "", external: bool = False) -> Callable[[Handler], Handler]:
    """Register a function for events whose name matches one of the patterns (`releases.check.*`)."""

    def register(handler: Handler) -> Handler:
        known = name or f"{handler.__module__.removeprefix('apps.')}.{handler.__name__}"
        CONSUMERS[known] = Consumer(known, patterns, handler, external)
        return handler

    return register


def consumers_of(event_name: str) -> list[Consumer]:
    return [one for one in CONSUMERS.values() if one.wants(event_name)]


def later(name: str, *, subject: models.Model, at: datetime, payload: dict[str, Any] | None = None) -> OutboxEvent:
    """An event that becomes due at a moment ahead. Delays live here, where a restart cannot lose them."""
    event = OutboxEvent(
        name=name,
        subject_type=label_of(subject),
        subject_id=str(subject.pk),
        subject_key=key_of(subject),
        payload=plain(payload or {}),
        available_at=at,
    )
    event.save(force_insert=True)
    return event
