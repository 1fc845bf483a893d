"""The tabs of a record's page: links, not scripts, so that each is an address of its own and works everywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Tab:
    """One tab: `context(admin, request, obj)` gives what its template shows.

    The template is rendered inside the record page. `shown(admin, request, obj)` may leave the tab out.
    """

    slug: str
    label: Any
    template: str = ""
    context: Callable[[Any, Any, Any], dict[str, Any]] = lambda admin, request, obj: {}
    shown: Callable[[Any, Any, Any], bool] = lambda admin, request, obj: True


FORM = Tab("form", _("Details"))
HISTORY_SLUG = "history"
