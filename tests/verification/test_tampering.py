"""One changed byte, anywhere: stored evidence always fails, and a signed statement never passes."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.verification.evidence.attestation import read_attestations, signed_by
from apps.verification.kinds import KINDS, kind_named
from apps.verification.kinds.result import FAILED, PASSED
from tests.conftest import SHARED_DATA
from tests.verification.factory import BRIDGE, PROTON, document, subject
from tests.verification.test_every_kind import ARTIFACT, COBERTURA, SLSA
from tests.verification.test_kinds_on_evidence import GREEN
from tests.verification.test_provenance import key_in

ATTESTED = SHARED_DATA / "05c-attestations" / SLSA
REAL = SHARED_DATA / PROTON.format("1.8.0")
REVIEW = {"record": "runbook_review", "reviewed_at": "2026-02-20T08:00:00Z", "reviewers": ["carl"], "result": "fit"}
BACK_UP = {"record": "back_up", "of": "db", "taken_at": "2026-03-02T01:00:00Z", "status": "success"}
NOTICE = {"record": "communication", "to": "all", "text": "Soon.", "sends_at": "2026-03-01T12:00:00Z"}
BROUGHT = {
    "artifact_digest": ("attestation", ATTESTED),
    "provenance": ("attestation", ATTESTED),
    "sbom": ("sbom", REAL),
    "licence_policy": ("sbom", REAL),
    "denied_components": ("sbom", REAL),
    "junit": ("junit", GREEN),
    "coverage": ("coverage", COBERTURA % b"0.9"),
    "runbook_reviewed": ("other", json.dumps(REVIEW).encode()),
    "back_up_taken": ("other", json.dumps(BACK_UP).encode()),
    "communication_prepared": ("other", json.dumps(NOTICE).encode()),
}
READ = sorted(
    slug for slug, kind in KINDS.items() if {"sbom", "attestation", "junit", "coverage", "other"} & {*kind.reads}
)

pytestmark = pytest.mark.usefixtures("shared_data")


@cache
def content_of(slug: str) -> tuple[str, bytes]:
    kind, source = BROUGHT[slug]
    return kind, source if isinstance(source, bytes) else source.read_bytes()


def judged(slug: str, content: bytes, sha256: str = "") -> str:
    kind, _original = content_of(slug)
    attested = kind == "attestation"
    brought = document(kind, content, sha256=sha256, part="slsa" if attested else "")
    return kind_named(slug).run(
        subject(
            brought,
            parts=[ARTIFACT if attested else BRIDGE],
            params={"denied": ["evil"]} if slug == "denied_components" else {},
            trusted_keys=[("slsa", key_in(ATTESTED))] if attested else [],
            starts_at=subject().at,
        )
    )


def test_every_kind_that_reads_files_is_tampered_with():
    assert sorted(BROUGHT) == READ


@pytest.mark.parametrize("slug", READ)
@given(data=st.data())
def test_stored_evidence_with_one_changed_byte_always_fails(slug, data):
    kind, whole = content_of(slug)
    place = data.draw(st.integers(0, len(whole) - 1))
    bit = 1 << data.draw(st.integers(0, 7))
    changed = bytearray(whole)
    changed[place] ^= bit
    verdict = judged(slug, bytes(changed), sha256=document(kind, whole).sha256)
    assert verdict.status == FAILED
    assert "no longer has the digest" in verdict.detail


@given(st.integers(0, 10**9), st.integers(0, 7), st.sampled_from(["payload", "sig"]))
def test_a_statement_changed_before_it_was_brought_never_passes(place, bit, where):
    """Payload and signature: flipped in what they decode to, so that every flip is a change."""
    told = json.loads(content_of("provenance")[1].splitlines()[0])
    holder = told if where == "payload" else told["signatures"][0]
    raw = bytearray(base64.b64decode(holder[where]))
    raw[place % len(raw)] ^= 1 << bit
    holder[where] = base64.b64encode(bytes(raw)).decode()
    assert judged("provenance", json.dumps(told).encode()).status != PASSED


def test_untouched_it_passes():
    assert judged("provenance", content_of("provenance")[1]).status == PASSED
    (first, *_more) = read_attestations(content_of("provenance")[1])
    assert signed_by(first, [("slsa", key_in(ATTESTED))]) == "slsa"
    assert signed_by(replace(first, payload=first.payload[:-1]), [("slsa", key_in(ATTESTED))]) == ""
