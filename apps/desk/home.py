"""The home page: what waits for me, what is under way, what is coming, what is wrong."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.accounts.permissions import may_read
from apps.core.clock import now
from apps.desk import queries


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Called by the theme when the index page is shown. Who has no role sees how to get one, and nothing else."""
    context = {**context, "title": _("Home"), "has_role": may_read(None, request.user)}
    if not context["has_role"]:
        return context
    at = now()
    return {
        **context,
        "waiting": queries.waiting_for(request.user, at),
        "under_way": queries.under_way(request.user, at),
        "coming": queries.coming(request.user, at),
        "wrong": queries.wrong(request.user, at),
    }
