"""Snapshots for judging, made by hand: no database needed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from apps.verification.evidence.digests import sha256_of
from apps.verification.kinds.subject import Document, Part, Reported, Subject

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BRIDGE = Part(
    key="proton-bridge",
    name="Proton Bridge",
    version="1.8.0",
    from_version="1.6.3",
    purl="pkg:golang/github.com/ProtonMail/proton-bridge@v1.8.0",
)
PROTON = "05a-cyclonedx/bom-examples/SBOM/proton-bridge/proton-bridge-v{}.bom.json"


def document(kind: str, content: bytes | Path, *, pk: int = 1, part: str = "", sha256: str = "") -> Document:
    stored = content.read_bytes() if isinstance(content, Path) else content
    return Document(pk, kind, sha256 or sha256_of(stored), lambda: stored, part, NOON)


def subject(
    *documents: Document, parts=(BRIDGE,), params=None, deployments: tuple[Reported, ...] = (), **more
) -> Subject:
    return Subject(
        release_key="REL-2026-0001",
        release_version="1.8.0",
        at=NOON,
        params=params or {},
        parts=tuple(parts),
        documents=documents,
        deployments=deployments,
        **more,
    )


def deployed(version: str, *, part: str = "proton-bridge", environment: str = "staging", **more) -> Reported:
    known = {"digest": "", "status": "success", "at": NOON, "environment_order": 1, **more}
    return Reported(part_key=part, environment=environment, version=version, **known)
