"""Who may do what with a release and its parts. Nobody passes by being a superuser."""

from __future__ import annotations

from typing import Any

from apps.accounts import permissions as roles
from apps.accounts.permissions import Role, has_role


def may_manage(subject: Any, user: Any) -> bool:
    """Only a release manager may do this."""
    return has_role(user, Role.RELEASE_MANAGER)


def may_draft(subject: Any, user: Any) -> bool:
    """Only a release manager or a service owner may propose a release."""
    return has_role(user, Role.RELEASE_MANAGER, Role.SERVICE_OWNER)


def is_on_duty(release: Any, user: Any) -> bool:
    """A contributor who has a task of this release."""
    return has_role(user, Role.CONTRIBUTOR) and release.tasks.filter(assignee=user).exists()


def may_execute(release: Any, user: Any) -> bool:
    """Only a release manager, or a contributor with a task in this release, may do this."""
    return may_manage(release, user) or is_on_duty(release, user)


def may_do_task(task: Any, user: Any) -> bool:
    """Only the assignee, somebody with the task's role, or a release manager may do this."""
    if may_manage(task, user):
        return True
    if task.assignee_id:
        return task.assignee_id == user.pk and roles.may_read(task, user)
    return bool(task.role) and has_role(user, task.role)


def may_waive(check: Any, user: Any) -> bool:
    """Only the roles that the release model names may waive this check."""
    return has_role(user, *check.waivable_by)


def may_prove(subject: Any, user: Any) -> bool:
    """Only a release manager, a contributor, or an integration may ask for a check or bring evidence."""
    return has_role(user, Role.RELEASE_MANAGER, Role.CONTRIBUTOR, Role.INTEGRATION)


def may_sign_off(check: Any, user: Any) -> bool:
    """Only a release manager, a contributor or a service owner may sign off a manual check."""
    return has_role(user, Role.RELEASE_MANAGER, Role.CONTRIBUTOR, Role.SERVICE_OWNER)


def may_hold(release: Any, user: Any) -> bool:
    """Only people who work on releases may stop one."""
    return has_role(user, Role.RELEASE_MANAGER, Role.APPROVER, Role.SERVICE_OWNER, Role.CONTRIBUTOR)


def may_lift(hold: Any, user: Any) -> bool:
    """Only the one who placed the hold, or a release manager, may lift it."""
    return may_manage(hold, user) or (hold.placed_by_id == user.pk and may_hold(hold, user))


def may_report(subject: Any, user: Any) -> bool:
    """Only a release manager, a contributor, or an integration may report a deployment."""
    return has_role(user, Role.RELEASE_MANAGER, Role.CONTRIBUTOR, Role.INTEGRATION)


def may_read(subject: Any, user: Any) -> bool:
    """Anyone with a role may read."""
    return roles.may_read(subject, user)


def may_edit(release: Any, user: Any) -> bool:
    """Only a release manager may edit a release; a service owner may while it is a draft."""
    return may_manage(release, user) or (release.status == "draft" and may_draft(release, user))
