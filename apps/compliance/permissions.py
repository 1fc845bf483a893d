"""Who may do what with findings and the register of break-glass acts."""

from __future__ import annotations

from typing import Any

from apps.accounts import permissions as roles
from apps.accounts.permissions import Role, has_role
from apps.releases.permissions import may_draft


def may_read(subject: Any, user: Any) -> bool:
    """Anyone with a role may read."""
    return roles.may_read(subject, user)


def may_raise(subject: Any, user: Any) -> bool:
    """Only an auditor, a release manager or a service owner may raise a finding."""
    return has_role(user, Role.AUDITOR, Role.RELEASE_MANAGER, Role.SERVICE_OWNER)


def may_close(finding: Any, user: Any) -> bool:
    """A finding is closed by an auditor, or, unless an auditor raised it, by a release manager or service owner who does not manage the release."""
    if has_role(user, Role.AUDITOR):
        return True
    is_own = finding.release is not None and finding.release.release_manager_id == user.pk
    return not is_own and not finding.is_from_auditor and has_role(user, Role.RELEASE_MANAGER, Role.SERVICE_OWNER)


def may_answer_bypass(finding: Any, user: Any) -> bool:
    """Only a release manager or a service owner who may close the finding says what becomes of a bypass."""
    return may_draft(None, user) and may_close(finding, user)


def may_register(subject: Any, user: Any) -> bool:
    """Only a release manager may enter a break-glass act."""
    return has_role(user, Role.RELEASE_MANAGER)


def may_approve_break_glass(act: Any, user: Any) -> bool:
    """A break-glass act is approved afterwards by an approver other than the one who committed it."""
    return act.person_id != user.pk and has_role(user, Role.APPROVER)
