"""From event to message, and from message to mail."""

from celery import shared_task

from apps.core.actor import job
from apps.core.clock import now
from apps.core.models import OutboxEvent
from apps.core.outbox import consumer
from apps.notifications import actions
from apps.notifications.models import Message
from apps.notifications.routes import ROUTES

MAIL = job("mail")


@consumer(*ROUTES, name="notifications.route")
def route(event: OutboxEvent) -> None:
    actions.route_event(event=event, by=MAIL)


@consumer("notifications.message.create", "notifications.message.resend", name="notifications.send", external=True)
def send(event: OutboxEvent) -> None:
    for message in Message.objects.filter(pk=event.subject_id):
        actions.send_message(message=message, by=MAIL)


@shared_task
def send_stranded() -> None:
    actions.send_stranded(at=now(), by=MAIL)
