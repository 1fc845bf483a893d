"""Jobs: exceptions whose time, or whose freeze, is over are closed."""

from __future__ import annotations

from celery import shared_task

from apps.core.actor import job
from apps.core.clock import now
from apps.schedule import actions


@shared_task(name="schedule.sweep")
def sweep_exceptions() -> None:
    actions.sweep_exceptions(at=now(), by=job("schedule sweep"))
