"""What the component is made of may be used: its licences are allowed, and nothing that is banned is in it."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from django.utils.translation import gettext_lazy as _

from apps.verification.evidence.licences import is_among, satisfies
from apps.verification.evidence.names import Thing
from apps.verification.evidence.sbom import read_sbom
from apps.verification.kinds import result
from apps.verification.kinds.kind import PartKind, object_of
from apps.verification.kinds.result import Result
from apps.verification.kinds.subject import Part, Subject

NAMES = {"type": "array", "items": {"type": "string", "minLength": 1}}
SHOWN = 5


class LicencePolicy(PartKind):
    slug = "licence_policy"
    title = _("Licence policy")
    help = _("The SBOM lists only components under licences that are allowed. Of “MIT OR GPL”, one allowed is enough.")
    params = object_of(
        allowed={**NAMES, "description": "SPDX identifiers; everything that is not denied when not given."},
        denied={**NAMES, "description": "SPDX identifiers that are never allowed, such as AGPL-3.0-only."},
        unknown={
            "enum": ["fail", "inconclusive", "pass"],
            "description": "What a component without a stated licence means (inconclusive).",
        },
    )
    reads = ("sbom",)

    def judge_part(self, subject: Subject, part: Part) -> Result:
        document = self.newest(subject, part, "sbom")
        if document is None:
            return result.no_data(f"{part.label} has no SBOM.")
        things = read_sbom(document.content()).things
        if not things:
            return result.no_data(f"{part.label}: the SBOM lists no components.")
        bad = [thing for thing in things if thing.licenses and not self._is_fine(thing, subject)]
        silent = [thing for thing in things if not thing.licenses]
        kept = {
            "evidence": [document.pk],
            "looked_at": len(things),
            "not_allowed": [f"{thing.label}: {', '.join(thing.licenses)}" for thing in bad[:100]],
            "without_licence": [thing.label for thing in silent[:100]],
        }
        if bad:
            named = ", ".join(f"{thing.label} ({', '.join(thing.licenses)})" for thing in bad[:SHOWN])
            return result.failed(
                f"{part.label}: {len(bad)} of {len(things)} components are not allowed: {named}.", **kept
            )
        if silent:
            return self._unknown(subject, part, silent, len(things), kept)
        return result.passed(f"{part.label}: the licences of all {len(things)} components are allowed.", **kept)

    @staticmethod
    def _is_fine(thing: Thing, subject: Subject) -> bool:
        """Several statements about one component all count; inside an expression, OR offers a choice."""
        allowed = frozenset(name.lower() for name in subject.params.get("allowed", ()))
        denied = frozenset(name.lower() for name in subject.params.get("denied", ()))

        def judge(licence: str) -> bool:
            if is_among(licence, denied):
                return False
            return not allowed or is_among(licence, allowed)

        return all(satisfies(licence, judge) for licence in thing.licenses)

    @staticmethod
    def _unknown(subject: Subject, part: Part, silent: list[Thing], total: int, kept: dict) -> Result:
        named = ", ".join(thing.label for thing in silent[:SHOWN])
        said = f"{part.label}: {len(silent)} of {total} components state no licence: {named}."
        verdicts = {"fail": result.failed, "pass": result.passed, "inconclusive": result.inconclusive}
        return verdicts[subject.params.get("unknown", "inconclusive")](said, **kept)


class DeniedComponents(PartKind):
    slug = "denied_components"
    title = _("Denied components")
    help = _("The SBOM lists nothing that is banned, by package URL or name, with * as a wildcard.")
    params = {
        **object_of(
            denied={
                **NAMES,
                "minItems": 1,
                "description": "Such as pkg:maven/org.apache.logging.log4j/log4j-core@2.14.*, or left-pad.",
            }
        ),
        "required": ["denied"],
    }
    reads = ("sbom",)

    def judge_part(self, subject: Subject, part: Part) -> Result:
        document = self.newest(subject, part, "sbom")
        if document is None:
            return result.no_data(f"{part.label} has no SBOM.")
        things = read_sbom(document.content()).things
        found = [thing.label for thing in things if any(_matches(thing, one) for one in subject.params["denied"])]
        if found:
            named = ", ".join(found[:SHOWN])
            return result.failed(f"{part.label} contains what is banned: {named}.", evidence=[document.pk], found=found)
        return result.passed(f"{part.label}: none of {len(things)} components is banned.", evidence=[document.pk])


def _matches(thing: Thing, pattern: str) -> bool:
    wanted = pattern.lower()
    return any(fnmatchcase(one, wanted) for one in _spellings(thing))


def _spellings(thing: Thing) -> Iterator[str]:
    purl, name = thing.purl.lower(), thing.name.lower()
    if purl:
        bare = purl.partition("?")[0].partition("#")[0]
        yield from (purl, bare, bare.rpartition("@")[0] or bare)
    yield from (name, f"{name}@{thing.version.lower()}")
