"""The answer of a tool that was called to look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from apps.core.actor import Actor, Door
from apps.core.clock import now
from apps.core.documents import read_json_object, storable
from apps.core.errors import Gone, Invalid, NotFound, Unauthorised
from apps.releases import actions as releases
from apps.releases.models import CheckRun
from apps.verification.kinds import result
from apps.verification.kinds.callback import read_ticket, secret_for
from apps.verification.queries import run_with_check

LARGEST = 256 * 1024
VERDICTS = (result.PASSED, result.FAILED, result.ERROR, result.INCONCLUSIVE)


def take_call_back(*, ticket: str, body: bytes, headers: Mapping[str, str], request_id: str = "") -> CheckRun:
    """Take down a verdict that was called back. The first word stands; an unsigned or late one is not heard at all."""
    known = read_ticket(ticket)
    run = run_with_check(known.run) if known else None
    if run is None:
        raise NotFound("No check waits for an answer at this address.")
    _refuse_unsigned(ticket, body, headers)
    if known.until <= now():
        raise Gone(f"The time to answer ended at {known.until:%Y-%m-%d %H:%M} UTC.")
    said = read_json_object(body, largest=LARGEST)
    status, detail = said.get("status"), said.get("detail", "")
    if status not in VERDICTS:
        raise Invalid.field("status", "unknown", f"Say one of: {', '.join(VERDICTS)}.")
    if not isinstance(detail, str) or not detail.strip():
        raise Invalid.field("detail", "required", "Say in a sentence what was found.")
    output: Any = said.get("output", {})
    if not isinstance(output, dict):
        raise Invalid.field("output", "invalid", "This is a JSON object.")
    return releases.finish_check_run(
        check_run=run,
        status=status,
        detail=storable(detail, 2000),
        output=storable(output),
        by=Actor(Door.HOOK, name=f"check run {run.pk}", request_id=request_id),
    )


def _refuse_unsigned(ticket: str, body: bytes, headers: Mapping[str, str]) -> None:
    try:
        Webhook(secret_for(ticket)).verify(body, {name.lower(): value for name, value in headers.items()})
    except (WebhookVerificationError, ValueError) as error:
        raise Unauthorised(
            "The signature does not fit. Sign the body with the secret that came with the call (Standard Webhooks)."
        ) from error
