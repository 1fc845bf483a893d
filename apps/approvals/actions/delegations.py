"""Delegations: a voice lent for a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.approvals.actions.rounds import review_round
from apps.approvals.models import Delegation
from apps.approvals.people import at_work
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
    """Lend your voice to somebody for a time. They answer “on behalf of” you; they cannot pass it on.

    An administrator may enter it for somebody who cannot, with a reason, and never in their own favour.
    """
    moves.require(may_give_voice, giver, by)
    errors = [*_unfit(giver, taker), *_untimely(from_at, until_at), *_not_entered_for(giver, taker, reason, by)]
    if errors:
        raise Invalid(errors)
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


def _unfit(giver: Any, taker: Any) -> Iterator[FieldError]:
    fit = set(User.objects.filter(at_work(), pk__in=(giver.pk, taker.pk)).values_list("pk", flat=True))
    if giver.pk not in fit:
        detail = _("%s has no voice to lend: an auditor, a tool or somebody who left answers for nobody.") % giver
        yield FieldError("giver", "unfit", detail)
    if taker.pk == giver.pk:
        yield FieldError("taker", "self", _("A delegation goes to somebody else."))
    elif taker.pk not in fit:
        detail = _("%s cannot stand in: an auditor, a tool or somebody who left answers for nobody.") % taker
        yield FieldError("taker", "unfit", detail)


def _untimely(from_at: datetime, until_at: datetime) -> Iterator[FieldError]:
    if until_at <= from_at:
        yield FieldError("until_at", "before_start", _("The delegation ends before it starts."))
    elif until_at <= now():
        yield FieldError("until_at", "past", _("The delegation would already be over."))
    elif until_at - from_at > LONGEST:
        yield FieldError("until_at", "too_long", _("A delegation lasts a year at most; renew it then."))


def _not_entered_for(giver: Any, taker: Any, reason: str, by: Actor) -> Iterator[FieldError]:
    """What an administrator may not do in somebody else's name."""
    if by.user is None or by.user.pk == giver.pk:
        return
    if taker.pk == by.user.pk:
        yield FieldError("taker", "own_favour", _("Nobody lends another person’s voice to themselves."))
    if not reason.strip():
        yield FieldError("reason", "required", _("Say why %s does not lend it in person.") % giver)
