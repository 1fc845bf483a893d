"""How often one principal may ask: a window of the shared cache, counted, nothing stored beside the count."""

from __future__ import annotations

import time
from typing import Any

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_rate(rate: str) -> tuple[int, int]:
    """`6000/min` as (6000, 60)."""
    count, _, period = rate.partition("/")
    return int(count), SECONDS[period[0]]


class PrincipalThrottle(BaseThrottle):
    """So many requests in a window for each token, or for each person with a session, or for each address."""

    scope = "principal"

    def allow_request(self, request: Request, view: Any) -> bool:
        rate = api_settings.DEFAULT_THROTTLE_RATES.get(self.scope)
        if not rate:
            return True
        limit, window = parse_rate(rate)
        started, self._passed = divmod(time.time(), window)
        self._window = window
        key = f"throttle:{self._principal(request)}:{int(started)}"
        if cache.add(key, 1, timeout=window + 1):
            return True
        try:
            return cache.incr(key) <= limit
        except ValueError:  # it expired between the two calls
            return True

    def _principal(self, request: Request) -> str:
        if request.auth is not None:
            return f"token:{request.auth.pk}"
        if request.user is not None:
            return f"user:{request.user.pk}"
        return f"address:{self.get_ident(request)}"

    def wait(self) -> float:
        """Seconds until the window ends."""
        return max(1.0, self._window - self._passed)
