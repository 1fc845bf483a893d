"""Who may see and change a list of records: by role, never by being a superuser."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from apps.core.actor import Actor, Door


def actor_of(request: HttpRequest) -> Actor:
    """The person at this page, as actions and the audit trail know them."""
    return Actor(Door.ADMIN, user=request.user, request_id=getattr(request, "request_id", ""))


def holds_any_role(user: Any, roles: tuple[str, ...]) -> bool:
    """Whether an active user holds one of the roles; without a list, whether they hold any role at all."""
    held = set(getattr(user, "roles", ())) if user and user.is_active else set()
    return bool(held & {str(role) for role in roles}) if roles else bool(held)


class RoleAccess:
    """Django admin's permission questions, answered by roles.

    `view_roles` empty means every role may look; `edit_roles` empty means nobody changes anything here. Adding and
    removing follow `edit_roles` unless `add_roles` or `delete_roles` say otherwise (an empty tuple closes them).
    """

    view_roles: tuple[str, ...] = ()
    edit_roles: tuple[str, ...] = ()
    add_roles: tuple[str, ...] | None = None
    delete_roles: tuple[str, ...] | None = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return holds_any_role(request.user, self.view_roles) or self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may(request, self.edit_roles)

    def has_add_permission(self, request: HttpRequest, *parent: Any) -> bool:
        return _may(request, self.edit_roles if self.add_roles is None else self.add_roles)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may(request, self.edit_roles if self.delete_roles is None else self.delete_roles)


def _may(request: HttpRequest, roles: tuple[str, ...]) -> bool:
    return bool(roles) and holds_any_role(request.user, roles)
