"""The evidence pack: the same bytes for the same state, every file in the manifest, any change found offline."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.core.errors import Invalid, NotNow, NotPermitted, TooLarge
from apps.releases import actions
from apps.releases.models import EvidenceFile, Release
from apps.releases.queries import evidence_pack, faults_in_pack
from tests.factories import draft_release, fresh, release_in
from tests.people import acting

pytestmark = pytest.mark.django_db


def with_evidence() -> Release:
    release = release_in("verifying")
    actions.store_evidence(release=release, kind="other", content=b"It works.", by=acting("carl"), filename="note.txt")
    return fresh(release)


def rebuilt(pack: bytes, change) -> bytes:
    """The same ZIP with something changed by hand."""
    with zipfile.ZipFile(io.BytesIO(pack)) as old:
        files = {name: old.read(name) for name in old.namelist()}
    change(files)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as new:
        for name, content in files.items():
            new.writestr(name, content)
    return buffer.getvalue()


def test_the_same_state_gives_the_same_bytes_and_verifies() -> None:
    release = with_evidence()
    pack = evidence_pack(release)
    assert pack == evidence_pack(fresh(release))
    assert faults_in_pack(pack) == []


def test_it_holds_what_an_auditor_asks_for() -> None:
    release = release_in("closed")
    with zipfile.ZipFile(io.BytesIO(evidence_pack(release))) as pack:
        manifest = json.loads(pack.read("manifest.json"))
        approvals = json.loads(pack.read("approvals.json"))
        audit = json.loads(pack.read("audit.json"))
        scope = json.loads(pack.read("scope.json"))
        checks = json.loads(pack.read("checks.json"))
    assert [(one["person"], one["decision"], one["digest"]) for one in approvals[0]["answers"]] == [
        ("adam", "approve", release.approved_digest),
        ("anna", "approve", release.approved_digest),
    ]
    assert scope["components"]["payments-api"]["to_version"] == "2.0.0"
    assert {"releases.release.create", "releases.release.close"} <= {entry["event"] for entry in audit}
    assert {run["status"] for check in checks for run in check["runs"]} == {"passed", "running"}
    assert manifest["sealed"]["digest"] == manifest["sealed"]["digest_at_closing"] == release.evidence_digest


def test_the_seal_stands_whatever_happens_after_closing() -> None:
    release = release_in("closed")
    release = actions.withdraw_release(release=release, by=acting("rosa"), note="It leaks.")
    pack = evidence_pack(release)
    assert faults_in_pack(pack) == []


def test_a_change_in_the_database_after_closing_breaks_the_seal() -> None:
    release = release_in("closed")
    release.checks.filter(slug="rehearsed").update(status="failed")
    assert faults_in_pack(evidence_pack(release)) == [
        "The sealed part is not what was sealed when the release was closed."
    ]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda files: files.update({"approvals.json": b"[]"}), "approvals.json was altered."),
        (lambda files: files.pop("audit.json"), "audit.json is missing."),
        (lambda files: files.update({"more.txt": b"x"}), "more.txt is not in the manifest."),
        (lambda files: files.pop("manifest.json"), "This is not an evidence pack: KeyError."),
    ],
)
def test_what_was_done_to_a_pack_is_found(change, fault: str) -> None:
    assert faults_in_pack(rebuilt(evidence_pack(with_evidence()), change)) == [fault]


def test_a_truncated_or_damaged_pack_is_found_and_never_crashes() -> None:
    pack = evidence_pack(with_evidence())
    for cut in (0, 10, len(pack) // 2, len(pack) - 1):
        assert faults_in_pack(pack[:cut])
    with zipfile.ZipFile(io.BytesIO(pack)) as whole:
        inside = whole.getinfo("checks.json").header_offset + 60
    for place in range(inside, inside + 200):
        assert faults_in_pack(pack[:place] + bytes([pack[place] ^ 1]) + pack[place + 1 :])
    for place in range(0, len(pack), 31):
        faults_in_pack(pack[:place] + bytes([pack[place] ^ 0x55]) + pack[place + 1 :])


def test_the_command_says_so_and_fails_when_it_does_not_verify(tmp_path: Path, capsys) -> None:
    good, bad = tmp_path / "good.zip", tmp_path / "bad.zip"
    pack = evidence_pack(with_evidence())
    good.write_bytes(pack)
    bad.write_bytes(pack[:-40])
    call_command("verify_evidence", str(good))
    assert "verifies" in capsys.readouterr().out
    call_command("verify_evidence", str(good), "--json")
    assert json.loads(capsys.readouterr().out)["verifies"] is True
    with pytest.raises(CommandError, match="does not verify"):
        call_command("verify_evidence", str(bad))
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("verify_evidence", str(tmp_path / "nowhere.zip"))


# --- bringing evidence --------------------------------------------------------------------------------------------


def test_the_same_file_is_kept_once_and_listed_for_each_purpose() -> None:
    release = release_in("verifying")
    first = actions.store_evidence(release=release, kind="other", content=b"same", by=acting("carl"))
    again = actions.store_evidence(release=release, kind="other", content=b"same", by=acting("rosa"))
    actions.store_evidence(release=release, kind="coverage", content=b"same", by=acting("carl"))
    assert again == first
    assert release.evidence.count() == 2
    assert EvidenceFile.objects.count() == 1


def test_what_cannot_be_evidence_is_refused(settings) -> None:
    release, foreign = release_in("verifying"), draft_release().components.get()
    store = actions.store_evidence
    settings.EVIDENCE_LARGEST_BYTES = 8
    with pytest.raises(TooLarge):
        store(release=release, kind="other", content=b"123456789", by=acting("carl"))
    with pytest.raises(Invalid, match="empty"):
        store(release=release, kind="other", content=b"", by=acting("carl"))
    with pytest.raises(Invalid, match="Choose one of"):
        store(release=release, kind="rumour", content=b"x", by=acting("carl"))
    with pytest.raises(Invalid, match="another release"):
        store(release=release, kind="other", content=b"x", by=acting("carl"), component=foreign)
    with pytest.raises(NotPermitted):
        store(release=release, kind="other", content=b"x", by=acting("audrey"))
    with pytest.raises(NotNow, match="sealed"):
        store(release=release_in("closed"), kind="other", content=b"x", by=acting("carl"))
    assert release.evidence.count() == 0
