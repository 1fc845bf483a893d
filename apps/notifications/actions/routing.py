"""From an event to messages: who is told is decided, and written down, in the transaction that marks the event done."""

from __future__ import annotations

from django.conf import settings
from django.utils import translation

from apps.core import moves
from apps.core.actor import Actor
from apps.core.models import OutboxEvent
from apps.notifications.models import Message
from apps.notifications.queries import Reader
from apps.notifications.rendering import message_id_for, render
from apps.notifications.routes import ROUTES, Route, template_of


def route_event(*, event: OutboxEvent, by: Actor) -> list[Message]:
    """Write one message for each reader of the event; nobody is told twice."""
    told: set[str] = set()
    written = []
    for route in ROUTES.get(event.name, ()):
        for reader in route.audience(event):
            address = reader.address.lower()
            if address not in told:
                told.add(address)
                written.append(_write(event, route, reader, by))
    return written


def _write(event: OutboxEvent, route: Route, reader: Reader, by: Actor) -> Message:
    template = template_of(event.name)
    with translation.override(reader.language or settings.LANGUAGE_CODE):
        reason = str(route.reason)
    said = render(
        template,
        lambda: route.content(event, reader) | {"reader": reader.name, "reason": reason},
        language=reader.language,
        zone=reader.zone,
    )
    message = Message(
        event=event.name,
        event_id=event.pk,
        template=template,
        record_key=event.payload["root_key"],
        to_user=reader.user,
        to_address=reader.address,
        reason=reason,
        subject=said.subject,
        text=said.text,
        html=said.html,
        ask=reader.ask,
        invitation=reader.invitation,
        communication=reader.communication,
        message_id=message_id_for(event.pk, template, reader.address or str(reader.user)),
    )
    return moves.create(message, by=by)
