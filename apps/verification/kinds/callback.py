"""The ticket by which a tool that was called answers later: its address, its secret, and when it ends.

Nothing is stored. The ticket names the run and its end and is signed by the house; the secret with which the answer must
be signed is made from the ticket and handed over once, in the call itself. Whoever only sees the address cannot answer.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.core import signing
from django.utils.crypto import salted_hmac

SALT = "tidegate.verification.callback"


@dataclass(frozen=True)
class Ticket:
    """What a ticket says."""

    run: int
    until: datetime


def ticket_for(run: int, until: datetime) -> str:
    return signing.dumps([run, int(until.timestamp())], salt=SALT)


def read_ticket(text: str) -> Ticket | None:
    """What the ticket says; None for one that this house did not make."""
    try:
        run, until = signing.loads(text, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Ticket(run, datetime.fromtimestamp(until, UTC))


def secret_for(ticket: str) -> str:
    """The secret of Standard Webhooks that belongs to the ticket."""
    made = salted_hmac(f"{SALT}.secret", ticket, algorithm="sha256").digest()
    return f"whsec_{base64.b64encode(made).decode('ascii')}"


def address_of(ticket: str) -> str:
    return f"{settings.TIDEGATE_BASE_URL}/hooks/checks/{ticket}/"
