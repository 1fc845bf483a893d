"""The chart of a release train.

    planned ──depart──▶ departed ──arrive*──▶ arrived
       │ └────set_off*────▲
       └──cancel──▶ cancelled

`*` = a consequence: it sets off when a member was started on its own (all were ready then), and arrives when nobody
aboard is under way any more. Departing starts every member that can start, in the order in which they need each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core.blockers import Blocker
from apps.core.clock import now
from apps.core.lifecycle import Lifecycle, StatusField, transition
from apps.releases.lifecycle.fellows import kept_back, told_of
from apps.releases.lifecycle.places import page_of
from apps.releases.lifecycle.words import BEFORE_RELEASING, Status, TrainStatus
from apps.releases.permissions import may_manage

UNDER_WAY = (*BEFORE_RELEASING, Status.RELEASING, Status.BACKING_OUT)


def has_members(train: Any) -> Iterator[Blocker]:
    """Somebody is aboard."""
    if not train.releases.aboard().exists():
        yield Blocker("nobody_aboard", _("No release is aboard."), str(train.conductor or ""), url=page_of(train))


def is_in_its_window(train: Any) -> Iterator[Blocker]:
    """Now is within the window of the train."""
    moment = now()
    if moment < train.planned_start:
        message = _("Its window opens at %s UTC.") % f"{train.planned_start:%Y-%m-%d %H:%M}"
        yield Blocker("before_window", message, str(train.conductor or ""), train.planned_start, page_of(train))
    if moment >= train.planned_end:
        message = _("Its window ended at %s UTC; move the train.") % f"{train.planned_end:%Y-%m-%d %H:%M}"
        yield Blocker("after_window", message, str(train.conductor or ""), None, page_of(train))


def has_everybody_ready(train: Any) -> Iterator[Blocker]:
    """Every member is scheduled, on no hold and in no freeze, with its proof, and needs nothing from outside the train."""
    for member, blocker in kept_back(list(train.releases.aboard().as_fellows())):
        yield told_of(member, blocker)


def has_a_member_gone(train: Any) -> bool:
    """A member has been started."""
    return train.releases.aboard().exclude(status__in=BEFORE_RELEASING).exists()


def has_everybody_arrived(train: Any) -> Iterator[Blocker]:
    """Every member aboard is released, or was backed out."""
    for member in train.releases.filter(status__in=UNDER_WAY).select_related("release_manager"):
        message = _("%(key)s is %(status)s.") % {"key": member.key, "status": member.get_status_display().lower()}
        yield Blocker("member_under_way", message, str(member.release_manager or ""), url=page_of(member))


class TrainLifecycle(Lifecycle):
    Status = TrainStatus
    status = StatusField(TrainStatus, verbose_name=_("status"))

    class Meta:
        abstract = True

    @transition(
        status,
        TrainStatus.PLANNED,
        TrainStatus.DEPARTED,
        conditions=[has_members, is_in_its_window, has_everybody_ready],
        permission=may_manage,
    )
    def depart(self):
        """Start every release aboard, in the order in which they need each other: all of them, or none."""

    @transition(status, TrainStatus.PLANNED, TrainStatus.DEPARTED, conditions=[has_a_member_gone])
    def set_off(self):
        """A member was started on its own while all were ready."""

    @transition(status, TrainStatus.DEPARTED, TrainStatus.ARRIVED, conditions=[has_everybody_arrived])
    def arrive(self):
        """Nobody aboard is under way any more: each is released, or was backed out."""

    @transition(status, TrainStatus.PLANNED, TrainStatus.CANCELLED, permission=may_manage, note="required")
    def cancel(self):
        """It does not run. Its releases keep their windows and go on by themselves."""
