"""The verbs of the register of break-glass acts."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from apps.compliance.models import BreakGlass
from apps.compliance.permissions import may_approve_break_glass, may_register
from apps.core import moves
from apps.core.actor import Actor
from apps.core.blockers import Blocker
from apps.core.clock import now
from apps.core.errors import NotNow
from apps.core.keys import next_key
from apps.releases.models import Release


def register_break_glass(
    *, release: Release, by: Actor, reason: str, passed_over: str, incident: str = ""
) -> BreakGlass:
    """Enter that somebody went ahead without what the rules ask for."""
    moves.require(may_register, release, by)
    return _enter(release=release, by=by, reason=reason, passed_over=passed_over, person=by.user, incident=incident)


def register_emergency(
    *, release: Release, by: Actor, person: Any, reason: str, passed_over: list[str], incident: str = ""
) -> BreakGlass | None:
    """An emergency started on the promise of an approval: it enters the register by itself, once."""
    if BreakGlass.objects.filter(release=release).exists():
        return None
    people = ", ".join(passed_over)
    said = (
        f"The approval of {people}, owed afterwards." if people else "The approval before the start, owed afterwards."
    )
    return _enter(release=release, by=by, reason=reason, passed_over=said[:400], person=person, incident=incident)


@transaction.atomic
def _enter(*, release: Release, by: Actor, reason: str, passed_over: str, person: Any, incident: str) -> BreakGlass:
    if BreakGlass.objects.filter(release=release).exists():
        raise NotNow([Blocker("registered", f"{release.key} is in the register already.")])
    act = BreakGlass(
        key=next_key("BG", now().year),
        release=release,
        person=person,
        reason=reason,
        passed_over=passed_over,
        incident=incident,
        at=release.started_at or now(),
        approval_due_at=release.owed_approval_by,
    )
    return moves.create(act, by=by, verb="register")


def approve_break_glass(*, act: BreakGlass, by: Actor, note: str = "") -> BreakGlass:
    """Approve a break-glass act afterwards."""
    moves.require(may_approve_break_glass, act, by)
    if act.approved_at:
        raise NotNow([Blocker("approved", "This break-glass act is approved already.")])
    return moves.change(act, {"approved_at": now(), "approved_by": by.user}, by=by, verb="approve", note=note)


def note_owed_approval(*, release: Release, by: Actor) -> BreakGlass | None:
    """The approvers of an emergency have said yes: the register takes it over."""
    act = BreakGlass.objects.filter(release=release, approved_at__isnull=True).first()
    if act is None or release.owed_approval_given_at is None:
        return None
    return moves.change(act, {"approved_at": release.owed_approval_given_at}, by=by, verb="approve")
