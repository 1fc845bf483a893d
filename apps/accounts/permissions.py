"""Who may: roles as code. Nobody passes by being a superuser; an inactive user passes nothing.

Each function answers for one role and is handed to transitions as their `permission`; its docstring is the sentence a
refused person reads.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person or a tool is trusted to do. Granted one by one; a person may hold several."""

    RELEASE_MANAGER = "release_manager", _("Release manager")
    APPROVER = "approver", _("Approver")
    CONTRIBUTOR = "contributor", _("Contributor")
    SERVICE_OWNER = "service_owner", _("Service owner")
    AUDITOR = "auditor", _("Auditor")
    INTEGRATION = "integration", _("Integration")
    ADMINISTRATOR = "administrator", _("Administrator")


def roles_of(user: Any) -> frozenset[str]:
    """The roles that count now: none for nobody and for someone who has left."""
    if user is None or not user.is_active:
        return frozenset()
    return getattr(user, "roles", frozenset())


def has_role(user: Any, *roles: str) -> bool:
    """Whether the user holds at least one of the roles."""
    return not roles_of(user).isdisjoint(str(role) for role in roles)


def is_release_manager(subject: Any, user: Any) -> bool:
    """Only a release manager may do this."""
    return has_role(user, Role.RELEASE_MANAGER)


def is_approver(subject: Any, user: Any) -> bool:
    """Only an approver may do this."""
    return has_role(user, Role.APPROVER)


def is_contributor(subject: Any, user: Any) -> bool:
    """Only a contributor may do this."""
    return has_role(user, Role.CONTRIBUTOR)


def is_service_owner(subject: Any, user: Any) -> bool:
    """Only a service owner may do this."""
    return has_role(user, Role.SERVICE_OWNER)


def is_auditor(subject: Any, user: Any) -> bool:
    """Only an auditor may do this."""
    return has_role(user, Role.AUDITOR)


def is_integration(subject: Any, user: Any) -> bool:
    """Only an integration, a tool with a token, may do this."""
    return has_role(user, Role.INTEGRATION)


def is_administrator(subject: Any, user: Any) -> bool:
    """Only an administrator may do this."""
    return has_role(user, Role.ADMINISTRATOR)


def may_read(subject: Any, user: Any) -> bool:
    """Only people with a role may look; ask an administrator for one."""
    return bool(roles_of(user))


def may_issue_token(owner: Any, user: Any) -> bool:
    """Only the owner of a token, or an administrator, may issue or revoke it."""
    return has_role(user, Role.ADMINISTRATOR) or (may_read(owner, user) and owner.pk == user.pk)
