"""The papers a pipeline brings along: a bill of materials and a test report, made for one component and version."""

from __future__ import annotations

import hashlib
import json

from apps.core.clock import now


def digest_of(key: str, version: str) -> str:
    """The demo's artifacts do not exist; their digests are those of their names."""
    return f"sha256:{hashlib.sha256(f'{key}@{version}'.encode()).hexdigest()}"


def purl_of(key: str, version: str) -> str:
    return f"pkg:oci/{key}@{version}"


def sbom(key: str, version: str) -> bytes:
    """A CycloneDX 1.5 document about the component, with a few things inside it."""
    inside = [("httpx", "0.28.1"), ("orjson", "3.11.4"), ("psycopg", "3.3.9")]
    return json.dumps(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "version": 1,
            "metadata": {
                "component": {
                    "type": "container",
                    "name": key,
                    "version": version,
                    "purl": purl_of(key, version),
                    "bom-ref": key,
                    "hashes": [{"alg": "SHA-256", "content": digest_of(key, version).removeprefix("sha256:")}],
                }
            },
            "components": [
                {"type": "library", "name": name, "version": number, "purl": f"pkg:pypi/{name}@{number}"}
                for name, number in inside
            ],
        }
    ).encode()


def test_report(key: str, *, failures: int = 0) -> bytes:
    """A JUnit report of a run that ended just now."""
    cases = "".join(f'<testcase classname="{key}" name="case_{number}" time="0.01"/>' for number in range(3))
    red = "".join(
        f'<testcase classname="{key}" name="red_{number}"><failure message="expected 200, got 500"/></testcase>'
        for number in range(failures)
    )
    suite = f'<testsuite name="{key}" timestamp="{now():%Y-%m-%dT%H:%M:%S}" tests="{3 + failures}" failures="{failures}" errors="0" skipped="0">'
    return f'<?xml version="1.0"?><testsuites>{suite}{cases}{red}</testsuite></testsuites>'.encode()
