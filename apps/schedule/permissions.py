"""Who may change the schedule, and who may let a release through a freeze."""

from __future__ import annotations

from typing import Any

from apps.accounts.permissions import Role, has_role, is_release_manager, may_read

__all__ = ["is_release_manager", "may_ask_for_exception", "may_decide_exception", "may_read"]


def may_ask_for_exception(freeze: Any, user: Any) -> bool:
    """An exception is asked for by a release manager, a contributor or a service owner."""
    return has_role(user, Role.RELEASE_MANAGER, Role.CONTRIBUTOR, Role.SERVICE_OWNER)


def may_decide_exception(exception: Any, user: Any) -> bool:
    """An exception is decided by a release manager or an approver who did not ask for it."""
    return has_role(user, Role.RELEASE_MANAGER, Role.APPROVER) and exception.requester_id != user.pk
