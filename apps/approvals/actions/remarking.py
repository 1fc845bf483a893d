"""Questions and comments about a round: they are told to the others and decide nothing."""

from __future__ import annotations

from django.db import transaction

from apps.approvals.lifecycle import RoundStatus
from apps.approvals.models import Remark, Round
from apps.approvals.permissions import may_remark
from apps.core import moves
from apps.core.actor import Actor
from apps.core.blockers import Blocker
from apps.core.clock import now
from apps.core.errors import Invalid, NotNow

LONGEST = 2000


@transaction.atomic
def remark(*, round: Round, text: str, by: Actor, is_question: bool = False) -> Remark:
    """Ask for information, or answer; the round goes on as it was, and so does its time."""
    row = moves.lock(round)
    if row.status != RoundStatus.PENDING:
        status = row.get_status_display().lower()
        raise NotNow([Blocker("round_closed", f"Nothing is asked any more: this round is {status}.", url=row.url)])
    moves.require(may_remark, row, by)
    said = text.strip()
    if not said:
        raise Invalid.field("reason", "required", "Write what you want to know.")
    kind = Remark.Kind.QUESTION if is_question else Remark.Kind.COMMENT
    verb = "ask" if is_question else "say"
    return moves.create(
        Remark(round=row, person=by.user, kind=kind, text=said[:LONGEST], at=now()),
        by=by,
        verb=verb,
        note=said[:LONGEST],
    )
