"""No host is called more often than it can bear, however many checks ask for it at once."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from apps.core.clock import now
from apps.verification.models import CallBudget

MINUTE = timedelta(minutes=1)


@transaction.atomic
def seconds_until_free(target: str, per_minute: int) -> float:
    """Take one call of this minute's budget and return 0; or, when it is used up, the seconds until the next minute."""
    if not target:
        return 0.0
    moment = now()
    CallBudget.objects.get_or_create(target=target[:255], defaults={"minute_began_at": moment})
    budget = CallBudget.objects.select_for_update().get(target=target[:255])
    if moment - budget.minute_began_at >= MINUTE:
        budget.minute_began_at, budget.calls = moment, 0
    if budget.calls >= per_minute:
        return max(1.0, (budget.minute_began_at + MINUTE - moment).total_seconds())
    budget.calls += 1
    budget.save()
    return 0.0
