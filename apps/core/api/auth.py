"""Who asks, and whether their token and roles let them. Whoever is not let in explicitly stays outside."""

from __future__ import annotations

from typing import Any

from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from apps.core.actor import Actor, Door
from apps.core.errors import NotPermitted

EVERYTHING = "*"


def actor_of(request: Request) -> Actor:
    """The person or tool behind this request, as actions and the audit trail know them."""
    return Actor(
        Door.API, user=request.user, token=request.auth, request_id=getattr(request._request, "request_id", "")
    )


class AdminSession(SessionAuthentication):
    """Whoever is signed in to the admin may use the API too; writes need the CSRF token."""


class ScopeAndRole(BasePermission):
    """Somebody who holds a role; with a token, one whose scopes reach this far.

    A view names its `scope` word; without one only a `*` token writes. `read_roles` and `write_roles` narrow it
    further; what a role may do with one record is decided by the action.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        if user is None or not user.is_active:
            return False
        roles = getattr(user, "roles", frozenset())
        if not roles:
            raise NotPermitted("You hold no role here. Ask an administrator to grant you one.")
        safe = request.method in SAFE_METHODS or getattr(view, "reads_only", False)
        self._check_roles(roles, getattr(view, "read_roles" if safe else "write_roles", None))
        if request.auth is not None:
            self._check_scopes(request.auth.scopes, getattr(view, "scope", ""), safe=safe)
        return True

    def _check_roles(self, roles: frozenset[str], wanted: Any) -> None:
        if wanted and roles.isdisjoint(str(role) for role in wanted):
            names = ", ".join(sorted(str(role).replace("_", " ") for role in wanted))
            raise NotPermitted(f"This needs one of the roles: {names}.")

    def _check_scopes(self, scopes: list[str], word: str, *, safe: bool) -> None:
        if EVERYTHING in scopes or (safe and scopes):
            return
        needed = "read" if safe else f"{word}:write" if word else EVERYTHING
        if needed not in scopes:
            raise NotPermitted(f"This token lacks the scope {needed}.", code="scope_missing")
