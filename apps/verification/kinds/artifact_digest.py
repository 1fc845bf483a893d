"""The component's declared digest is the one that builds, bills of materials and deployments state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.utils.translation import gettext_lazy as _

from apps.verification.evidence.attestation import read_attestations
from apps.verification.evidence.digests import listed_checksums, normal
from apps.verification.evidence.names import same_version
from apps.verification.evidence.sbom import read_sbom
from apps.verification.kinds import result
from apps.verification.kinds.kind import PartKind
from apps.verification.kinds.result import Result
from apps.verification.kinds.subject import Document, Part, Subject


@dataclass(frozen=True)
class Statement:
    """Somebody says which digests the artifact has. `binding`: it speaks of this component and no other."""

    source: str
    digests: frozenset[str]
    is_binding: bool
    document: int | None = None


class ArtifactDigest(PartKind):
    slug = "artifact_digest"
    title = _("Artifact digest")
    help = _("The declared digest equals the one stated by an attestation, a checksum list, an SBOM or a deployment.")
    reads = ("attestation", "sbom", "other", "deployment")

    def judge(self, subject: Subject) -> Result:
        """A component with a declared reason for having no digest is left out, and named."""
        excused = [part for part in subject.parts if not part.digest and part.no_digest_reason]
        compared = tuple(part for part in subject.parts if part not in excused)
        reasons = " ".join(f"{part.label} declares no digest: {part.no_digest_reason}." for part in excused)
        if excused and not compared:
            return result.no_data(reasons)
        verdict = super().judge(replace(subject, parts=compared))
        return replace(verdict, detail=f"{verdict.detail} {reasons}".strip())

    def judge_part(self, subject: Subject, part: Part) -> Result:
        if not part.digest:
            return result.failed(f"{part.label} declares neither a digest nor a reason for having none.")
        declared = normal(part.digest)
        if not declared:
            return result.failed(f"{part.label}: “{part.digest[:80]}” is not a SHA-2 digest.")
        statements = list(_statements(subject, part))
        contradicting = [one for one in statements if one.is_binding and declared not in one.digests]
        if contradicting:
            first = contradicting[0]
            return result.failed(
                f"{part.label}: the release declares {declared}, but {first.source} states {_shown(first)}.",
                evidence=_documents(contradicting),
                declared=declared,
                stated={one.source: sorted(one.digests) for one in contradicting},
            )
        agreeing = [one for one in statements if declared in one.digests]
        if not agreeing:
            return result.no_data(
                f"{part.label}: nothing states a digest to compare with {declared}.", declared=declared
            )
        return result.passed(
            f"{part.label} has the digest that {agreeing[0].source} states.",
            evidence=_documents(agreeing),
            declared=declared,
            stated_by=[one.source for one in agreeing],
        )


def _statements(subject: Subject, part: Part) -> Iterator[Statement]:
    for kind, reader in (("attestation", _attested), ("sbom", _listed), ("other", _checksums)):
        documents = subject.documents_for(part, kind)
        own = [one for one in documents if one.part_key][:1]
        for document in own + [one for one in documents if not one.part_key]:
            yield from reader(document, part)
    seen: set[str] = set()
    for deployment in subject.deployments_of(part):
        digest = normal(deployment.digest)
        if digest and same_version(deployment.version, part.version) and deployment.environment not in seen:
            seen.add(deployment.environment)
            source = f"the deployment {deployment.key} to {deployment.environment}".replace("  ", " ")
            yield Statement(source, frozenset([digest]), is_binding=True)


def _attested(document: Document, part: Part) -> Iterator[Statement]:
    digests = frozenset(digest for one in read_attestations(document.content()) for digest in one.digests)
    if digests:
        yield Statement("the attestation", digests, bool(document.part_key), document.pk)


def _listed(document: Document, part: Part) -> Iterator[Statement]:
    for thing in read_sbom(document.content()).subjects:
        if thing.digests and same_version(thing.version, part.version):
            yield Statement("the SBOM", thing.digests, bool(document.part_key), document.pk)


def _checksums(document: Document, part: Part) -> Iterator[Statement]:
    checksums = listed_checksums(document.content())
    if checksums:
        yield Statement("the checksum list", frozenset(checksums.values()), bool(document.part_key), document.pk)


def _shown(statement: Statement) -> str:
    digests = sorted(statement.digests)
    return digests[0] if len(digests) == 1 else f"{len(digests)} others"


def _documents(statements: list[Statement]) -> list[int]:
    return [one.document for one in statements if one.document is not None]
