"""Who may decide whose signatures count."""

from __future__ import annotations

from typing import Any

from apps.accounts.permissions import Role, has_role


def may_trust(key: Any, user: Any) -> bool:
    """Only an administrator decides whose signatures this house trusts."""
    return has_role(user, Role.ADMINISTRATOR)
