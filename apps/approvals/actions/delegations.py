"""Delegations: a voice lent for a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.approvals.actions.rounds import review_round
from apps.approvals.models import Delegation
from apps.approvals.people import may_stand_in
from apps.approvals.permissions import may_end_delegation, may_give_voice
from apps.approvals.queries import pending_rounds
from apps.core import moves
from apps.core.actor import Actor
from apps.core.blockers import Blocker
from apps.core.clock import now
from apps.core.errors import FieldError, Invalid, NotNow
from apps.core.keys import next_key

LONGEST = timedelta(days=366)


@transaction.atomic
def create_delegation(
    *, giver: Any, taker: Any, from_at: datetime, until_at: datetime, by: Actor, reason: str = ""
) -> Delegation:
    """Lend your voice to somebody for a time. They answer “on behalf of” you; they cannot pass it on."""
    moves.require(may_give_voice, giver, by)
    _refuse_unfit(giver, taker, from_at, until_at)
    lent = moves.create(
        Delegation(
            key=next_key("DEL", now().year), giver=giver, taker=taker, from_at=from_at, until_at=until_at, reason=reason
        ),
        by=by,
    )
    for round in pending_rounds().filter(asks__person=giver).distinct():
        review_round(round=round, by=by)
    return lent


@transaction.atomic
def end_delegation(*, delegation: Delegation, by: Actor, note: str = "") -> Delegation:
    """Take the voice back now. What was answered meanwhile stands."""
    moves.require(may_end_delegation, delegation, by)
    row = moves.lock(delegation)
    if row.ended_at is not None or row.until_at <= now():
        raise NotNow([Blocker("already_over", "This delegation is over already.")])
    return moves.change(row, {"ended_at": now()}, by=by, verb="end", note=note)


def _refuse_unfit(giver: Any, taker: Any, from_at: datetime, until_at: datetime) -> None:
    errors = []
    if taker.pk == giver.pk:
        errors.append(FieldError("taker", "self", "A delegation goes to somebody else."))
    elif not may_stand_in(taker):
        errors.append(
            FieldError(
                "taker",
                "unfit",
                f"{taker} cannot stand in: an auditor, a tool or somebody who left answers for nobody.",
            )
        )
    if until_at <= from_at:
        errors.append(FieldError("until_at", "before_start", "The delegation ends before it starts."))
    elif until_at <= now():
        errors.append(FieldError("until_at", "past", "The delegation would already be over."))
    elif until_at - from_at > LONGEST:
        errors.append(FieldError("until_at", "too_long", "A delegation lasts a year at most; renew it then."))
    if errors:
        raise Invalid(errors)
