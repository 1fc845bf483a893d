"""Releases board a train and leave it. The train is locked before its members, members in the order of their ids."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core import moves
from apps.core.actor import Actor
from apps.core.errors import Invalid
from apps.releases.actions.drafting import rewrite
from apps.releases.actions.ground import held, refuse
from apps.releases.actions.waiting import note_waits
from apps.releases.lifecycle.places import page_of
from apps.releases.lifecycle.words import BEFORE_RELEASING, Status, TrainStatus
from apps.releases.models import Release, Train
from apps.releases.permissions import may_manage
from apps.releases.queries.trains import cannot_share, standstill


@transaction.atomic
def board_train(*, train: Train, release: Release, by: Actor, note: str = "") -> Release:
    """The release goes with this train: its window is the train's from now on, and an approval of another one falls."""
    train = moves.lock(train)
    release = held(release)
    _refuse_boarding(train, release)
    moves.require(may_manage, train, by)
    release = moves.change(release, {"train": train}, by=by, verb="board_train", note=note)
    release = take_window(release, train, by=by, note=note)
    moves.record(train, "board", by=by, note=note, data={"release": release.key})
    refuse_unfit_needs(release, "release")
    return note_waits(release)


@transaction.atomic
def leave_train(*, release: Release, by: Actor, note: str = "") -> Release:
    """The release stays behind, for a reason, so that the rest can go. It keeps its window and its approval."""
    train = _locked_train_of(release)
    release = held(release)
    if train is None or release.train_id != train.pk:
        refuse("not_aboard", _("%s is aboard no train.") % release.key, url=page_of(release))
    if release.status not in BEFORE_RELEASING:
        message = _("%(key)s is %(status)s: it has gone. Back it out if it must come back.")
        words = {"key": release.key, "status": release.get_status_display().lower()}
        refuse("has_gone", message % words, url=page_of(release))
    moves.require(may_manage, train, by)
    if not note.strip():
        raise Invalid.field("note", "required", _("Say why it stays behind."))
    release = put_off(release, train, by=by, note=note)
    _refuse_to_leave_behind_a_standstill(release, train)
    return release


def put_off(release: Release, train: Train, *, by: Actor, note: str) -> Release:
    """It is aboard no more. The train and the release are locked by the caller."""
    release = moves.change(release, {"train": None}, by=by, verb="leave_train", note=note)
    moves.record(train, "leave", by=by, note=note, data={"release": release.key})
    return note_waits(release)


def take_window(release: Release, train: Train, *, by: Actor, note: str = "") -> Release:
    """Plan it into the window of its train. What was approved for another window is not approved for this one."""
    wanted = {"planned_start": train.planned_start, "planned_end": train.planned_end}
    fields = {name: value for name, value in wanted.items() if getattr(release, name) != value}
    return rewrite(release, fields, by=by, note=note) if fields else release


def refuse_unfit_needs(release: Release, pointer: str) -> None:
    """Refuse what was just written when the train could not go with it. Rolled back by the caller's transaction."""
    if release.train_id is not None:
        for need in cannot_share(release):
            message = _("%(one)s needs %(other)s to be closed first: they cannot go on one train.")
            words = {"one": need.release.key, "other": need.needs.key}
            raise Invalid.field(pointer, "needs_closed", message % words)
    circle = standstill(release)
    if circle:
        message = _("Releases of a train go together, so these would wait for each other: %s.")
        raise Invalid.field(pointer, "circle", message % " → ".join(circle))


def _refuse_boarding(train: Train, release: Release) -> None:
    if train.status != TrainStatus.PLANNED:
        message = _("%(train)s is %(status)s: nobody boards it any more.")
        words = {"train": train.key, "status": train.get_status_display().lower()}
        refuse("train_gone", message % words, url=page_of(train))
    if release.status not in BEFORE_RELEASING:
        message = _("%(key)s is %(status)s; a release boards before it starts.")
        words = {"key": release.key, "status": release.get_status_display().lower()}
        refuse("has_gone", message % words, url=page_of(release))
    if release.train_id is not None:
        message = _("%(key)s is aboard %(train)s already.") % {"key": release.key, "train": release.train.key}
        raise Invalid.field("release", "aboard", message)
    is_moved = (release.planned_start, release.planned_end) != (train.planned_start, train.planned_end)
    if is_moved and release.status == Status.AWAITING_APPROVAL:
        message = _(
            "The approvers of %s are being asked about another window: rework it first, or wait for their answer."
        )
        refuse("being_asked", message % release.key, url=page_of(release))


def _locked_train_of(release: Release) -> Train | None:
    train = Train.objects.filter(releases=release.pk).first()
    return moves.lock(train) if train is not None else None


def _refuse_to_leave_behind_a_standstill(release: Release, train: Train) -> None:
    circle = standstill(release)
    if circle:
        message = _(
            "Left behind alone it would wait for %(train)s, and %(train)s for it: %(circle)s. Let who needs it stay too."
        )
        words = {"train": train.key, "circle": " → ".join(circle)}
        refuse("circle", message % words, url=page_of(release))
