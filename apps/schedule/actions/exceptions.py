"""Exceptions from freezes: asked for, granted until a moment, denied, expired."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Invalid, NotNow
from apps.core.keys import next_key
from apps.schedule.models import Freeze, FreezeException
from apps.schedule.permissions import may_ask_for_exception
from apps.schedule.queries import exceptions_past_their_time


@transaction.atomic
def request_exception(
    *, freeze: Freeze, release_key: str, digest: str, reason: str, by: Actor, until: datetime | None = None
) -> FreezeException:
    """Ask to let one release through a freeze, as the release is now: its digest is part of the question."""
    moves.require(may_ask_for_exception, freeze, by)
    if not reason.strip():
        raise Invalid.field("reason", "required", "Say why this release cannot wait.")
    _refuse_past(until)
    return moves.create(
        FreezeException(
            key=next_key("FEX", now().year),
            freeze=freeze,
            release_key=release_key,
            digest=digest,
            reason=reason.strip(),
            requester=by.user,
            until=until,
        ),
        by=by,
        verb="request",
        note=reason.strip(),
    )


def grant_exception(
    *, exception: FreezeException, by: Actor, until: datetime | None = None, note: str = ""
) -> FreezeException:
    """Let the release through until a moment: the one asked for, unless another is given; else the freeze's end."""
    _refuse_past(until)
    at = now()
    ends = until or exception.until or exception.freeze.in_force_until(at)
    change = {"until": ends, "decided_by": by.user, "decided_at": at}
    return moves.move(exception, "grant", by=by, note=note, change=change)


def deny_exception(*, exception: FreezeException, by: Actor, note: str = "") -> FreezeException:
    """The freeze holds for this release too."""
    change = {"decided_by": by.user, "decided_at": now()}
    return moves.move(exception, "deny", by=by, note=note, change=change)


def expire_exception(*, exception: FreezeException, by: Actor) -> FreezeException:
    """Its time, or the freeze, is over."""
    return moves.move(exception, "expire", by=by)


def sweep_exceptions(*, at: datetime, by: Actor) -> list[FreezeException]:
    """Close the exceptions whose time is over."""
    expired = []
    for due in exceptions_past_their_time(at):
        try:
            expired.append(expire_exception(exception=due, by=by))
        except NotNow:
            continue  # somebody was faster
    return expired


def _refuse_past(until: datetime | None) -> None:
    if until is not None and until <= now():
        raise Invalid.field("until", "past", "This moment is over already.")
