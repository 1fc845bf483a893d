"""Who may change the map."""

from __future__ import annotations

from typing import Any

from apps.accounts.permissions import Role, has_role


def may_change_map(subject: Any, user: Any) -> bool:
    """Only a release manager, a service owner, an administrator or an integration may change the CMDB."""
    return has_role(user, Role.RELEASE_MANAGER, Role.SERVICE_OWNER, Role.ADMINISTRATOR, Role.INTEGRATION)
