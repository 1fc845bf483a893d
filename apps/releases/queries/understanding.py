"""What a file of evidence says it is. Reading never fails and never trusts: what is not understood says so."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

Said = dict[str, Any]
MOST_SUBJECTS = 50


def understand(kind: str, content: bytes) -> Said:
    """A few facts about the file: its format, what it is about, how much is in it."""
    read = READERS.get(kind)
    if read is None:
        return {"format": "unknown"}
    try:
        return read(content)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ParseError, DefusedXmlException) as error:
        return {"format": "unknown", "problem": f"It could not be read: {type(error).__name__}."}


def _sbom(content: bytes) -> Said:
    document = json.loads(content)
    if document.get("bomFormat") == "CycloneDX":
        about = (document.get("metadata") or {}).get("component") or {}
        return {
            "format": "CycloneDX",
            "spec_version": _text(document.get("specVersion")),
            "name": _text(about.get("name")),
            "version": _text(about.get("version")),
            "purl": _text(about.get("purl")),
            "components": len(document.get("components") or []),
        }
    if str(document.get("spdxVersion", "")).startswith("SPDX-"):
        return {
            "format": "SPDX",
            "spec_version": _text(document["spdxVersion"]),
            "name": _text(document.get("name")),
            "components": len(document.get("packages") or []),
        }
    return {"format": "unknown", "problem": "It is neither CycloneDX nor SPDX JSON."}


def _junit(content: bytes) -> Said:
    root = fromstring(content)
    if root.tag not in ("testsuites", "testsuite"):
        return {"format": "unknown", "problem": "It is not a JUnit report."}
    cases = list(root.iter("testcase"))
    return {
        "format": "JUnit",
        "tests": len(cases),
        "failures": _with(cases, "failure"),
        "errors": _with(cases, "error"),
        "skipped": _with(cases, "skipped"),
    }


def _with(cases: Iterable[Element], tag: str) -> int:
    return sum(1 for case in cases if case.find(tag) is not None)


def _coverage(content: bytes) -> Said:
    root = fromstring(content)
    if root.tag != "coverage":
        return {"format": "unknown", "problem": "It is not a Cobertura report."}
    return {
        "format": "Cobertura",
        "line_rate": _text(root.get("line-rate")),
        "branch_rate": _text(root.get("branch-rate")),
    }


def _attestation(content: bytes) -> Said:
    """One statement, a DSSE envelope, a bundle, or several of them as JSON lines. What it claims, not that it is true."""
    statements = [_statement_of(document) for document in _documents(content)]
    found = [statement for statement in statements if statement]
    if not found:
        return {"format": "unknown", "problem": "It holds no in-toto statement."}
    subjects = [subject for statement in found for subject in statement.get("subject") or []]
    return {
        "format": "in-toto",
        "predicate_types": sorted({_text(statement.get("predicateType")) for statement in found}),
        "subjects": [
            {"name": _text(subject.get("name")), "digest": subject.get("digest") or {}}
            for subject in subjects[:MOST_SUBJECTS]
        ],
        "verified": False,
    }


def _documents(content: bytes) -> list[Any]:
    try:
        return [json.loads(content)]
    except ValueError:
        return [json.loads(line) for line in content.splitlines() if line.strip()]


def _statement_of(document: Any) -> Said | None:
    envelope = document.get("dsseEnvelope") or document
    if "payload" not in envelope:
        return document if str(document.get("_type", "")).startswith("https://in-toto.io/Statement/") else None
    try:
        statement = json.loads(base64.b64decode(envelope["payload"], validate=True))
    except (ValueError, binascii.Error):
        return None
    return statement if isinstance(statement, dict) else None


def _text(value: Any) -> str:
    return str(value if value is not None else "")[:300]


READERS: dict[str, Callable[[bytes], Said]] = {
    "sbom": _sbom,
    "junit": _junit,
    "coverage": _coverage,
    "attestation": _attestation,
}
