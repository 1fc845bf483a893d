"""Questions of integrations."""

from apps.integrations.queries.feeds import calendar_of, digest_of_token, feed_of_token, feed_version
from apps.integrations.queries.matching import Miss, environment_of, item_of, spelled_version
from apps.integrations.queries.outbound import due_deliveries, event_payload, subscribers_of

__all__ = [
    "Miss",
    "calendar_of",
    "digest_of_token",
    "due_deliveries",
    "environment_of",
    "event_payload",
    "feed_of_token",
    "feed_version",
    "item_of",
    "spelled_version",
    "subscribers_of",
]
