"""Silence: those who were asked are reminded, and after a while somebody above them is told."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from apps.approvals.lifecycle import RoundStatus
from apps.approvals.models import Round
from apps.approvals.queries import is_silent, unanswered_asks
from apps.core import moves
from apps.core.actor import Actor

REMIND_AFTER = timedelta(hours=24)
PART_OF_THE_TIME = 0.5  # of the time there is to answer, after which silence is escalated


@transaction.atomic
def chase_round(*, round: Round, at: datetime, by: Actor) -> Round:
    """Remind once a day whoever has not answered; when half of the time has gone by in silence, escalate once."""
    row = moves.lock(round)  # before its asks, as everywhere: the other order would meet an answer half-way
    if row.status != RoundStatus.PENDING:
        return row
    for ask in unanswered_asks(row, since=at - REMIND_AFTER):
        moves.change(ask, {"reminded_at": at}, by=by, verb="remind")
    if row.escalated_at is None and row.expires_at and at >= escalates_at(row) and is_silent(row):
        return moves.change(row, {"escalated_at": at}, by=by, verb="escalate")
    return row


def escalates_at(round: Round) -> datetime:
    """When silence is told to somebody above: after half of the time that there is to answer."""
    return round.opened_at + (round.expires_at - round.opened_at) * PART_OF_THE_TIME
