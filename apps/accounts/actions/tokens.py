"""API tokens: issued once in clear, kept as a digest, revoked for good."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from apps.accounts.models import ApiToken, User
from apps.accounts.permissions import may_issue_token
from apps.accounts.queries import digest_of
from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now

PREFIX = "tg_"
HINT_LENGTH = len(PREFIX) + 6
USUAL_LIFE = timedelta(days=90)
USE_IS_NOTED_EVERY = timedelta(minutes=1)


def issue_token(
    *, user: User, scopes: Sequence[str], by: Actor, name: str = "", expires_at: datetime | None = None, note: str = ""
) -> tuple[ApiToken, str]:
    """A new token and its secret, which is never shown again."""
    moves.require(may_issue_token, user, by)
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        user=user,
        name=name or "API token",
        hint=secret[:HINT_LENGTH],
        digest=digest_of(secret),
        scopes=list(dict.fromkeys(scopes)),
        expires_at=expires_at or now() + USUAL_LIFE,
    )
    return moves.create(token, by=by, verb="issue", note=note), secret


def revoke_token(*, token: ApiToken, by: Actor, note: str = "") -> ApiToken:
    """Make a token useless from now on. Revoking it twice is harmless."""
    moves.require(may_issue_token, token.user, by)
    if token.revoked_at is not None:
        return token
    return moves.change(token, {"revoked_at": now()}, by=by, verb="revoke", note=note)


def note_token_used(*, token: ApiToken) -> None:
    """Remember when a token was last used: at most one write a minute, no audit entry, no new version."""
    at = now()
    stale = at - USE_IS_NOTED_EVERY
    if token.last_used_at is None or token.last_used_at < stale:
        unnoted = Q(last_used_at__isnull=True) | Q(last_used_at__lt=stale)
        ApiToken.objects.filter(unnoted, pk=token.pk).update(last_used_at=at)
