"""Who may change the map."""

from __future__ import annotations

from typing import Any

from apps.accounts.permissions import Role, has_role

ITEM_EDITORS = (Role.RELEASE_MANAGER, Role.SERVICE_OWNER, Role.ADMINISTRATOR)
FRAME_EDITORS = (Role.RELEASE_MANAGER, Role.ADMINISTRATOR)
IMPORTERS = (Role.RELEASE_MANAGER, Role.SERVICE_OWNER, Role.INTEGRATION, Role.ADMINISTRATOR)


def may_edit_items(subject: Any, user: Any) -> bool:
    """Only release managers, service owners and administrators change configuration items and their relationships."""
    return has_role(user, *ITEM_EDITORS)


def may_edit_frame(subject: Any, user: Any) -> bool:
    """Only release managers and administrators change types, environments and import sources."""
    return has_role(user, *FRAME_EDITORS)


def may_import(subject: Any, user: Any) -> bool:
    """Only release managers, service owners, integrations and administrators import into the CMDB."""
    return has_role(user, *IMPORTERS)
