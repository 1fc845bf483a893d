"""Who may see the figures."""

from __future__ import annotations

from typing import Any

from apps.accounts import permissions as roles


def may_read(subject: Any, user: Any) -> bool:
    """Anyone with a role may read."""
    return roles.may_read(subject, user)
