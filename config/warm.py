"""A web process loads everything before its first request, and then leaves what it loaded to itself."""

from __future__ import annotations

import gc

from django.urls import get_resolver

ALLOCATIONS = 50_000


def warm() -> None:
    """Load every route, and keep the garbage collector from looking through it again and again.

    What is loaded stays for good. With Python's own thresholds half the time of a large answer went into looking
    through it (docs/reference/performance.md).
    """
    _ = get_resolver().url_patterns
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS, 20, 20)
