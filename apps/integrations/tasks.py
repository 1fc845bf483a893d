"""Jobs: understand what came in, tell subscribers, forget what has served its time."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task

from apps.core.clock import now
from apps.core.models import OutboxEvent
from apps.core.outbox import consumer
from apps.integrations import actions
from apps.integrations.actions.gating import GATE_DUE
from apps.integrations.actions.outbound import DUE
from apps.integrations.models import HookDelivery
from apps.integrations.queries.outbound import PUBLIC

KEPT = timedelta(days=30)


@consumer("integrations.hookdelivery.receive", "integrations.hookdelivery.rematch", name="integrations.process")
def process_delivery(event: OutboxEvent) -> None:
    delivery = HookDelivery.objects.select_related("endpoint").filter(pk=event.subject_id).first()
    if delivery is not None:
        actions.process_delivery(delivery=delivery)


@consumer("releases.release.*", "releases.hold.*", name="integrations.ask_gates")
def ask_gates(event: OutboxEvent) -> None:
    actions.ask_gates_of(release_key=event.payload["root_key"])


@consumer(GATE_DUE, name="integrations.answer_gate", external=True)
def answer_gate(event: OutboxEvent) -> None:
    actions.answer_gate(delivery_id=int(event.subject_id))


@consumer(*PUBLIC, name="integrations.fan_out")
def fan_out(event: OutboxEvent) -> None:
    actions.fan_out(event=event)


@consumer("integrations.webhookdelivery.address", DUE, name="integrations.send", external=True)
def send(event: OutboxEvent) -> None:
    actions.attempt_delivery(delivery_id=int(event.subject_id))


@shared_task(name="integrations.forget")
def forget_deliveries() -> None:
    actions.forget_deliveries(before=now() - KEPT)


@shared_task(name="integrations.sweep")
def sweep_webhooks() -> None:
    actions.sweep_webhooks()
