"""One line a resource in config/api.py: `router.register("releases/{release}/tasks", TaskViewSet)`."""

from __future__ import annotations

import re
from typing import Any

from rest_framework.routers import SimpleRouter

PLACE = re.compile(r"{(\w+)}")


class Router(SimpleRouter):
    """DRF's router; `{name}` in a prefix is the public key of a parent."""

    include_format_suffixes = False

    def register(self, prefix: str, viewset: Any, basename: str | None = None) -> None:
        named = basename or PLACE.sub("", prefix).replace("//", "/").strip("/").replace("/", "-")
        super().register(PLACE.sub(r"(?P<\1>[^/]+)", prefix), viewset, basename=named)
