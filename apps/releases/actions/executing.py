"""Make it available, take it back, look back, close it; or call it off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import FieldError, Invalid
from apps.releases.actions.approving import OWED_HOURS, passed_over, stop_asking
from apps.releases.actions.ground import held, refuse_unless_possible
from apps.releases.actions.judging import carry_on, look_back, set_out
from apps.releases.actions.waiting import note_waits
from apps.releases.lifecycle.words import Availability, CancelReason
from apps.releases.models import Release
from apps.releases.queries.pack import sealed_digest

LONGEST_INCIDENT = 120


@transaction.atomic
def start_release(*, release: Release, by: Actor, note: str = "", incident: str = "") -> Release:
    """Begin to make it available. An emergency without approval breaks the glass: a reason, an incident, an approval owed."""
    release = held(release)
    change: dict[str, Any] = {}
    breaks_glass = release.is_approval_owed
    if breaks_glass:
        _refuse_without_grounds(release, by, note, incident)
        hours = (release.model_content.get("after_the_fact") or {}).get("approve_within_hours", OWED_HOURS)
        change["owed_approval_by"] = now() + timedelta(hours=hours)
    release = set_out(release, by=by, note=note, change=change)
    if breaks_glass:
        data = {"passed_over": passed_over(release), "owed_by": release.owed_approval_by, "incident": incident.strip()}
        moves.record(release, "break_glass", by=by, note=note, data=data)
    return carry_on(release, by=by)


def _refuse_without_grounds(release: Release, by: Actor, note: str, incident: str) -> None:
    """What goes ahead without approval says why it cannot wait, and for which incident."""
    missing = []
    if not note.strip():
        missing.append(FieldError("note", "required", _("It starts without approval: say why it cannot wait.")))
    if not incident.strip():
        message = _("It starts without approval: name the incident that it mends, such as INC-2026-0001.")
        missing.append(FieldError("incident", "required", message))
    if len(incident) > LONGEST_INCIDENT:
        message = _("A reference has %s characters at most.") % LONGEST_INCIDENT
        missing.append(FieldError("incident", "max_length", message))
    if missing:
        refuse_unless_possible(release, "start", by)
        raise Invalid(missing)


@transaction.atomic
def back_out(*, release: Release, by: Actor, note: str = "") -> Release:
    """Bring the previous versions back; nothing stands in the way of it."""
    release = moves.move(held(release), "back_out", by=by, note=note)
    return carry_on(release, by=by)


@transaction.atomic
def confirm_previous_versions(*, release: Release, by: Actor, note: str = "") -> Release:
    """Somebody has seen that the previous versions are live again."""
    release = moves.move(
        held(release), "confirm_previous_versions", by=by, note=note, change={"previous_confirmed_at": now()}
    )
    return carry_on(release, by=by)


@transaction.atomic
def begin_review(*, release: Release, by: Actor, note: str = "") -> Release:
    """Look back: the released service is proven and early-life support is over."""
    return note_waits(look_back(held(release), "begin_review", by=by, note=note))


@transaction.atomic
def accept_early(*, release: Release, by: Actor, note: str = "") -> Release:
    """Look back before early-life support is over, or with a check of the release open, for a reason."""
    return note_waits(look_back(held(release), "accept_early", by=by, note=note))


@transaction.atomic
def close_release(*, release: Release, by: Actor, note: str = "") -> Release:
    """Fix the outcome that the review found, and seal the evidence."""
    release = held(release)
    refuse_unless_possible(release, "close", by)
    change = {"outcome": release.review_outcome, "closed_at": now(), "evidence_digest": sealed_digest(release)}
    return note_waits(moves.move(release, "close", by=by, note=note, change=change))


@transaction.atomic
def cancel_release(*, release: Release, by: Actor, reason: str, note: str = "") -> Release:
    """Call it off, with a reason from the list and a sentence."""
    release = held(release)
    refuse_unless_possible(release, "cancel", by)
    if reason not in CancelReason.values:
        words = ", ".join(CancelReason.values)
        raise Invalid.field("reason", "unknown", _("Choose one of: %s.") % words)
    stop_asking(release, _("The release was cancelled."), by)
    release = moves.move(release, "cancel", by=by, note=note, change={"cancel_reason": reason})
    return note_waits(release)


@transaction.atomic
def end_support(*, release: Release, by: Actor, note: str = "") -> Release:
    """People may still use it, and nobody mends it any more."""
    return _change_availability(release, "end_support", Availability.END_OF_SUPPORT, by, note)


@transaction.atomic
def end_life(*, release: Release, by: Actor, note: str = "") -> Release:
    """Nobody should use it any more."""
    return _change_availability(release, "end_life", Availability.END_OF_LIFE, by, note)


@transaction.atomic
def withdraw_release(*, release: Release, by: Actor, note: str = "") -> Release:
    """Take it back for good: every gate closes."""
    return _change_availability(release, "withdraw", Availability.WITHDRAWN, by, note)


def _change_availability(release: Release, step: str, availability: str, by: Actor, note: str) -> Release:
    return moves.move(held(release), step, by=by, note=note, change={"availability": availability})
