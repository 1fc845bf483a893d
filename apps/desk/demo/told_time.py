"""The clock of a story: while it is told, now is when the scene plays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo

from django.utils import timezone


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let `timezone.now()`, and with it the whole house, say that it is `moment`.

    For a process that tells a story and nothing else: the clock is the process's, not the thread's.
    """

    class Told(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return moment.astimezone(tz) if tz else moment.replace(tzinfo=None)

    kept, timezone.datetime = timezone.datetime, Told
    try:
        yield
    finally:
        timezone.datetime = kept
