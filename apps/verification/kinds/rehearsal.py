"""The procedure was tried before: these very versions went into a lower environment, and out of it again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from apps.verification.evidence.digests import normal
from apps.verification.evidence.names import same_version
from apps.verification.kinds import result
from apps.verification.kinds.kind import PartKind, object_of
from apps.verification.kinds.result import Result
from apps.verification.kinds.subject import Part, Reported, Subject

DAYS = {"type": "integer", "minimum": 1, "maximum": 3650}
ENVIRONMENT = {
    "type": "string",
    "minLength": 1,
    "description": "Slug of the environment; any lower one when not given.",
}


WENT_WRONG = ("failure", "error")


class Lower(PartKind):
    """A kind that looks at deployments into environments below the one the release is bound for."""

    reads = ("deployment",)

    def rehearsals(self, subject: Subject, part: Part) -> list[Reported]:
        """Successful deployments below the target, not too long ago, the newest first."""
        return [one for one in self.attempts(subject, part) if one.succeeded]

    def attempts(self, subject: Subject, part: Part) -> list[Reported]:
        """Deployments below the target, not too long ago, however they ended, the newest first."""
        since = subject.at - timedelta(days=subject.params.get("within_days", 30))
        return [
            one for one in subject.deployments_of(part) if since <= one.at <= subject.at and _is_lower(one, subject)
        ]

    def failure(self, subject: Subject, part: Part, version: str) -> Result | None:
        """The verdict where the newest deployment of the version was tried and went wrong."""
        tried = [one for one in self.attempts(subject, part) if same_version(one.version, version)]
        if not tried or tried[0].status not in WENT_WRONG:
            return None
        last = tried[0]
        said = f"{part.label}: {version} was tried in {last.environment} on {last.at:%Y-%m-%d} and failed."
        return result.failed(said, deployment=last.key)


class Rehearsed(Lower):
    slug = "rehearsal"
    title = _("Rehearsed")
    help = _("These very versions were deployed into a lower environment with success, not too long ago.")
    params = object_of(
        within_days={**DAYS, "description": "How long ago at most (30)."},
        environment=ENVIRONMENT,
    )

    def judge_part(self, subject: Subject, part: Part) -> Result:
        found = self.rehearsals(subject, part)
        same = [one for one in found if is_deployment_of(one, part.version, part.digest)]
        if same:
            return result.passed(
                f"{part.label} went into {same[0].environment} on {same[0].at:%Y-%m-%d}.", deployment=same[0].key
            )
        if _another_artifact(found, part):
            said = f"{part.label}: what was rehearsed under this version is another artifact (its digest differs)."
            return result.failed(said)
        wrong = self.failure(subject, part, part.version)
        if wrong is not None:
            return wrong
        days = subject.params.get("within_days", 30)
        return result.no_data(f"{part.label} was not deployed to a lower environment within {days} days.")


class RollbackProven(Lower):
    slug = "rollback_proven"
    title = _("Way back proven")
    help = _("After these versions, the previous ones were deployed again into a lower environment with success.")
    params = object_of(
        within_days={**DAYS, "description": "How long ago at most (30)."},
        environment=ENVIRONMENT,
    )

    def judge_part(self, subject: Subject, part: Part) -> Result:
        if not part.from_version:
            return result.no_data(f"{part.label} has no version before it to go back to.")
        found = sorted(self.rehearsals(subject, part), key=lambda one: one.at)
        for forth in (one for one in found if is_deployment_of(one, part.version, part.digest)):
            back = next((one for one in found if one.at > forth.at and _returns(one, forth, part)), None)
            if back is not None:
                return result.passed(
                    f"{part.label}: {part.from_version} came back to {back.environment} on {back.at:%Y-%m-%d}.",
                    deployment=back.key,
                )
        wrong = self.failure(subject, part, part.from_version)
        if wrong is not None:
            return wrong
        days = subject.params.get("within_days", 30)
        said = f"{part.label}: going back to {part.from_version} was not tried within {days} days."
        return result.no_data(said)


def _returns(back: Reported, forth: Reported, part: Part) -> bool:
    return back.environment == forth.environment and same_version(back.version, part.from_version)


def is_deployment_of(one: Reported, version: str, digest: str) -> bool:
    """The same artifact where both digests are known, else the same version."""
    if normal(one.digest) and normal(digest):
        return normal(one.digest) == normal(digest)
    return same_version(one.version, version)


def _another_artifact(found: Iterable[Reported], part: Part) -> bool:
    return any(same_version(one.version, part.version) for one in found)


def _is_lower(one: Reported, subject: Subject) -> bool:
    wanted = subject.params.get("environment")
    if wanted:
        return one.environment == wanted
    if subject.environment_order is None:
        return not one.is_production
    return one.environment_order < subject.environment_order
