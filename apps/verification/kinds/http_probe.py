"""The released service answers as it should."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core import outbound
from apps.core.documents import storable
from apps.verification.kinds import result
from apps.verification.kinds.kind import WEB_ADDRESS, Kind, host_of, longer
from apps.verification.kinds.result import Result
from apps.verification.kinds.subject import Subject

EXCERPT = 300


class HttpProbe(Kind):
    """A wrong answer, or one that comes too late, is a failure; no connection at all is an error of the check."""

    slug = "http_probe"
    title = _("HTTP probe")
    help = _("An address answers with the expected status and text within its time; tried again before it counts.")
    params = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "url": {
                **WEB_ADDRESS,
                "description": "Where to look; the attribute health_url of the released item when not given. "
                "{version} and {environment} stand for those of the release.",
            },
            "expect_status": {
                "description": "The status, or list of statuses, that is right (200).",
                "oneOf": [
                    {"type": "integer", "minimum": 100, "maximum": 599},
                    {"type": "array", "minItems": 1, "items": {"type": "integer", "minimum": 100, "maximum": 599}},
                ],
            },
            "body_contains": {"type": "string", "description": "A text that the answer must contain; {version} works."},
            "timeout_seconds": {"type": "number", "exclusiveMinimum": 0, "maximum": 30, "description": "(10)"},
            "attempts": {"type": "integer", "minimum": 1, "maximum": 20, "description": "Tries before it counts (3)."},
            "pause_seconds": {
                "type": "number",
                "minimum": 1,
                "maximum": 600,
                "description": "Before the second try; it doubles (10).",
            },
        },
    }

    def judge(self, subject: Subject) -> Result:
        found = self._look(subject)
        attempts = subject.params.get("attempts", 3)
        settled = found.status == result.PASSED or found.is_no_data or bool(found.output.get("refused"))
        final = settled or subject.attempt >= attempts
        tried = f" (attempt {subject.attempt} of {attempts})" if found.status != result.PASSED else ""
        return Result(
            status=found.status,
            detail=found.detail + tried,
            output={**found.output, "attempt": subject.attempt},
            retry_after=None if final else longer(subject.params.get("pause_seconds", 10), subject.attempt),
        )

    def target_of(self, subject: Subject) -> str:
        return host_of(_filled(subject.params.get("url") or subject.health_url, subject))

    def _look(self, subject: Subject) -> Result:
        params = subject.params
        url = _filled(params.get("url") or subject.health_url, subject)
        if not url:
            return result.no_data(
                "Neither the check nor the attribute health_url of the released item says where to look."
            )
        seconds = params.get("timeout_seconds", 10)
        try:
            answer = outbound.fetch("GET", url, timeout=seconds)
        except outbound.TimedOut:
            return result.failed(f"{url} did not answer within {seconds:g} seconds.", url=url)
        except outbound.AddressRefused as refusal:
            return result.error(f"{url} is not called: {refusal}", url=url, refused=True)
        except outbound.OutboundError as problem:
            return result.error(f"{url} could not be reached: {problem}", url=url)
        return self._judge_answer(answer, url, subject)

    @staticmethod
    def _judge_answer(answer: outbound.Answer, url: str, subject: Subject) -> Result:
        wanted: Any = subject.params.get("expect_status", 200)
        statuses = wanted if isinstance(wanted, list) else [wanted]
        kept = {
            "url": url,
            "http_status": answer.status,
            "seconds": answer.seconds,
            "excerpt": storable(answer.text, EXCERPT),
        }
        if answer.status not in statuses:
            expected = " or ".join(map(str, statuses))
            return result.failed(f"{url} answered {answer.status}, not {expected}.", **kept)
        text = _filled(subject.params.get("body_contains", ""), subject)
        if text not in answer.text:
            return result.failed(f"{url} answered {answer.status}, but without the text “{text[:80]}”.", **kept)
        return result.passed(f"{url} answered {answer.status} in {answer.seconds:g} seconds.", **kept)


def _filled(text: str, subject: Subject) -> str:
    """Only these two names are replaced; anything else in braces stays as it is."""
    return text.replace("{version}", subject.release_version).replace("{environment}", subject.environment)
