"""Stop a release, and let it go on. A hold is a fact with a start and an end; the status stays where it is."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Invalid
from apps.releases.actions.ground import held, next_number, refuse
from apps.releases.actions.waiting import note_waits
from apps.releases.lifecycle.places import page_of
from apps.releases.models import Hold, Release
from apps.releases.permissions import may_hold, may_lift


@transaction.atomic
def place_hold(*, release: Release, reason: str, by: Actor, until: datetime | None = None) -> Hold:
    """Stop the release until a moment, or until somebody lifts the hold."""
    release = held(release)
    if release.is_ended:
        status = release.get_status_display().lower()
        refuse("release_ended", _("There is nothing to stop: the release is %s.") % status, url=page_of(release))
    moves.require(may_hold, release, by)
    if not reason.strip():
        raise Invalid.field("reason", "required", _("Say why it must stop."))
    if until is not None and until <= now():
        raise Invalid.field("until", "past", _("A hold ends in the future."))
    hold = Hold(
        release=release,
        number=next_number(release.holds),
        reason=reason.strip(),
        placed_by=by.user,
        placed_at=now(),
        until=until,
    )
    hold = moves.create(hold, by=by, verb="place", note=reason.strip())
    note_waits(release)
    return hold


@transaction.atomic
def lift_hold(*, hold: Hold, by: Actor, note: str = "") -> Hold:
    """Let the release go on."""
    release = held(hold.release)
    hold = moves.lock(hold)
    if hold.lifted_at is not None:
        refuse("hold_lifted", _("This hold has been lifted already."), url=page_of(release))
    moves.require(may_lift, hold, by)
    hold = moves.change(hold, {"lifted_at": now(), "lifted_by": by.user}, by=by, verb="lift", note=note)
    note_waits(release)
    return hold
