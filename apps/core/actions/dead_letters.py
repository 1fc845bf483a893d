"""Deliveries that were given up: staff may send them on their way again."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from apps.core import moves
from apps.core.actor import Actor
from apps.core.blockers import Blocker
from apps.core.clock import now
from apps.core.errors import NotNow
from apps.core.models import OutboxDelivery


def may_retry(delivery: Any, user: Any) -> bool:
    """Only an administrator may send a dead letter again."""
    return user.is_active and "administrator" in getattr(user, "roles", ())


@transaction.atomic
def retry_delivery(*, delivery: OutboxDelivery, by: Actor) -> OutboxDelivery:
    """Give a dead letter its attempts back; the relay takes it with the next batch."""
    row = moves.lock(delivery)
    if row.dead_at is None:
        raise NotNow([Blocker("not_dead", f"Delivery {row.pk} was not given up: there is nothing to retry.")])
    moves.require(may_retry, row, by)
    return moves.change(row, {"dead_at": None, "attempts": 0, "available_at": now()}, by=by, verb="retry")
