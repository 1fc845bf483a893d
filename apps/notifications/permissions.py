"""Who may see the record of messages and send one again."""

from __future__ import annotations

from typing import Any

from apps.accounts.permissions import Role, has_role


def may_read_messages(subject: Any, user: Any) -> bool:
    """Only release managers, auditors and administrators may read the record of messages."""
    return has_role(user, Role.RELEASE_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR)


def may_resend(message: Any, user: Any) -> bool:
    """Only a release manager or an administrator may send a message again."""
    return has_role(user, Role.RELEASE_MANAGER, Role.ADMINISTRATOR)
