"""Jobs: rounds past their time are closed, and whoever is to be asked by now is asked."""

from __future__ import annotations

from celery import shared_task

from apps.approvals import actions
from apps.core.actor import job
from apps.core.clock import now


@shared_task(name="approvals.sweep")
def sweep_rounds() -> None:
    actions.sweep_rounds(at=now(), by=job("approval sweep"))
