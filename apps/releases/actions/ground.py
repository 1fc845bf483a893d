"""What every deed on a release begins and ends with: one lock order (the release first), state before permission."""

from __future__ import annotations

from typing import Any

from apps.core import moves
from apps.core.actor import Actor
from apps.core.blockers import Blocker
from apps.core.errors import NotNow
from apps.core.lifecycle import blockers_of, step_named
from apps.releases.models import Release


def held(release: Release) -> Release:
    """The release as it is now, locked before any of its parts. Whoever comes second sees what the first one did."""
    return moves.lock(release)


def refuse_unless_possible(subject: Any, step: str, by: Actor) -> None:
    """Refuse a step before anything is written for it: every blocker first, then the permission."""
    blockers = blockers_of(subject, step)
    if blockers:
        raise NotNow(blockers)
    permission = step_named(type(subject), step).permission
    if permission is not None:
        moves.require(permission, subject, by)


def refuse(code: str, message: Any, **more: Any) -> None:
    """Refuse for one reason."""
    raise NotNow([Blocker(code, str(message), **more)])


def by_itself(by: Actor) -> Actor:
    """The system, acting on what somebody did: it came in by the same door, in the same request."""
    return Actor(by.door, name="tidegate", request_id=by.request_id)


def next_number(rows: Any) -> int:
    """The next number among the parts of a locked release."""
    last = rows.order_by("-number").values_list("number", flat=True).first()
    return (last or 0) + 1
