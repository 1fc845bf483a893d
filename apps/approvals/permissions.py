"""Who may hand over their voice, and take it back. Who may answer is judged by the rules of each round (queries.py)."""

from __future__ import annotations

from typing import Any

from apps.accounts.permissions import Role, has_role, may_read

WORKS_HERE = (Role.RELEASE_MANAGER, Role.APPROVER, Role.CONTRIBUTOR, Role.SERVICE_OWNER)

__all__ = ["may_end_delegation", "may_give_voice", "may_read", "may_remark"]


def may_give_voice(giver: Any, user: Any) -> bool:
    """Only somebody who has a voice can lend it, for themselves; an administrator may enter it for another person."""
    if giver.pk == user.pk:
        return may_remark(giver, user)
    return has_role(user, Role.ADMINISTRATOR)


def may_end_delegation(delegation: Any, user: Any) -> bool:
    """Only the one who gave a delegation, the one who took it, or an administrator can end it."""
    is_theirs = may_read(delegation, user) and user.pk in (delegation.giver_id, delegation.taker_id)
    return is_theirs or has_role(user, Role.ADMINISTRATOR)


def may_remark(round: Any, user: Any) -> bool:
    """Only people who work on releases may ask or comment; an auditor reads along, and a tool says nothing."""
    return has_role(user, *WORKS_HERE) and not has_role(user, Role.INTEGRATION)
