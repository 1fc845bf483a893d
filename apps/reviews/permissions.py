"""Who may do what with reviews, improvement actions, surveys and benefits."""

from __future__ import annotations

from typing import Any

from apps.accounts import permissions as roles
from apps.accounts.permissions import Role, has_role


def may_read(subject: Any, user: Any) -> bool:
    """Anyone with a role may read."""
    return roles.may_read(subject, user)


def may_write_review(review: Any, user: Any) -> bool:
    """Only a release manager or a service owner may write a review."""
    return has_role(user, Role.RELEASE_MANAGER, Role.SERVICE_OWNER)


def may_judge_review(review: Any, user: Any) -> bool:
    """A review is accepted or returned by a release manager, approver or service owner who neither managed the release nor submitted the review."""
    stands_apart = user.pk not in {review.release.release_manager_id, review.submitted_by_id}
    return stands_apart and has_role(user, Role.RELEASE_MANAGER, Role.APPROVER, Role.SERVICE_OWNER)


def may_write_model_review(review: Any, user: Any) -> bool:
    """Only a release manager may review a release model."""
    return has_role(user, Role.RELEASE_MANAGER)


def may_judge_model_review(review: Any, user: Any) -> bool:
    """A review of a release model is accepted or returned by a release manager, approver or service owner who did not submit it."""
    is_other = user.pk != review.submitted_by_id
    return is_other and has_role(user, Role.RELEASE_MANAGER, Role.APPROVER, Role.SERVICE_OWNER)


def may_write_approach_review(review: Any, user: Any) -> bool:
    """Only a release manager may review the release approach."""
    return has_role(user, Role.RELEASE_MANAGER)


def may_judge_approach_review(review: Any, user: Any) -> bool:
    """A review of the release approach is accepted or returned by a release manager, approver or service owner who did not submit it."""
    is_other = user.pk != review.submitted_by_id
    return is_other and has_role(user, Role.RELEASE_MANAGER, Role.APPROVER, Role.SERVICE_OWNER)


def may_improve(action: Any, user: Any) -> bool:
    """Only the owner of the improvement action, a release manager or a service owner may move it."""
    is_owner = getattr(action, "owner_id", None) == user.pk and may_read(action, user)
    return is_owner or has_role(user, Role.RELEASE_MANAGER, Role.SERVICE_OWNER)


def may_survey(survey: Any, user: Any) -> bool:
    """Only a release manager or a service owner may ask people about a release."""
    return has_role(user, Role.RELEASE_MANAGER, Role.SERVICE_OWNER)


def may_state_benefit(benefit: Any, user: Any) -> bool:
    """Only a release manager or a service owner may state and measure benefits."""
    return has_role(user, Role.RELEASE_MANAGER, Role.SERVICE_OWNER)
