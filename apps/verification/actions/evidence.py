"""Evidence at the door: read first, then kept."""

from __future__ import annotations

from apps.core import moves
from apps.core.actor import Actor
from apps.core.errors import Invalid, Refusal
from apps.releases import actions as releases
from apps.releases.lifecycle.words import EvidenceKind
from apps.releases.models import Component, Evidence, Release
from apps.verification.evidence import understand
from apps.verification.queries import content_of


def submit_evidence(
    *,
    release: Release,
    kind: str,
    content: bytes,
    by: Actor,
    component: Component | None = None,
    filename: str = "",
    media_type: str = "",
    note: str = "",
) -> Evidence:
    """Keep a file as evidence, with what it was understood to say. What is not what it claims to be is not kept."""
    if kind not in EvidenceKind.values:
        raise Invalid.field("?kind", "unknown", f"Choose one of: {', '.join(EvidenceKind.values)}.")
    understood = understand(kind, content)
    return releases.store_evidence(
        release=release,
        kind=kind,
        content=content,
        component=component,
        filename=filename,
        media_type=media_type,
        understood=understood,
        note=note,
        by=by,
    )


def understand_evidence(*, evidence: Evidence, by: Actor) -> Evidence:
    """Read a file that was kept without being read, as the admin does. What cannot be read says so."""
    if evidence.understood:
        return evidence
    try:
        understood = understand(evidence.kind, content_of(evidence))
    except Refusal as refusal:
        understood = {"format": "unknown", "summary": refusal.detail[:500]}
    return moves.change(evidence, {"understood": understood}, by=by, verb="understand")
