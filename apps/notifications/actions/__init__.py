"""The verbs of messages."""

from apps.notifications.actions.routing import route_event
from apps.notifications.actions.sending import NotSentYet, resend_message, send_message, send_stranded

__all__ = ["NotSentYet", "resend_message", "route_event", "send_message", "send_stranded"]
