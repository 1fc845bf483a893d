"""The artifact was built where it should be: a statement about this very digest, signed by a key this house trusts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.verification.evidence.attestation import Attestation, read_attestations, signed_by
from apps.verification.evidence.digests import normal
from apps.verification.kinds import result
from apps.verification.kinds.kind import PartKind, object_of
from apps.verification.kinds.result import Result
from apps.verification.kinds.subject import Part, Subject

PATTERNS = {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1}


@dataclass(frozen=True)
class Claim:
    """One attestation about the artifact, the file it came in, and the trusted key that signed it, if one did."""

    attestation: Attestation
    document: int
    key: str


class Provenance(PartKind):
    slug = "provenance"
    title = _("Provenance")
    help = _("An in-toto statement about this very digest is signed, in a DSSE envelope, by a trusted key.")
    params = object_of(
        builders={**PATTERNS, "description": "Who may have built it: builder ids, with * as a wildcard."},
        sources={**PATTERNS, "description": "From which repositories: addresses, with * as a wildcard."},
        predicate_types={**PATTERNS, "description": "Which statements count (https://slsa.dev/provenance/*)."},
        keys={**PATTERNS, "description": "Names of the trusted keys that count; all of them when not given."},
    )
    reads = ("attestation",)

    def judge_part(self, subject: Subject, part: Part) -> Result:
        declared = normal(part.digest)
        if not declared:
            return result.no_data(f"{part.label} declares no digest that a statement could be about.")
        documents = subject.documents_for(part, "attestation")
        if not documents:
            return result.no_data(f"{part.label} has no attestation.")
        keys = [key for key in subject.trusted_keys if _fits(key[0], subject.params.get("keys"))]
        if not keys:
            return result.error(f"{part.label}: no key is trusted. An administrator adds the builder's public key.")
        claims = [
            Claim(one, document.pk, signed_by(one, keys))
            for document in documents
            for one in read_attestations(document.content())
            if declared in one.digests
        ]
        return self._judge_claims(subject, part, declared, claims)

    def _judge_claims(self, subject: Subject, part: Part, declared: str, claims: list[Claim]) -> Result:
        if not claims:
            return result.failed(f"{part.label}: no attestation is about {declared}.")
        evidence = list(dict.fromkeys(claim.document for claim in claims))
        signed = [claim for claim in claims if claim.key]
        if not signed:
            said = f"{part.label}: what is said about {declared} is not signed by a trusted key."
            return result.failed(said, evidence=evidence, verified=False)
        faults: list[str] = []
        for claim in signed:
            faults = list(_faults(claim.attestation, subject.params))
            if not faults:
                return result.passed(
                    f"{part.label} was built by {claim.attestation.builder or 'a builder it does not name'}, signed by {claim.key}.",
                    evidence=[claim.document],
                    verified=True,
                    key=claim.key,
                    builder=claim.attestation.builder,
                )
        return result.failed(f"{part.label}: {' '.join(faults)}", evidence=evidence, verified=True)


def _faults(attestation: Attestation, params: dict[str, Any]) -> Iterator[str]:
    wanted = params.get("predicate_types", ["https://slsa.dev/provenance/*"])
    if not _fits(attestation.predicate_type, wanted):
        yield f"the statement is a {attestation.predicate_type or 'nameless one'}, not {' or '.join(wanted)}."
    if not _fits(attestation.builder, params.get("builders")):
        yield f"it was built by {attestation.builder or 'a builder it does not name'}, which may not."
    sources = attestation.sources
    if params.get("sources") and not any(_fits(source, params["sources"]) for source in sources):
        yield f"it was built from {', '.join(sources) or 'a source it does not name'}, which is not one of ours."


def _fits(text: str, patterns: list[str] | None) -> bool:
    return patterns is None or any(fnmatchcase(text, pattern) for pattern in patterns)
