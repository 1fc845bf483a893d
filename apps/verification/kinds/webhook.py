"""Another tool looks: it is called, takes its time, and calls back with a signed answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import orjson
from django.utils.translation import gettext_lazy as _

from apps.core import outbound
from apps.verification.kinds import result
from apps.verification.kinds.callback import address_of, secret_for, ticket_for
from apps.verification.kinds.kind import WEB_ADDRESS, Kind, host_of, longer
from apps.verification.kinds.result import Result
from apps.verification.kinds.subject import Subject

WAITED = 1000  # the number of the attempt at which one has waited long enough


class Webhook(Kind):
    """The call is tried again with growing pauses; once it is accepted, the run waits until the answer or its end."""

    slug = "webhook"
    title = _("Webhook")
    help = _("Calls an address with what is to be looked at, and waits for a signed call back with the verdict.")
    params = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "url": {**WEB_ADDRESS, "description": "The tool to call."},
            "answer_within_minutes": {
                "type": "integer",
                "minimum": 1,
                "maximum": 10080,
                "description": "How long the answer may take (60).",
            },
            "attempts": {"type": "integer", "minimum": 1, "maximum": 20, "description": "Tries to call (5)."},
            "pause_seconds": {
                "type": "number",
                "minimum": 1,
                "maximum": 600,
                "description": "Pause before the second try; it doubles with each (10).",
            },
            "send": {"type": "object", "maxProperties": 50, "description": "Anything the tool must know; no secrets."},
        },
    }

    def target_of(self, subject: Subject) -> str:
        return host_of(subject.params.get("url", ""))

    def judge(self, subject: Subject) -> Result:
        url, minutes = subject.params.get("url", ""), subject.params.get("answer_within_minutes", 60)
        if not url:
            return result.no_data("The check does not say which address is to be called.")
        if subject.attempt >= WAITED:
            return result.error(f"{host_of(url)} was called and did not call back within {minutes} minutes.", url=url)
        try:
            answer = self._call(url, subject, subject.at + timedelta(minutes=minutes))
        except outbound.AddressRefused as refusal:
            return result.error(f"{url} is not called: {refusal}", url=url)
        except outbound.OutboundError as problem:
            return self._again(subject, result.error(f"{url} could not be reached: {problem}", url=url))
        if answer.is_success:
            said = f"{host_of(url)} was called and has {minutes} minutes to call back."
            return Result(result.INCONCLUSIVE, said, {"url": url}, retry_after=minutes * 60.0, next_attempt=WAITED)
        kept = {"url": url, "http_status": answer.status}
        said = f"{url} answered {answer.status} and did not take the request."
        if answer.status < 500 and answer.status != 429:
            return result.error(said, **kept)
        return self._again(subject, result.error(said, **kept))

    @staticmethod
    def _again(subject: Subject, found: Result) -> Result:
        attempts = subject.params.get("attempts", 5)
        if subject.attempt >= attempts:
            return Result(found.status, f"{found.detail} (attempt {subject.attempt} of {attempts})", found.output)
        pause = longer(subject.params.get("pause_seconds", 10), subject.attempt)
        return Result(found.status, found.detail, found.output, retry_after=pause)

    @staticmethod
    def _call(url: str, subject: Subject, until: datetime) -> outbound.Answer:
        ticket = ticket_for(subject.run, until)
        callback = {"url": address_of(ticket), "secret": secret_for(ticket), "expires_at": until.isoformat()}
        body = orjson.dumps(_message(subject, callback))
        headers = {"Content-Type": "application/json", "Idempotency-Key": f"tidegate-check-run-{subject.run}"}
        return outbound.fetch("POST", url, content=body, headers=headers, timeout=20, max_bytes=64 * 1024)


def _message(subject: Subject, callback: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "tidegate.check.requested",
        "timestamp": subject.at.isoformat(),
        "data": {
            "release": subject.release_key,
            "version": subject.release_version,
            "environment": subject.environment or None,
            "run": subject.run,
            "components": [
                {"key": part.key, "version": part.version, "purl": part.purl, "digest": part.digest}
                for part in subject.parts
            ],
            "send": subject.params.get("send", {}),
            "callback": callback,
        },
    }
