"""A bill of materials is there, is valid, and names this version of the component."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.verification.evidence.names import Thing, same_name, same_package, same_version, version_in_purl
from apps.verification.evidence.sbom import read_sbom
from apps.verification.evidence.sbom_document import Sbom
from apps.verification.kinds import result
from apps.verification.kinds.kind import PartKind, object_of
from apps.verification.kinds.result import Result
from apps.verification.kinds.subject import Part, Subject

SHOWN = 3


class SbomPresent(PartKind):
    slug = "sbom"
    title = _("SBOM")
    help = _("A CycloneDX or SPDX document is there, is valid, and names the component in this version.")
    reads = ("sbom",)
    params = object_of(
        formats={
            "type": "array",
            "items": {"enum": ["cyclonedx", "spdx"]},
            "minItems": 1,
            "description": "Which formats count; all that are read when not given.",
        },
        min_components={"type": "integer", "minimum": 0, "description": "How many components it lists at least."},
    )

    def judge_part(self, subject: Subject, part: Part) -> Result:
        document = self.newest(subject, part, "sbom")
        if document is None:
            return result.no_data(f"{part.label} has no SBOM.")
        sbom = read_sbom(document.content())
        kept = {"evidence": [document.pk], "format": f"{sbom.format} {sbom.format_version}"}
        formats = subject.params.get("formats")
        if formats and sbom.format.lower() not in formats:
            return result.failed(f"{part.label}: the SBOM is {sbom.format}; wanted is {' or '.join(formats)}.", **kept)
        least = subject.params.get("min_components", 0)
        if len(sbom.things) < least:
            return result.failed(f"{part.label}: the SBOM lists {len(sbom.things)} components, not {least}.", **kept)
        return self._named(part, sbom, kept)

    @staticmethod
    def _named(part: Part, sbom: Sbom, kept: dict) -> Result:
        candidates = [thing for thing in (*sbom.subjects, *sbom.things) if is_same_component(thing, part)]
        for thing in candidates:
            if names_version(thing, part):
                return result.passed(f"The SBOM names {part.label} as {thing.label}.", named=thing.label, **kept)
        if candidates:
            versions = ", ".join(dict.fromkeys(thing.version or "no version" for thing in candidates[:SHOWN]))
            return result.failed(f"{part.label}: the SBOM names it in {versions}, not {part.version}.", **kept)
        about = sbom.root.label if sbom.root else "something it does not name"
        return result.failed(f"{part.label}: the SBOM does not name it; it is about {about}.", **kept)


def is_same_component(thing: Thing, part: Part) -> bool:
    """By purl where both have one, else by name."""
    if part.purl and thing.purl and same_package(thing.purl, part.purl):
        return True
    return same_name(thing.name, part.all_names)


def names_version(thing: Thing, part: Part) -> bool:
    """The version that the document gives is the release's; a purl that gives another one speaks against it."""
    stated = [version for version in (thing.version, version_in_purl(thing.purl)) if version]
    wanted = [version for version in (part.version, version_in_purl(part.purl)) if version]
    return any(same_version(one, other) for one in stated[:1] for other in wanted[:1])
