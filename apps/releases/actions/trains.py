"""Plan a release train, move it, let it depart, and see it arrive."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core import moves
from apps.core.actor import Actor
from apps.core.blockers import Blocker
from apps.core.clock import now
from apps.core.errors import Invalid, NotNow
from apps.core.keys import next_key
from apps.core.lifecycle import blockers_of, objections
from apps.releases.actions.approving import rework
from apps.releases.actions.boarding import put_off, take_window
from apps.releases.actions.executing import start_release
from apps.releases.actions.ground import by_itself, refuse, refuse_unless_possible
from apps.releases.lifecycle.fellows import goes_with_its_train, not_scheduled, open_needs, told_of
from apps.releases.lifecycle.places import page_of
from apps.releases.lifecycle.start_guards import START_GUARDS, has_dependencies_met
from apps.releases.lifecycle.words import BEFORE_RELEASING, Status, TrainStatus
from apps.releases.models import Release, Train
from apps.releases.permissions import may_manage
from apps.releases.queries.trains import departure_of

ABOUT = {"title", "goal", "conductor"}
# A departing train judges needs by its own measure: those among fellows order the departure.
JUDGED = [guard for guard in START_GUARDS if guard not in (has_dependencies_met, goes_with_its_train)]


@transaction.atomic
def plan_train(
    *,
    title: str,
    planned_start: datetime,
    planned_end: datetime,
    by: Actor,
    goal: str = "",
    conductor: User | None = None,
    note: str = "",
) -> Train:
    """Plan a train with its window. Whoever plans it conducts it, unless somebody else is named."""
    moves.require(may_manage, None, by)
    train = Train(
        key=next_key("TRN", now().year),
        title=title,
        goal=goal,
        conductor=conductor or by.user,
        planned_start=planned_start,
        planned_end=planned_end,
    )
    return moves.create(train, by=by, note=note)


@transaction.atomic
def change_train(*, train: Train, by: Actor, note: str = "", **fields: Any) -> Train:
    """Say better what it is for and who conducts it. Its window is moved by `move_train`."""
    unknown = sorted(fields.keys() - ABOUT)
    if unknown:
        raise Invalid.field(unknown[0], "not_editable", _("“%s” is not edited: move the train.") % unknown[0])
    train = moves.lock(train)
    if train.status not in (TrainStatus.PLANNED, TrainStatus.DEPARTED):
        refuse("not_editable", _("%(train)s is %(status)s.") % _words(train), url=page_of(train))
    moves.require(may_manage, train, by)
    return moves.change(train, fields, by=by, note=note)


@transaction.atomic
def move_train(*, train: Train, planned_start: datetime, planned_end: datetime, by: Actor, note: str = "") -> Train:
    """Give the train and everybody aboard another window, for a reason. Approvals given for the old one fall."""
    train = moves.lock(train)
    if train.status != TrainStatus.PLANNED:
        refuse(
            "train_gone", _("%(train)s is %(status)s: it is not moved any more.") % _words(train), url=page_of(train)
        )
    moves.require(may_manage, train, by)
    if not note.strip():
        raise Invalid.field("note", "required", _("Say why it moves: approvers are told."))
    window = {"planned_start": planned_start, "planned_end": planned_end}
    train = moves.change(train, window, by=by, verb="move", note=note)
    for release in _locked_members(train, BEFORE_RELEASING):
        if release.status == Status.AWAITING_APPROVAL:
            release = rework(
                release=release, by=by, note=_("%(train)s moves: %(why)s") % {"train": train.key, "why": note}
            )
        take_window(release, train, by=by, note=note)
    return train


@transaction.atomic
def cancel_train(*, train: Train, by: Actor, note: str = "") -> Train:
    """It does not run. Everybody aboard leaves it and goes on alone, in the window it had."""
    train = moves.lock(train)
    refuse_unless_possible(train, "cancel", by)
    train = moves.move(train, "cancel", by=by, note=note)
    for release in _locked_members(train, BEFORE_RELEASING):
        put_off(release, train, by=by, note=note)
    return train


@transaction.atomic
def depart_train(*, train: Train, by: Actor, note: str = "", incident: str = "") -> Train:
    """Start everybody aboard, in the order in which they need each other: all, or none with every reason of each.

    An emergency that was not approved asks for the reason and the incident, as when it starts alone. Who needs a fellow to be released first follows it: it stays scheduled and starts when its turn has come.
    """
    train = moves.lock(train)
    _locked_members(train)
    members = [member.release for member in departure_of(train)]
    _refuse_unless_all_can_go(train, members)
    train = moves.move(train, "depart", by=by, note=note, change={"departed_at": now()})
    started, following = [], []
    for release in members:
        if release.status in BEFORE_RELEASING:
            is_next = not list(open_needs(release.dependencies.select_related("needs__release_manager")))
            (started if is_next else following).append(release.key)
            if is_next:
                start_release(release=release, by=by, note=note, incident=incident)
    moves.record(train, "start_members", by=by_itself(by), data={"started": started, "following": following})
    return judge_train(train=train, by=by)


@transaction.atomic
def judge_train(*, train: Train, by: Actor) -> Train:
    """Take the consequences that are due: it has set off, it has arrived."""
    train = moves.lock(train)
    if train.status == TrainStatus.PLANNED and not blockers_of(train, "set_off"):
        train = moves.move(train, "set_off", by=by_itself(by), change={"departed_at": now()})
    if train.status == TrainStatus.DEPARTED and not blockers_of(train, "arrive"):
        train = moves.move(train, "arrive", by=by_itself(by), change={"arrived_at": now()})
    return train


def _refuse_unless_all_can_go(train: Train, members: list[Release]) -> None:
    blockers = blockers_of(train, "depart")
    if train.status == TrainStatus.PLANNED:
        aboard = {member.pk for member in members}
        blockers += [told_of(member, one) for member in members for one in _everything_against(member, aboard)]
    if blockers:
        raise NotNow(_once_each(blockers))


def _everything_against(member: Release, aboard: set[int]) -> Iterable[Blocker]:
    """What its own start would say, and more than the page of the train asks."""
    if member.status not in BEFORE_RELEASING:
        return []
    if member.status != Status.SCHEDULED:
        return [not_scheduled(member)]
    found = [blocker for guard in JUDGED for blocker in objections(guard, member)]
    return [*found, *open_needs(member.dependencies.all(), aside=aboard)]


def _once_each(blockers: list[Blocker]) -> list[Blocker]:
    return list({(blocker.code, str(blocker.message)): blocker for blocker in blockers}.values())


def _locked_members(train: Train, statuses: Iterable[str] | None = None) -> list[Release]:
    rows = train.releases.aboard().select_for_update(of=("self",)).order_by("pk")
    return list(rows.filter(status__in=statuses) if statuses else rows)


def _words(train: Train) -> dict[str, str]:
    return {"train": train.key, "status": train.get_status_display().lower()}
