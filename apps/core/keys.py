"""Public keys that count up: REL-2026-0042."""

from django.db import transaction

from apps.core.models import KeyCounter


def next_key(prefix: str, year: int | None = None) -> str:
    """The next key of the series, without gaps: the counter is locked until the caller's transaction ends."""
    return next_keys(1, prefix, year)[0]


def next_keys(count: int, prefix: str, year: int | None = None) -> list[str]:
    """The next keys of the series at once, in order."""
    series = f"{prefix}-{year}" if year else prefix
    with transaction.atomic():
        KeyCounter.objects.get_or_create(series=series)
        counter = KeyCounter.objects.select_for_update().get(series=series)
        first = counter.last + 1
        counter.last += count
        counter.save(update_fields=["last"])
    return [f"{series}-{number:04d}" for number in range(first, first + count)]
