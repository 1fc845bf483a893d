"""Who is told outside."""

from __future__ import annotations

import re
from typing import Any

from apps.core import moves, outbound
from apps.core.actor import Actor
from apps.core.errors import Invalid
from apps.core.keys import next_key
from apps.integrations.models import WebhookSubscription
from apps.integrations.permissions import may_connect
from apps.integrations.signatures import new_webhook_secret
from apps.integrations.vault import lock_up

PATTERN = re.compile(r"[a-z_*?]+(\.[a-z_*?]+){0,2}")
MOST_PATTERNS = 50


def subscribe(*, name: str, url: str, events: list[str], by: Actor, **fields: Any) -> tuple[WebhookSubscription, str]:
    """A new subscription and the secret its messages are signed with, which is not shown again."""
    moves.require(may_connect, None, by)
    _check({"url": url, "events": events})
    secret = new_webhook_secret()
    row = WebhookSubscription(
        key=next_key("WHK"), name=name, url=url, events=events, locked_secret=lock_up(secret), **fields
    )
    return moves.create(row, by=by, verb="subscribe"), secret


def change_subscription(*, subscription: WebhookSubscription, by: Actor, **fields: Any) -> WebhookSubscription:
    """Tell another address, of other events, or nobody for a while."""
    moves.require(may_connect, subscription, by)
    _check(fields)
    if fields.get("is_enabled"):
        fields["disabled_reason"] = ""
    return moves.change(subscription, fields, by=by)


def rotate_subscription_secret(
    *, subscription: WebhookSubscription, by: Actor, note: str = ""
) -> tuple[WebhookSubscription, str]:
    """A new secret. Messages are signed with both until the next change, so that the receiver can follow."""
    moves.require(may_connect, subscription, by)
    secret = new_webhook_secret()
    fields = {"locked_secret": lock_up(secret), "locked_previous": moves.lock(subscription).locked_secret}
    return moves.change(subscription, fields, by=by, verb="rotate_secret", note=note), secret


def remove_subscription(*, subscription: WebhookSubscription, by: Actor) -> None:
    """Nobody is told any more; the log of what was told goes with it, the audit trail stays."""
    moves.require(may_connect, subscription, by)
    moves.remove(subscription, by=by)


def _check(fields: dict[str, Any]) -> None:
    if "url" in fields:
        try:
            outbound.checked_url(fields["url"])
        except outbound.OutboundError as refusal:
            raise Invalid.field("url", refusal.code, str(refusal)) from refusal
    if "events" in fields:
        _check_patterns(fields["events"])


def _check_patterns(events: Any) -> None:
    if not isinstance(events, list) or not events or len(events) > MOST_PATTERNS:
        raise Invalid.field("events", "invalid", f"Name between 1 and {MOST_PATTERNS} events or patterns.")
    for event in events:
        if not isinstance(event, str) or not PATTERN.fullmatch(event):
            raise Invalid.field(
                "events", "invalid", f"“{str(event)[:60]}” is not an event such as releases.release.start."
            )
