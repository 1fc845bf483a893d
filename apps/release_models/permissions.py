"""Who may work on release models."""

from __future__ import annotations

from typing import Any

from apps.accounts.permissions import Role, has_role, is_release_manager, may_read

__all__ = ["is_release_manager", "may_publish", "may_read", "may_record_answer"]


def may_publish(version: Any, user: Any) -> bool:
    """A version is published by a release manager who did not write any of it."""
    return has_role(user, Role.RELEASE_MANAGER) and not version.is_written_by(user)


def may_record_answer(communication: Any, user: Any) -> bool:
    """What a party answered is recorded by the party itself, by a release manager or by a service owner."""
    return has_role(user, Role.RELEASE_MANAGER, Role.SERVICE_OWNER)
