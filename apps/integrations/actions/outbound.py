"""Telling subscribers: one delivery per event and subscriber, attempted for days, signed anew each time."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import transaction
from django.utils.http import parse_http_date_safe

from apps.core import moves, outbound, outbox
from apps.core.actor import Actor, job
from apps.core.clock import now
from apps.core.documents import storable
from apps.core.errors import Invalid
from apps.core.models import OutboxEvent
from apps.integrations.lifecycle import OutboundStatus
from apps.integrations.models import WebhookDelivery, WebhookSubscription
from apps.integrations.permissions import may_connect
from apps.integrations.queries import due_deliveries, event_payload, subscribers_of
from apps.integrations.signatures import standard_headers

DUE = "integrations.webhookdelivery.due"
TIMEOUT = 20
MOST_BYTES = 64 * 1024
LONGEST_WAIT = timedelta(days=1)
# Pauses between attempts: from seconds to a day, three days in all.
PAUSES = [timedelta(seconds=5), timedelta(seconds=30)] + [timedelta(minutes=one) for one in (2, 10, 30)]
PAUSES += [timedelta(hours=one) for one in (1, 3, 6, 12, 24, 24)]
TELLER = job("webhooks")


@transaction.atomic
def fan_out(*, event: OutboxEvent) -> list[WebhookDelivery]:
    """Address one event to everyone who wants to hear of it."""
    subscribers = subscribers_of(event.name)
    payload = storable(event_payload(event)) if subscribers else {}
    message_id = f"evt_{event.pk}"
    return [_address(one, message_id, event.name, payload) for one in subscribers]


def send_test(*, subscription: WebhookSubscription, by: Actor, note: str = "") -> WebhookDelivery:
    """A message that means nothing, to see whether it arrives."""
    moves.require(may_connect, subscription, by)
    copies = subscription.deliveries.filter(event="tidegate.test").count()
    message_id = f"test_{subscription.key}_{copies + 1}"
    payload = {"type": "tidegate.test", "timestamp": now().isoformat(), "data": {"subscription": subscription.key}}
    return _address(subscription, message_id, "tidegate.test", payload, by=by)


@transaction.atomic
def redeliver(*, delivery: WebhookDelivery, by: Actor, note: str = "") -> WebhookDelivery:
    """The same message again, under the same webhook-id: a receiver that has it already can tell."""
    subscription = moves.lock(delivery.subscription)
    moves.require(may_connect, subscription, by)
    if not subscription.is_enabled:
        raise Invalid.field("subscription", "disabled", "The subscription is disabled; enable it first.")
    copy = subscription.deliveries.filter(message_id=delivery.message_id).count() + 1
    return _address(subscription, delivery.message_id, delivery.event, delivery.payload, by=by, copy=copy)


def attempt_delivery(*, delivery_id: int) -> WebhookDelivery | None:
    """Send one message, outside any transaction. Cut off before its outcome is taken down, it is sent again."""
    delivery = WebhookDelivery.objects.select_related("subscription").filter(pk=delivery_id).first()
    if delivery is None or delivery.status != OutboundStatus.PENDING:
        return delivery
    if not delivery.subscription.is_enabled:
        return moves.move(delivery, "withdraw", by=TELLER, change={"detail": "The subscription is disabled."})
    try:
        answer = _send(delivery)
    except outbound.AddressRefused as refusal:
        return _settle(delivery, "give_up", {"detail": str(refusal)[:500], "http_status": None})
    except outbound.OutboundError as problem:
        return _put_off(delivery, {"detail": str(problem)[:500], "http_status": None}, None)
    return _judge(delivery, answer)


def sweep_webhooks(*, at: datetime | None = None) -> int:
    """Send for messages whose next attempt is overdue by more than an hour: its event was lost."""
    at = at or now()
    overdue = list(due_deliveries(before=at - timedelta(hours=1))[:500])
    for delivery in overdue:
        with transaction.atomic():
            moves.change(delivery, {"next_attempt_at": at}, by=TELLER, verb="send_for")
            outbox.later(DUE, subject=delivery, at=at, payload={"delivery": delivery.pk})
    return len(overdue)


def _address(
    subscription: WebhookSubscription,
    message_id: str,
    event: str,
    payload: dict[str, Any],
    *,
    by: Actor = TELLER,
    copy: int = 1,
) -> WebhookDelivery:
    row = WebhookDelivery(
        subscription=subscription,
        key=f"{message_id}-{copy}",
        message_id=message_id,
        event=event,
        payload=payload,
        next_attempt_at=now(),
    )
    return moves.create(row, by=by, verb="address")


def _send(delivery: WebhookDelivery) -> outbound.Answer:
    body = orjson.dumps(delivery.payload)
    signed = standard_headers(delivery.message_id, now(), body, delivery.subscription.secrets())
    headers = {"Content-Type": "application/json", "X-Tidegate-Event": delivery.event, **signed}
    url = delivery.subscription.url
    return outbound.fetch("POST", url, content=body, headers=headers, timeout=TIMEOUT, max_bytes=MOST_BYTES)


def _judge(delivery: WebhookDelivery, answer: outbound.Answer) -> WebhookDelivery:
    said = {"http_status": answer.status, "detail": f"{answer.status} in {answer.seconds:g} s"}
    if answer.is_success:
        return _settle(delivery, "succeed", said)
    if answer.status == 410:
        return _end_subscription(delivery, said)
    return _put_off(delivery, said, answer.headers.get("retry-after"))


@transaction.atomic
def _settle(delivery: WebhookDelivery, step: str, said: dict[str, Any]) -> WebhookDelivery:
    delivery = moves.lock(delivery)
    if delivery.status != OutboundStatus.PENDING:
        return delivery
    tried = {"attempts": delivery.attempts + 1, "attempted_at": now(), "next_attempt_at": None}
    return moves.move(delivery, step, by=TELLER, change={**said, **tried})


@transaction.atomic
def _end_subscription(delivery: WebhookDelivery, said: dict[str, Any]) -> WebhookDelivery:
    """410 Gone: the receiver asks not to be told any more."""
    delivery = _settle(delivery, "give_up", said)
    reason = "The receiver answered 410 Gone."
    fields = {"is_enabled": False, "disabled_reason": reason}
    moves.change(delivery.subscription, fields, by=TELLER, verb="disable", note=reason)
    return delivery


@transaction.atomic
def _put_off(delivery: WebhookDelivery, said: dict[str, Any], retry_after: str | None) -> WebhookDelivery:
    """Try again later, until the pauses are used up."""
    delivery = moves.lock(delivery)
    if delivery.status != OutboundStatus.PENDING:
        return delivery
    if delivery.attempts >= len(PAUSES):
        return _settle(delivery, "give_up", said)
    moment = now()
    due = moment + max(_pause(delivery), _asked_for(retry_after, moment))
    tried = {"attempts": delivery.attempts + 1, "attempted_at": moment, "next_attempt_at": due}
    delivery = moves.change(delivery, {**said, **tried}, by=TELLER, verb="put_off")
    outbox.later(DUE, subject=delivery, at=due, payload={"delivery": delivery.pk})
    return delivery


def _pause(delivery: WebhookDelivery) -> timedelta:
    """The next pause, spread by up to a fifth so that a receiver that comes back is not overrun."""
    spread = hashlib.sha256(f"{delivery.pk}:{delivery.attempts}".encode()).digest()[0] / 255
    return PAUSES[delivery.attempts] * (0.9 + 0.2 * spread)


def _asked_for(retry_after: str | None, moment: datetime) -> timedelta:
    """What Retry-After asks for, in seconds or as a date; a day at most."""
    if not retry_after:
        return timedelta(0)
    if retry_after.strip().isdecimal() and len(retry_after) < 10:
        return min(timedelta(seconds=int(retry_after)), LONGEST_WAIT)
    date = parse_http_date_safe(retry_after)
    return min(max(timedelta(seconds=(date or 0) - moment.timestamp()), timedelta(0)), LONGEST_WAIT)
