"""An answer: judged at the moment it is given, kept for ever, counted at once."""

from __future__ import annotations

from datetime import timedelta
from hmac import compare_digest
from typing import Any

from django.db import transaction

from apps.approvals.actions.rounds import review_round
from apps.approvals.lifecycle import RoundStatus
from apps.approvals.models import Answer, ApprovalLink, Decision, Delegation, Round
from apps.approvals.people import may_stand_in
from apps.approvals.queries import doubled_voice, eligibility
from apps.core import moves
from apps.core.actor import Actor, Door
from apps.core.blockers import Blocker
from apps.core.clock import now
from apps.core.errors import Conflict, FieldError, Invalid, NotNow, NotPermitted, Stale
from apps.core.keys import next_key

NEEDS_REASON = {Decision.REJECT, Decision.REQUEST_CHANGES}


@transaction.atomic
def answer(
    *,
    round: Round,
    by: Actor,
    decision: str,
    reason: str = "",
    digest: str,
    on_behalf_of: Any = None,
    condition: dict[str, Any] | None = None,
    delegate_to: Any = None,
) -> Round:
    """Say yes, no, or something between. Refused unless this person may answer now, on the content as it is now."""
    row = moves.lock(round)
    _refuse_when_closed(row)
    if not compare_digest(digest.encode(), row.digest.encode()):
        raise Stale("What is to be approved has changed since it was shown to you. Look at it again, then answer.")
    if by.is_system:
        raise NotPermitted("Only a person approves: a job, a hook or a command cannot answer.")
    if on_behalf_of is not None and on_behalf_of.pk == by.user.pk:
        on_behalf_of = None
    _refuse_when_incomplete(by, decision, reason, condition or {}, on_behalf_of, delegate_to)
    verdict = eligibility(row, by.user, on_behalf_of=on_behalf_of)
    if not verdict.is_eligible:
        raise NotPermitted(" ".join(verdict.reasons))
    if doubled_voice(row, by.user, on_behalf_of, decision):
        raise NotPermitted("You have already approved once; these rules want distinct people.")
    if by.door == Door.EMAIL:
        _use_link(row, by)
    given = moves.create(
        Answer(
            round=row,
            group=verdict.groups[0],
            groups=list(verdict.groups),
            person=by.user,
            on_behalf_of=on_behalf_of,
            decision=decision,
            reason=reason.strip(),
            condition=condition or {},
            digest=row.digest,
            door=by.door,
            at=now(),
        ),
        by=by,
        note=reason.strip(),
    )
    if given.decision == Decision.DELEGATE:
        _hand_over(row, by, delegate_to)
    return review_round(round=row, by=by)


def _refuse_when_closed(round: Round) -> None:
    if round.status != RoundStatus.PENDING:
        why = f": {round.closed_reason}" if round.closed_reason else "."
        sentence = f"Nothing is asked any more: this round is {round.get_status_display().lower()}{why}"
        raise NotNow([Blocker("round_closed", sentence, url=round.url)])
    if round.expires_at is not None and round.expires_at <= now():
        raise NotNow([Blocker("round_expired", "The time to answer is over.", url=round.url)])


def _refuse_when_incomplete(
    by: Actor, decision: str, reason: str, condition: dict[str, Any], on_behalf_of: Any, delegate_to: Any
) -> None:
    errors = []
    if decision not in Decision.values:
        words = ", ".join(Decision.values)
        errors.append(FieldError("decision", "unknown", f"“{decision}” is not a decision; use one of {words}."))
    if decision in NEEDS_REASON and not reason.strip():
        errors.append(FieldError("reason", "required", "Say why, so that it can be mended."))
    if decision == Decision.APPROVE_WITH_CONDITIONS and not reason.strip() and not condition:
        errors.append(FieldError("reason", "required", "Say what the condition is."))
    if decision == Decision.DELEGATE:
        errors.extend(_faults_of_hand_over(by, on_behalf_of, delegate_to))
    if errors:
        raise Invalid(errors)


def _faults_of_hand_over(by: Actor, on_behalf_of: Any, delegate_to: Any) -> list[FieldError]:
    if delegate_to is None:
        return [FieldError("delegate_to", "required", "Say to whom you hand over.")]
    if on_behalf_of is not None:
        return [FieldError("on_behalf_of", "one_level", "A delegation goes one level: you cannot hand it on.")]
    if delegate_to.pk == by.user.pk:
        return [FieldError("delegate_to", "self", "Hand over to somebody else.")]
    if not may_stand_in(delegate_to):
        return [FieldError("delegate_to", "unfit", f"{delegate_to} cannot stand in for anybody.")]
    return []


def _hand_over(round: Round, by: Actor, taker: Any) -> None:
    if round.barred.filter(pk=taker.pk).exists():
        raise Invalid.field("delegate_to", "barred", f"Segregation of duties bars {taker} from approving this.")
    lent = Delegation(
        key=next_key("DEL", now().year),
        giver=by.user,
        taker=taker,
        round=round,
        from_at=now(),
        until_at=round.expires_at or now() + timedelta(days=30),
        reason=f"For {round.key} only",
    )
    moves.create(lent, by=by)


def _use_link(round: Round, by: Actor) -> None:
    """An answer by e-mail consumes every open link of that person in the round: one mail, one decision."""
    links = ApprovalLink.objects.filter(ask__round=round, ask__person=by.user, used_at__isnull=True)
    if not links.filter(content_digest=round.digest, expires_at__gt=now()).exists():
        raise Conflict("This link has been used or has expired: it serves one decision.", code="link_used")
    moves.change_many(links, {"used_at": now()}, by=by, about=round, verb="use_link")
