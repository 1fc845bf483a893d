"""How a message leaves: leased, sent with a Message-ID that a repeat carries again, marked sent.

A crash between the mail server and the mark makes the mail go twice, never not at all; the second carries the same
Message-ID and the same event id, so that a receiver can tell.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused, SMTPResponseException
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.db.models import F
from django.urls import reverse

from apps.approvals import actions as approvals
from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now
from apps.notifications import queries
from apps.notifications.lifecycle import MessageStatus
from apps.notifications.models import Message
from apps.notifications.rendering import absolute, fill, message_id_for, one_line, thread_of
from apps.release_models import actions as release_models
from apps.reviews import actions as reviews
from apps.reviews.queries import token_for

STRANDED_AFTER = timedelta(minutes=10)


class NotSentYet(Exception):
    """It did not leave this time; the relay tries again."""


def send_message(*, message: Message, by: Actor) -> Message:
    """Send one pending message. Raises NotSentYet when it is to be tried again."""
    at = now()
    claimed = Message.objects.free(at).filter(pk=message.pk)
    if not claimed.update(leased_until=at + _lease(), attempts=F("attempts") + 1):
        return _already_taken(message)
    message = Message.objects.select_related("to_user", "ask__round", "invitation__survey", "communication").get(
        pk=message.pk
    )
    settled = queries.why_settled(message)
    if settled:
        return moves.move(message, "withdraw", by=by, note=settled, change={"leased_until": None})
    if not _is_address(message.to_address):
        return _give_up(message, by, "There is no valid e-mail address for this reader.")
    try:
        _compose(message, by).send()
    except Exception as error:
        return _not_sent(message, by, error)
    return moves.move(message, "send", by=by, change={"sent_at": now(), "leased_until": None, "last_error": ""})


def resend_message(*, message: Message, by: Actor, note: str = "") -> Message:
    """Send it once more, as a new mail with a Message-ID of its own."""
    count = message.resends + 1
    change: dict[str, Any] = {
        "resends": count,
        "attempts": 0,
        "leased_until": None,
        "last_error": "",
        "message_id": message_id_for(message.event_id, message.template, message.to_address, count),
    }
    return moves.move(message, "resend", by=by, note=note, change=change)


def send_stranded(*, at: datetime, by: Actor) -> int:
    """Send what has been pending too long, should its delivery have been given up. Returns how many left."""
    waiting = Message.objects.free(at).filter(created_at__lt=at - STRANDED_AFTER).order_by("pk")[:100]
    sent = 0
    for message in list(waiting):
        try:
            sent += send_message(message=message, by=by).status == MessageStatus.SENT
        except NotSentYet:
            continue
    return sent


def _lease() -> timedelta:
    """Long enough for every try of one delivery: twice as long as the delivery itself is leased."""
    return timedelta(seconds=2 * settings.OUTBOX_LEASE_SECONDS)


def _already_taken(message: Message) -> Message:
    current = Message.objects.get(pk=message.pk)
    if current.status == MessageStatus.PENDING:
        raise NotSentYet("Another process is sending it, or died while doing so; its lease ends soon.")
    return current


def _compose(message: Message, by: Actor) -> EmailMultiAlternatives:
    """The mail. A personal link is made here, at the last moment, and kept by nobody but the reader."""
    link, code = _secrets(message, by)
    mail = EmailMultiAlternatives(
        subject=one_line(message.subject),
        body=fill(message.text, link=link, code=code),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[message.to_address],
        headers={
            "Message-ID": message.message_id,
            "References": thread_of(message.record_key),
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            "X-Tidegate-Event": str(message.event_id),
        },
    )
    mail.attach_alternative(fill(message.html, link=link, code=code, html=True), "text/html")
    return mail


def _secrets(message: Message, by: Actor) -> tuple[str, str]:
    if message.ask_id:
        token, code = approvals.issue_link(ask=message.ask, by=by)
        return absolute(f"/approve/{token}/"), code
    if message.invitation_id:
        return absolute(reverse("survey", args=[token_for(message.invitation)])), ""
    if message.communication_id:
        token, code = release_models.issue_acknowledgement_link(communication=message.communication, by=by)
        return absolute(f"/acknowledge/{token}/"), code
    return "", ""


def _not_sent(message: Message, by: Actor, error: Exception) -> Message:
    reason = f"{type(error).__name__}: {error}"[:2000]
    if _is_final(error) or message.attempts >= settings.OUTBOX_MAX_ATTEMPTS:
        return _give_up(message, by, reason)
    Message.objects.filter(pk=message.pk).update(leased_until=None, last_error=reason)
    raise NotSentYet(reason) from error


def _give_up(message: Message, by: Actor, reason: str) -> Message:
    message = moves.move(message, "fail", by=by, note=reason, change={"leased_until": None, "last_error": reason})
    if message.invitation_id:
        reviews.note_undelivered(invitation=message.invitation, by=by)
    return message


def _is_final(error: Exception) -> bool:
    """Whether the mail server said never, not: not now."""
    if isinstance(error, SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, SMTPResponseException) and error.smtp_code in (550, 551, 553, 554)


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
