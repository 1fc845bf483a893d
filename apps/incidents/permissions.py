"""Who may report incidents, and who may say what caused them."""

from __future__ import annotations

from typing import Any

from apps.accounts.permissions import Role, has_role

REPORTERS = (Role.RELEASE_MANAGER, Role.SERVICE_OWNER, Role.CONTRIBUTOR, Role.INTEGRATION)
JUDGES = (Role.RELEASE_MANAGER, Role.SERVICE_OWNER)


def may_report(incident: Any, user: Any) -> bool:
    """Only people who work on releases or services, or an integration, may report an incident."""
    return has_role(user, *REPORTERS)


def may_judge(link: Any, user: Any) -> bool:
    """Only a release manager or a service owner may say whether a release caused an incident; a tool never does."""
    return has_role(user, *JUDGES)
