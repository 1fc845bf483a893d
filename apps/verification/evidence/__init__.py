"""What a file of evidence says, read at the door and again when it is judged."""

from __future__ import annotations

from typing import Any

from apps.core.documents import storable
from apps.verification.evidence.attestation import read_attestations
from apps.verification.evidence.coverage import read_coverage
from apps.verification.evidence.digests import listed_checksums
from apps.verification.evidence.junit import read_junit
from apps.verification.evidence.sbom import read_sbom

MOST_CHECKSUMS = 200


def understand(kind: str, content: bytes) -> dict[str, Any]:
    """What the file was understood to say, as JSON. Raises Invalid when it is not what it claims to be.

    `kind` is one of sbom, attestation, junit, coverage, other. Of `other` only lists of checksums are understood;
    anything else is kept as it is.
    """
    return storable(READERS[kind](content))


def _sbom(content: bytes) -> dict[str, Any]:
    return read_sbom(content).summary()


def _junit(content: bytes) -> dict[str, Any]:
    return read_junit(content).summary()


def _coverage(content: bytes) -> dict[str, Any]:
    return read_coverage(content).summary()


def _attestation(content: bytes) -> dict[str, Any]:
    found = [attestation.summary() for attestation in read_attestations(content)]
    first = found[0]["summary"] if found else "nothing"
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return {
        "format": "in-toto",
        "verified": False,
        "attestations": found,
        "summary": f"Not verified: {first}{more}",
    }


def _other(content: bytes) -> dict[str, Any]:
    checksums = listed_checksums(content)
    if not checksums:
        return {}
    shown = dict(list(checksums.items())[:MOST_CHECKSUMS])
    return {"format": "checksums", "checksums": shown, "summary": f"Checksums of {len(checksums)} files"}


READERS = {"sbom": _sbom, "attestation": _attestation, "junit": _junit, "coverage": _coverage, "other": _other}
