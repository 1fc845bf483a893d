"""Rounds: opened by the owner of the subject, judged after every answer, closed once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.approvals import rules as approval_rules
from apps.approvals.actions.chasing import chase_round
from apps.approvals.lifecycle import RoundStatus
from apps.approvals.models import Round
from apps.approvals.queries import (
    obstacles_to_opening,
    pending_rounds,
    people_to_ask,
    rounds_past_their_time,
    settled_asks,
)
from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Invalid, NotNow

DEFAULT_HOURS = 120


@transaction.atomic
def open_round(
    *,
    key: str,
    title: str,
    url: str,
    digest: str,
    content: dict[str, Any],
    rules: dict[str, Any],
    requester: Any,
    barred: Iterable[Any],
    by: Actor,
    expires_at: datetime | None = None,
) -> Round:
    """Ask for approval of one content. Refused when the rules could never be satisfied by the people there are.

    A rule set without groups asks nobody: the round it opens is approved at once.
    """
    approval_rules.parse(rules)
    at = now()
    expires_at = expires_at or at + timedelta(hours=rules.get("expires_after_hours") or DEFAULT_HOURS)
    if expires_at <= at:
        raise Invalid.field("expires_at", "past", "The time to answer would already be over.")
    barred = {person.pk: person for person in barred if person is not None}
    opened = moves.create(
        Round(
            key=key,
            title=title,
            url=url,
            digest=digest,
            content=content,
            rules=rules,
            requester=requester,
            opened_at=at,
            expires_at=expires_at,
            email_code_allowed=bool(rules.get("email_code", True)),
        ),
        by=by,
        verb="open",
        data={"barred": sorted(person.get_username() for person in barred.values())},
    )
    opened.barred.set(barred.values())
    obstacles = obstacles_to_opening(opened)
    if obstacles:
        raise NotNow(obstacles)
    return review_round(round=opened, by=by)


@transaction.atomic
def review_round(*, round: Round, by: Actor) -> Round:
    """Look at the round again: ask who is to be asked now, let go who is not, and close it when the rules say so."""
    row = moves.lock(round)
    if row.status != RoundStatus.PENDING:
        return row
    standing = row.standing()
    if standing.is_refused:
        return _close(row, "reject", reason=_objections_in_words(row), by=by)
    if standing.is_satisfied:
        return _close(row, "approve", reason="", by=by)
    fresh = people_to_ask(row, standing, now())
    for ask in fresh:
        moves.create(ask, by=by)
    _settle(row, row.standing() if fresh else standing, by)
    return row


@transaction.atomic
def cancel_round(*, round: Round, reason: str, by: Actor) -> Round:
    """Nothing is asked any more: the content changed, was withdrawn, or needs no approval."""
    return _close(round, "cancel", reason=reason, by=by)


@transaction.atomic
def expire_round(*, round: Round, by: Actor) -> Round:
    """The time to answer is over."""
    return _close(round, "expire", reason="Nobody decided in time.", by=by)


def sweep_rounds(*, at: datetime, by: Actor) -> list[Round]:
    """Close what is past its time; ask again where people, roles or delegations have changed meanwhile."""
    expired = []
    for due in rounds_past_their_time(at):
        try:
            expired.append(expire_round(round=due, by=by))
        except NotNow:
            continue  # somebody was faster
    for pending in pending_rounds():
        chase_round(round=review_round(round=pending, by=by), at=at, by=by)
    return expired


def _close(round: Round, step: str, *, reason: str, by: Actor) -> Round:
    closed = moves.move(round, step, by=by, note=reason, change={"closed_at": now(), "closed_reason": reason})
    _settle(closed, closed.standing(), by)
    return closed


def _settle(round: Round, standing: Any, by: Actor) -> None:
    settled = settled_asks(round, standing, now())
    open_asks = round.asks.filter(settled_at__isnull=True, pk__in=settled)
    moves.change_many(open_asks, {"settled_at": now()}, by=by, about=round, verb="settle_asks")
    again = round.asks.filter(settled_at__isnull=False).exclude(pk__in=settled)
    moves.change_many(again, {"settled_at": None}, by=by, about=round, verb="reopen_asks")


def _objections_in_words(round: Round) -> str:
    against = [answer for answer in round.answers_in_effect() if answer.decision == "reject"]
    return " ".join(f"{answer.person}: {answer.reason}" for answer in against)
