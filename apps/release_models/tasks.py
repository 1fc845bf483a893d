"""Jobs: parties that have not answered are reminded."""

from __future__ import annotations

from celery import shared_task

from apps.core.actor import job
from apps.core.clock import now
from apps.release_models import actions


@shared_task(name="release_models.remind")
def remind_parties() -> None:
    actions.remind_parties(at=now(), by=job("reminder sweep"))
