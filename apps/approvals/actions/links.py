"""Links in mail: a token that names the person, and a code that stands in the text of the same mail."""

from __future__ import annotations

import secrets
from datetime import timedelta
from hmac import compare_digest
from typing import Any

from django.db import transaction

from apps.approvals.lifecycle import RoundStatus
from apps.approvals.models import CODE_ATTEMPTS, ApprovalLink, Ask
from apps.approvals.queries import code_digest, link_obstacles, resolve_link, secret_digest
from apps.core import moves
from apps.core.actor import Actor, Door
from apps.core.blockers import Blocker
from apps.core.clock import now
from apps.core.errors import Invalid, NotNow, Unauthorised

LONGEST = timedelta(days=14)


@transaction.atomic
def issue_link(*, ask: Ask, by: Actor) -> tuple[str, str]:
    """Make a link for one person, one purpose, one digest. Returns (token, code), which are stored nowhere."""
    round = ask.round
    if round.status != RoundStatus.PENDING:
        raise NotNow([Blocker("round_closed", "Nothing is asked any more: the round is closed.", url=round.url)])
    token, code = secrets.token_urlsafe(32), f"{secrets.randbelow(1_000_000):06d}"
    latest = now() + LONGEST
    moves.create(
        ApprovalLink(
            ask=ask,
            token_digest=secret_digest(token),
            code_digest=code_digest(token, code),
            content_digest=round.digest,
            expires_at=min(round.expires_at or latest, latest),
        ),
        by=by,
        verb="issue",
    )
    return token, code


def prove_link(*, token: str, code: str = "", user: Any = None, request_id: str = "") -> tuple[ApprovalLink, Actor]:
    """The human factor of a decision by mail: the person's own session, or the code where the rules allow it.

    Returns the link and the actor to answer with. Call it outside any transaction: a wrong code must be counted even
    though it is refused. The link itself is consumed by the answer, in the answer's own transaction.
    """
    link = resolve_link(token)
    obstacles = link_obstacles(link)
    if obstacles:
        raise NotNow(obstacles)
    person = link.ask.person
    actor = Actor(Door.EMAIL, user=person, request_id=request_id)
    if user is not None and user.is_active and user.pk == person.pk:
        return link, actor
    if not person.is_active:
        raise Unauthorised("This account is not active any more.")
    if not link.ask.round.email_code_allowed:
        raise Unauthorised("This decision asks you to sign in first.", code="session_required")
    _try_code(link, token, code, actor)
    return link, actor


def _try_code(link: ApprovalLink, token: str, code: str, actor: Actor) -> None:
    with transaction.atomic():
        row = moves.lock(link)
        if row.is_locked:
            raise NotNow([Blocker("link_locked", "Too many wrong codes: sign in to answer.", url=link.ask.round.url)])
        if compare_digest(row.code_digest, code_digest(token, code)):
            return
        if code.strip():
            row = moves.change(row, {"attempts": row.attempts + 1}, by=Actor(actor.door), verb="wrong_code")
    left = CODE_ATTEMPTS - row.attempts
    if not code.strip():
        raise Invalid.field("code", "required", "Type the six digits that stand in the text of the e-mail, or sign in.")
    raise Invalid.field("code", "wrong", f"This is not the code in the e-mail. {left} attempt(s) left.")
