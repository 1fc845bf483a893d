"""Secret addresses for calendar programs."""

from __future__ import annotations

import secrets
from typing import Any

from apps.accounts.models import User
from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.keys import next_key
from apps.integrations.models import CalendarFeed
from apps.integrations.permissions import may_subscribe
from apps.integrations.queries import digest_of_token


def open_feed(*, owner: User, name: str, by: Actor, **fields: Any) -> tuple[CalendarFeed, str]:
    """A new feed and the token of its address, which is not shown again."""
    moves.require(may_subscribe, None, by)
    token = secrets.token_urlsafe(32)
    row = CalendarFeed(key=next_key("CAL"), owner=owner, name=name, token_digest=digest_of_token(token), **fields)
    return moves.create(row, by=by, verb="open"), token


def revoke_feed(*, feed: CalendarFeed, by: Actor, note: str = "") -> CalendarFeed:
    """Whoever has the address reads nothing any more."""
    moves.require(may_subscribe, feed, by)
    if not feed.is_live:
        return feed
    return moves.change(feed, {"revoked_at": now()}, by=by, verb="revoke", note=note)
