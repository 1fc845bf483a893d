"""Who may connect the house with tools outside, and tidy up what they sent."""

from __future__ import annotations

from typing import Any

from apps.accounts.permissions import Role, has_role, may_read

CONNECTORS = (Role.ADMINISTRATOR, Role.RELEASE_MANAGER)


def may_connect(subject: Any, user: Any) -> bool:
    """Only an administrator or a release manager may connect tools."""
    return has_role(user, *CONNECTORS)


def may_sort(delivery: Any, user: Any) -> bool:
    """Only an administrator or a release manager may sort what tools have sent."""
    return has_role(user, *CONNECTORS)


def may_subscribe(feed: Any, user: Any) -> bool:
    """Only people with a role may subscribe to the calendar, and only the owner or an administrator may revoke it."""
    if not may_read(feed, user):
        return False
    return feed is None or feed.owner_id == user.pk or has_role(user, Role.ADMINISTRATOR)
