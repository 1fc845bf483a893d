"""What every kind of check has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator

from apps.core.errors import Invalid
from apps.verification.evidence.faults import pointer
from apps.verification.kinds import result
from apps.verification.kinds.result import Result
from apps.verification.kinds.subject import Altered, Document, Part, Subject

WEB_ADDRESS = {"type": "string", "pattern": "^https?://", "maxLength": 1000}
LONGEST_PAUSE = 600.0


class Kind(ABC):
    """One way to obtain a proof. `params` is the JSON Schema of what a release model may ask of it; `reads` names the
    kinds of evidence (and "deployment") whose arrival is a reason to look again.
    """

    slug: ClassVar[str]
    title: ClassVar[Any]
    help: ClassVar[Any]
    params: ClassVar[dict[str, Any]] = {"type": "object", "properties": {}, "additionalProperties": False}
    reads: ClassVar[tuple[str, ...]] = ()
    is_by_hand: ClassVar[bool] = False
    per_minute: ClassVar[int] = 30  # how often one target is called at most

    def run(self, subject: Subject) -> Result:
        """Judge, after looking whether the parameters make sense at all."""
        faults = self.faults_of(subject.params)
        if faults:
            return result.error(f"The parameters of this check are not valid: {' '.join(faults)}")
        return self.judge(subject)

    @abstractmethod
    def judge(self, subject: Subject) -> Result:
        """Look, and say what was seen. Never touches the database."""

    def target_of(self, subject: Subject) -> str:
        """The host outside that judging calls, so that it is not called too often; blank when it calls none."""
        return ""

    @classmethod
    def faults_of(cls, params: dict[str, Any]) -> list[str]:
        """What is wrong with the parameters, in words."""
        errors = Draft202012Validator(cls.params).iter_errors(params)
        return [f"{pointer(one.absolute_path) or 'params'}: {one.message[:200]}." for one in errors]


class PartKind(Kind):
    """A kind that looks at each component by itself; the gravest verdict is the check's."""

    def judge(self, subject: Subject) -> Result:
        return result.together({part.key: self._judge_safely(subject, part) for part in subject.parts})

    def _judge_safely(self, subject: Subject, part: Part) -> Result:
        try:
            return self.judge_part(subject, part)
        except Altered:
            return result.failed(f"{part.label}: a stored file no longer has the digest under which it was recorded.")
        except Invalid as refusal:
            return result.failed(f"{part.label}: the evidence cannot be read. {refusal.detail}")

    @abstractmethod
    def judge_part(self, subject: Subject, part: Part) -> Result:
        """Look at one component."""

    @staticmethod
    def newest(subject: Subject, part: Part, kind: str) -> Document | None:
        """The evidence that counts: the newest that names this component, else the newest that names none."""
        found = subject.documents_for(part, kind)
        own = [one for one in found if one.part_key]
        return next(iter(own or found), None)


def object_of(**properties: Any) -> dict[str, Any]:
    """A JSON Schema for parameters; nothing beside the named ones."""
    return {"type": "object", "properties": properties, "additionalProperties": False}


def host_of(url: str) -> str:
    """The host and port that an address names; blank when it names none."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


def longer(pause: float, attempt: int) -> float:
    """The pause after this attempt: it doubles with each, up to ten minutes."""
    return min(pause * 2 ** min(attempt - 1, 20), LONGEST_PAUSE)
