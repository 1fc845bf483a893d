"""Questions of notifications: who is told, what the message says, whether it is still needed."""

from apps.notifications.queries.readers import Reader
from apps.notifications.queries.state import messages_about_release, why_settled

__all__ = ["Reader", "messages_about_release", "why_settled"]
