"""Whether a message still has something to say, and what was said about a record."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.approvals.lifecycle import RoundStatus
from apps.core.clock import now
from apps.notifications.models import Message
from apps.reviews.queries import response_of


def why_settled(message: Message) -> str:
    """Why what the message asks for is settled already; empty while it is not."""
    if message.ask_id:
        if message.ask.round.status != RoundStatus.PENDING:
            return _("The approval round is closed.")
        if message.ask.settled_at:
            return _("The approval is no longer needed from this person.")
    if message.invitation_id:
        if not message.invitation.survey.is_open(now()):
            return _("The survey is closed.")
        if response_of(message.invitation):
            return _("The person has answered already.")
    return ""


def messages_about(record_key: str) -> QuerySet[Message]:
    """What was said about a record, the newest first."""
    return Message.objects.filter(record_key=record_key).select_related("to_user")
