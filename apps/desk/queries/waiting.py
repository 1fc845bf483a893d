"""What waits for one person: answers, tasks, reviews, improvements, releases that cannot go on without them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Role, has_role, roles_of
from apps.approvals import queries as approvals
from apps.core.display import page_of, tone_of
from apps.desk.queries.items import Block, Item, most_urgent_first
from apps.releases.lifecycle.words import ENDED, TaskStatus, WaitReason
from apps.releases.models import Task, Wait
from apps.reviews.lifecycle import ActionStatus, ReviewStatus
from apps.reviews.models import ImprovementAction, ReleaseReview
from apps.schedule.lifecycle import ExceptionStatus
from apps.schedule.models import FreezeException

MOST = 40  # of each kind; nobody works through more in a day


def waiting_for(user: Any, at: datetime) -> Block:
    found = [
        *_approvals(user, at),
        *_tasks(user, at),
        *_reviews(user, at),
        *_reviews_to_judge(user),
        *_improvements(user, at),
        *_decisions(user),
        *_freeze_exceptions(user),
    ]
    return Block.of(most_urgent_first(found, at))


def _approvals(user: Any, at: datetime) -> Iterator[Item]:
    for ask in approvals.waiting_for(user)[:MOST]:
        asked = ask.round
        behalf = _("on behalf of %s") % ask.on_behalf_of if ask.on_behalf_of_id else _("asked of you")
        yield Item(
            kind=_("Approval"),
            title=asked.title,
            url=f"{asked.url}?tab=approvals" if asked.url else page_of(asked),
            about=f"{ask.group}, {behalf}",
            at=asked.expires_at,
            at_label=_("answer by"),
            tone=_urgency(asked.expires_at, at, soon_hours=24),
        )


def _tasks(user: Any, at: datetime) -> Iterator[Item]:
    mine = Q(assignee=user) | Q(assignee__isnull=True, role__in=roles_of(user))
    tasks = (
        Task.objects.filter(mine, status__in=[TaskStatus.READY, TaskStatus.IN_PROGRESS, TaskStatus.FAILED])
        .exclude(release__status__in=ENDED)
        .select_related("release")
        .order_by("planned_end", "id")
    )
    for task in tasks[:MOST]:
        is_mine = task.assignee_id == user.pk
        yield Item(
            kind=_("Task"),
            title=task.title,
            url=page_of(task.release, "plan"),
            about=task.release if is_mine else _("%s, for anyone with your role") % task.release,
            at=task.planned_end,
            at_label=_("planned until"),
            tone="bad" if task.status == TaskStatus.FAILED else _urgency(task.planned_end, at, soon_hours=4),
            badge=task.get_status_display(),
            badge_tone=tone_of(task.status),
        )


def _reviews(user: Any, at: datetime) -> Iterator[Item]:
    reviews = ReleaseReview.objects.unfinished().filter(reviewer=user).select_related("release")
    for review in reviews.order_by("due_on")[:MOST]:
        yield Item(
            kind=_("Review"),
            title=str(review.release),
            url=page_of(review),
            about=_("how did it go?"),
            at=review.due_on,
            at_label=_("due"),
            tone=_urgency_of_day(review.due_on, at),
            badge=review.get_status_display(),
            badge_tone=tone_of(review.status),
        )


def _reviews_to_judge(user: Any) -> Iterator[Item]:
    if not has_role(user, Role.RELEASE_MANAGER, Role.APPROVER, Role.SERVICE_OWNER):
        return
    reviews = ReleaseReview.objects.filter(status=ReviewStatus.SUBMITTED).select_related("release")
    others = reviews.exclude(submitted_by=user).exclude(release__release_manager=user)
    for review in others.order_by("submitted_at")[:MOST]:
        yield Item(_("Review to accept"), str(review.release), page_of(review), _("accept it or return it"))


def _improvements(user: Any, at: datetime) -> Iterator[Item]:
    actions = ImprovementAction.objects.filter(owner=user, status__in=[ActionStatus.OPEN, ActionStatus.IN_PROGRESS])
    for action in actions.order_by("due_on", "id")[:MOST]:
        yield Item(
            kind=_("Improvement"),
            title=action.title,
            url=page_of(action),
            about=action.key,
            at=action.due_on,
            at_label=_("due"),
            tone=_urgency_of_day(action.due_on, at),
        )


def _decisions(user: Any) -> Iterator[Item]:
    """Releases of this manager that wait for nothing but a person."""
    waits = Wait.objects.filter(reason=WaitReason.PERSON, ended_at__isnull=True, release__release_manager=user)
    for wait in waits.select_related("release").order_by("started_at")[:MOST]:
        yield Item(
            kind=_("Release"),
            title=str(wait.release),
            url=page_of(wait.release),
            about=wait.detail or _("waits for you to take the next step"),
            at=wait.started_at,
            at_label=_("since"),
            badge=wait.release.get_status_display(),
            badge_tone=tone_of(wait.release.status),
        )


def _freeze_exceptions(user: Any) -> Iterator[Item]:
    if not has_role(user, Role.RELEASE_MANAGER, Role.APPROVER):
        return
    asked = FreezeException.objects.filter(status=ExceptionStatus.REQUESTED).select_related("freeze")
    for one in asked.exclude(requester=user).order_by("id")[:MOST]:
        yield Item(_("Freeze exception"), str(one), page_of(one), one.reason, one.until, _("until"))


def _urgency(by: datetime | None, at: datetime, soon_hours: int) -> str:
    if by is None:
        return "idle"
    if by <= at:
        return "bad"
    return "warn" if (by - at).total_seconds() <= soon_hours * 3600 else "idle"


def _urgency_of_day(due_on: Any, at: datetime) -> str:
    today = timezone.localdate(at)
    if due_on is None:
        return "idle"
    return "bad" if due_on < today else "warn" if due_on == today else "idle"
