"""What time it is: one place, so that a test can hold the clock."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

now = timezone.now


def moment_of(text: Any) -> datetime | None:
    """A moment that somebody wrote (RFC 3339); None where it is missing, malformed or without a zone."""
    try:
        found = parse_datetime(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
