"""Jobs of the ground: deliveries, the sealing of the audit trail, and forgetting what has served its time."""

from datetime import timedelta

from celery import shared_task

from apps.core import heartbeat, housekeeping, relay, seal
from apps.core.clock import now


@shared_task
def deliver(ids: list[int]) -> None:
    relay.deliver(ids)


@shared_task
def seal_audit_trail() -> None:
    seal.seal_entries()


@shared_task
def forget_old_records() -> None:
    housekeeping.forget(before=now() - timedelta(days=30))


@shared_task
def note_heartbeat() -> None:
    heartbeat.note(heartbeat.WORKER)
