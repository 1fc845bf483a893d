"""Jobs: once a day."""

from __future__ import annotations

from celery import shared_task

from apps.core.actor import job
from apps.core.clock import now
from apps.discovery import actions


@shared_task(name="discovery.look")
def look_for_relationships() -> None:
    """Pairs of items that are released together, or have incidents after each other's releases."""
    actions.look_for_relationships(at=now(), by=job("discovery"))
