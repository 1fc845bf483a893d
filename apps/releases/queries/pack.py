"""The evidence pack: everything an auditor asks for in one ZIP, with a manifest of digests, verifiable offline.

The same state gives the same bytes: files in one order, one fixed time stamp, no compression differences. What cannot
change any more once the release is closed (scope, approvals, tasks, checks, evidence) is sealed: its digest is kept
with the release and stands in the manifest.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from apps.approvals.models import Round
from apps.core.models import AuditEntry
from apps.releases.lifecycle.scope import scope_content, scope_digest
from apps.releases.models import EvidenceFile, Release
from apps.releases.queries.story import timeline

EPOCH = (1980, 1, 1, 0, 0, 0)
FORMAT = "tidegate-evidence-pack/1"
MANIFEST = "manifest.json"
LARGEST = 2 * 1024**3
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    KeyError,
    TypeError,
    AttributeError,
    ValueError,
    OSError,
    RuntimeError,  # encrypted, or compressed in a way that is not known here
)


def evidence_pack(release: Release) -> bytes:
    """The ZIP."""
    sealed = dict(_sealed_files(release))
    files = {**sealed, **dict(_moving_files(release))}
    manifest = {
        "format": FORMAT,
        "release": release.key,
        "files": {name: {"sha256": _sha256(content), "size": len(content)} for name, content in sorted(files.items())},
        "sealed": {"files": sorted(sealed), "digest": _seal(sealed), "digest_at_closing": release.evidence_digest},
    }
    return _zipped({MANIFEST: _json(manifest), **files})


def sealed_digest(release: Release) -> str:
    """The digest over all that no longer changes once the release is closed."""
    return _seal(dict(_sealed_files(release)))


def faults_in_pack(content: bytes) -> list[str]:
    """What is wrong with a pack: every missing, surplus or altered file. Needs nothing but the file."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as pack:
            names = pack.namelist()
            if sum(one.file_size for one in pack.infolist()) > LARGEST:
                return [f"It claims to hold more than {LARGEST // 1024**2} MiB."]
            files = {name: pack.read(name) for name in names}
        manifest = json.loads(files.pop(MANIFEST))
        listed = {name: entry["sha256"] for name, entry in manifest["files"].items()}
        sealed = manifest["sealed"]
        sealed_names, kept = list(sealed["files"]), {sealed["digest"]} | {sealed["digest_at_closing"]} - {""}
    except UNREADABLE as error:
        return [f"This is not an evidence pack: {type(error).__name__}."]
    faults = [f"{name} is there twice." for name in sorted({one for one in names if names.count(one) > 1})]
    faults += [f"{name} is missing." for name in sorted(listed.keys() - files.keys())]
    faults += [f"{name} is not in the manifest." for name in sorted(files.keys() - listed.keys())]
    faults += [
        f"{name} was altered." for name in sorted(listed.keys() & files.keys()) if _sha256(files[name]) != listed[name]
    ]
    present = {name: files[name] for name in sealed_names if name in files}
    if not faults and kept != {_seal(present)}:
        faults.append("The sealed part is not what was sealed when the release was closed.")
    return faults


def _sealed_files(release: Release) -> Iterator[tuple[str, bytes]]:
    yield "scope.json", _json(release.approved_scope or scope_content(release))
    yield "approvals.json", _json([_round(one) for one in rounds_of(release)])
    yield "tasks.json", _json([_row(task) for task in release.tasks.order_by("slug")])
    yield "checks.json", _json([_check(check) for check in _checks(release)])
    evidence = list(release.evidence.select_related("component__ci").order_by("number"))
    yield "evidence.json", _json([_evidence(row) for row in evidence])
    digests = {row.sha256 for row in evidence}
    for file in EvidenceFile.objects.filter(sha256__in=digests).order_by("sha256"):
        yield f"evidence/{file.sha256}", bytes(file.content)


def _moving_files(release: Release) -> Iterator[tuple[str, bytes]]:
    release_row = {**_row(release), "key": release.key, "digest_now": scope_digest(release)}
    yield "release.json", _json(release_row)
    yield "holds.json", _json([_row(hold) for hold in release.holds.order_by("number")])
    yield "waits.json", _json([_row(wait) for wait in release.waits.order_by("started_at", "pk")])
    deployments = release.deployments.select_related("ci", "environment").order_by("key")
    yield "deployments.json", _json([{**_row(one), "key": one.key, "releases": None} for one in deployments])
    yield "audit.json", _json([_entry(entry) for entry in timeline(release)])


def rounds_of(release: Release) -> Any:
    """Every round in which approval of this release was asked."""
    found = Round.objects.filter(key__gte=f"{release.key}-A", key__lt=f"{release.key}-B")
    return found.prefetch_related("answers__person", "answers__on_behalf_of").order_by("pk")


def _round(one: Round) -> dict[str, Any]:
    return {
        "key": one.key,
        "digest": one.digest,
        "status": one.status,
        "rules": one.rules,
        "opened_at": one.opened_at,
        "closed_at": one.closed_at,
        "closed_reason": one.closed_reason,
        "answers": [
            {
                "person": answer.person.get_username(),
                "on_behalf_of": answer.on_behalf_of.get_username() if answer.on_behalf_of else None,
                "decision": answer.decision,
                "reason": answer.reason,
                "digest": answer.digest,
                "door": answer.door,
                "at": answer.at,
            }
            for answer in one.answers.all()
        ],
    }


def _checks(release: Release) -> Any:
    return release.checks.prefetch_related("runs__evidence").order_by("slug")


def _check(check: Any) -> dict[str, Any]:
    """A check with its runs, which come in the order of their numbers."""
    runs = [{**_row(run), "evidence": sorted(one.sha256 for one in run.evidence.all())} for run in check.runs.all()]
    return {**_row(check), "runs": runs}


def _evidence(row: Any) -> dict[str, Any]:
    return {
        "number": row.number,
        "kind": row.kind,
        "component": row.component.ci.key if row.component else None,
        "sha256": row.sha256,
        "size": row.size,
        "filename": row.filename,
        "media_type": row.media_type,
        "understood": row.understood,
        "stored_at": row.created_at,
    }


def _entry(entry: AuditEntry) -> dict[str, Any]:
    return {
        "id": entry.pk,
        "at": entry.at,
        "event": entry.event,
        "record": entry.subject_key,
        "door": entry.door,
        "who": entry.actor_name,
        "from": entry.before,
        "to": entry.after,
        "changes": entry.changes,
        "data": entry.data,
        "note": entry.note,
        "request_id": entry.request_id,
    }


def _row(row: Any) -> dict[str, Any]:
    """The columns of a row, with the status that forms do not show."""
    columns = {field.name: field.value_from_object(row) for field in row._meta.concrete_fields}
    return {name: value for name, value in columns.items() if name not in ("version", "updated_at")}


def _json(content: Any) -> bytes:
    text = json.dumps(content, cls=DjangoJSONEncoder, sort_keys=True, ensure_ascii=False, indent=1)
    return f"{text}\n".encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _seal(files: dict[str, bytes]) -> str:
    lines = "".join(f"{_sha256(content)}  {name}\n" for name, content in sorted(files.items()))
    return _sha256(lines.encode())


def _zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as pack:
        for name, content in files.items():
            pack.writestr(zipfile.ZipInfo(name, date_time=EPOCH), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
