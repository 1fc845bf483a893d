"""Whether a message still has something to say, and what was said about a record."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.approvals.lifecycle import RoundStatus
from apps.core.clock import now
from apps.notifications.models import Message
from apps.release_models.lifecycle import CommunicationStatus
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
    if message.communication_id and message.communication.status != CommunicationStatus.ASKED:
        return _("The party has answered, or need not answer any more.")
    return ""


def messages_about_release(key: str) -> QuerySet[Message]:
    """What was said about a release and its approval rounds, the newest first."""
    about = Q(record_key=key) | Q(record_key__startswith=f"{key}-A")
    return Message.objects.filter(about).select_related("to_user").order_by("-pk")
