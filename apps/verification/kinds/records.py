"""Procedures that people and tools prepare elsewhere, and say so in a small JSON record brought as evidence.

    {"record": "back_up", "of": "payments-db", "taken_at": "2026-03-02T01:00:00Z", "status": "success"}

Every record is a file of the kind `other`; the newest of its sort that speaks of the wanted thing counts.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from apps.core.clock import moment_of
from apps.core.documents import read_json_object
from apps.core.errors import Refusal
from apps.verification.kinds import result
from apps.verification.kinds.kind import Kind, object_of
from apps.verification.kinds.result import Result
from apps.verification.kinds.subject import Altered, Document, Subject

LARGEST = 256 * 1024
WORD = {"type": "string", "minLength": 1, "maxLength": 200}
WORDS = {"type": "array", "items": WORD, "minItems": 1, "maxItems": 30, "uniqueItems": True}


@dataclass(frozen=True)
class Record:
    """One record and the file it stands in."""

    document: Document
    said: dict[str, Any]

    def moment(self, name: str) -> datetime | None:
        """A time of the record; None when it is missing, malformed or without a zone."""
        return moment_of(self.said.get(name))

    def word(self, name: str) -> str:
        return str(self.said.get(name) or "").strip()


class RecordKind(Kind):
    """A kind that reads records of one sort."""

    record: ClassVar[str]
    reads = ("other",)

    def judge(self, subject: Subject) -> Result:
        try:
            return self.judge_records(subject, list(self._records(subject)))
        except Altered:
            return result.failed("A stored file no longer has the digest under which it was recorded.")

    @abstractmethod
    def judge_records(self, subject: Subject, records: list[Record]) -> Result:
        """Judge the records of this sort, the newest first."""

    def _records(self, subject: Subject) -> Iterator[Record]:
        for document in subject.documents:
            said = _said(document.content()) if document.kind == "other" else {}
            if said.get("record") == self.record:
                yield Record(document, said)


class RunbookReviewed(RecordKind):
    """Somebody who knows went through the runbook, and found it fit."""

    slug = "runbook_reviewed"
    title = _("Runbook reviewed")
    help = _("A record says who reviewed the runbook, when, and that it was found fit.")
    record = "runbook_review"
    params = object_of(
        runbook={**WORD, "description": "Name or address of the runbook; any when not given."},
        within_days={"type": "integer", "minimum": 1, "maximum": 3650, "description": "How long ago at most (180)."},
        reviewers={"type": "integer", "minimum": 1, "maximum": 10, "description": "By how many people at least (1)."},
    )

    def judge_records(self, subject: Subject, records: list[Record]) -> Result:
        runbook, days = subject.params.get("runbook", ""), subject.params.get("within_days", 180)
        newest = next((one for one in records if not runbook or one.word("runbook") == runbook), None)
        if newest is None:
            return result.no_data(f"No record says that the runbook {runbook} was reviewed.".replace("  ", " "))
        kept = {"evidence": [newest.document.pk], "runbook": newest.word("runbook")}
        at, people = newest.moment("reviewed_at"), _names(newest.said.get("reviewers"))
        if at is None or not _is_recent(at, subject.at, timedelta(days=days)):
            return result.failed(f"The runbook was reviewed {_when(at)}, not within {days} days.", **kept)
        if newest.word("result") != "fit":
            found = newest.word("result") or "nothing"
            return result.failed(f"The review of the runbook found “{found[:80]}”, not “fit”.", **kept)
        wanted = subject.params.get("reviewers", 1)
        if len(people) < wanted:
            return result.failed(f"The runbook was reviewed by {len(people)} people, not {wanted}.", **kept)
        return result.passed(f"{', '.join(people)} found the runbook fit on {at:%Y-%m-%d}.", **kept)


class BackUpTaken(RecordKind):
    """What could be lost was saved shortly before."""

    slug = "back_up_taken"
    title = _("Back-up taken")
    help = _("A record of the back-up tool says that each thing was saved, not too long ago, and when it was restored.")
    record = "back_up"
    params = object_of(
        of={**WORDS, "description": "What must have been saved; anything when not given."},
        within_hours={"type": "integer", "minimum": 1, "maximum": 8760, "description": "How long ago at most (24)."},
        restored_within_days={
            "type": "integer",
            "minimum": 1,
            "maximum": 3650,
            "description": "Since when a restore was tried at most; not looked at when not given.",
        },
    )

    def judge_records(self, subject: Subject, records: list[Record]) -> Result:
        wanted = subject.params.get("of") or sorted({one.word("of") for one in records})
        return result.together({name: self._judge_one(subject, name, records) for name in wanted})

    def _judge_one(self, subject: Subject, name: str, records: list[Record]) -> Result:
        newest = next((one for one in records if one.word("of") == name), None)
        if newest is None:
            return result.no_data(f"No record says that {name} was saved.")
        kept = {"evidence": [newest.document.pk], "digest": newest.word("digest")}
        status, at = newest.word("status"), newest.moment("taken_at")
        if status == "error":
            return result.error(f"The back-up of {name} broke off: the tool does not know whether it is whole.", **kept)
        if status == "running":
            return result.inconclusive(f"The back-up of {name} has not ended.", **kept)
        if status != "success":
            return result.failed(f"The back-up of {name} ended with “{status[:80] or 'nothing'}”.", **kept)
        hours, days = subject.params.get("within_hours", 24), subject.params.get("restored_within_days")
        if at is None or not _is_recent(at, subject.at, timedelta(hours=hours)):
            return result.failed(f"{name} was saved {_when(at)}, not within {hours} hours.", **kept)
        restored = newest.moment("restored_at")
        if days and (restored is None or not _is_recent(restored, subject.at, timedelta(days=days))):
            return result.failed(f"{name} was restored for trial {_when(restored)}, not within {days} days.", **kept)
        return result.passed(f"{name} was saved at {at:%Y-%m-%d %H:%M} UTC.", **kept)


class CommunicationPrepared(RecordKind):
    """Those who must know will be told, in time."""

    slug = "communication_prepared"
    title = _("Communication prepared")
    help = _("A record for each audience holds the text and says when it is sent, early enough before the window.")
    record = "communication"
    params = object_of(
        to={**WORDS, "description": "Audiences that must be told; one at least when not given."},
        notice_hours={
            "type": "integer",
            "minimum": 0,
            "maximum": 8760,
            "description": "How long before the window they are told at least (0).",
        },
    )

    def judge_records(self, subject: Subject, records: list[Record]) -> Result:
        audiences = subject.params.get("to") or sorted({one.word("to") for one in records})
        return result.together({name: self._judge_one(subject, name, records) for name in audiences})

    def _judge_one(self, subject: Subject, name: str, records: list[Record]) -> Result:
        newest = next((one for one in records if one.word("to") == name), None)
        if newest is None:
            return result.no_data(f"Nothing is prepared for {name}.")
        kept = {"evidence": [newest.document.pk], "channel": newest.word("channel")}
        if not newest.word("text"):
            return result.failed(f"What {name} are told has no text.", **kept)
        at, hours = newest.moment("sends_at"), subject.params.get("notice_hours", 0)
        if at is None:
            return result.failed(f"It is not said when {name} are told.", **kept)
        if subject.starts_at is None:
            return result.error(f"The release has no window, so it cannot be said whether {name} are told in time.")
        if at > subject.starts_at - timedelta(hours=hours):
            return result.failed(
                f"{name} are told at {at:%Y-%m-%d %H:%M}, not {hours} hours before the window opens.", **kept
            )
        return result.passed(f"{name} are told at {at:%Y-%m-%d %H:%M}.", **kept)


def _said(content: bytes) -> dict[str, Any]:
    """The JSON object in the file; nothing when it is something else, such as a list of checksums."""
    if not content.lstrip().startswith(b"{"):
        return {}
    try:
        return read_json_object(content, largest=LARGEST)
    except Refusal:
        return {}


def _names(value: Any) -> list[str]:
    return sorted({str(one).strip() for one in value if str(one).strip()}) if isinstance(value, list) else []


def _is_recent(moment: datetime, at: datetime, span: timedelta) -> bool:
    return at - span <= moment <= at


def _when(moment: datetime | None) -> str:
    return f"at {moment:%Y-%m-%d %H:%M}" if moment else "at a time that is not said"
