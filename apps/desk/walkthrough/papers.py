"""The files of the walkthrough: those given on the command line, or the small ones that ship."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SHIPPED = Path(__file__).parent / "files"


@dataclass(frozen=True)
class Artifact:
    """What is released: the main component of the SBOM, and the digest of the file it was built into."""

    name: str
    version: str
    purl: str
    digest: str

    @property
    def file_name(self) -> str:
        return f"{self.name}-{self.version}.tar.gz".replace("/", "-").replace("@", "")


@dataclass(frozen=True)
class Papers:
    catalog: bytes
    sbom: bytes
    deployment: bytes

    @classmethod
    def gather(cls, catalog: str = "", sbom: str = "", deployment: str = "") -> Papers:
        return cls(
            Path(catalog or SHIPPED / "catalog-info.yaml").read_bytes(),
            Path(sbom or SHIPPED / "sbom.cdx.json").read_bytes(),
            Path(deployment or SHIPPED / "deployment.json").read_bytes(),
        )

    def artifact(self) -> Artifact:
        """The component that the SBOM is about; where it names none, the first that it lists."""
        document = json.loads(self.sbom)
        listed = [(document.get("metadata") or {}).get("component"), *(document.get("components") or [])]
        main = next((one for one in listed if one and one.get("name")), {"name": "artifact"})
        version = str(main.get("version") or "1.0.0")
        hashes = {one.get("alg"): one.get("content") for one in main.get("hashes") or []}
        digest = hashes.get("SHA-256") or hashlib.sha256(f"{main['name']} {version}".encode()).hexdigest()
        return Artifact(main["name"], version, main.get("purl") or "", f"sha256:{digest.lower()}")

    def deployment_told(self, artifact: Artifact, number: int) -> dict[str, Any]:
        """GitHub's payload of event `deployment`; where it leaves it open, the pipeline's word on what was deployed."""
        told = json.loads(self.deployment)
        told["deployment"]["id"] = number
        if not told["deployment"].get("payload"):
            told["deployment"]["payload"] = {"version": artifact.version, "digest": artifact.digest}
        return told


def checksums(artifact: Artifact) -> bytes:
    """As `sha256sum` writes them."""
    return f"{artifact.digest.removeprefix('sha256:')}  {artifact.file_name}\n".encode()


def test_report() -> bytes:
    """A JUnit report of a green run."""
    cases = "".join(f'<testcase classname="suite" name="case {n}" time="0.01"/>' for n in range(1, 13))
    return f'<testsuite name="suite" tests="12" failures="0" errors="0" skipped="0">{cases}</testsuite>'.encode()


def status_told(deployment: dict[str, Any], state: str, at: str) -> dict[str, Any]:
    """GitHub's payload of event `deployment_status` for that deployment."""
    environment = deployment["deployment"].get("environment")
    status = {"id": deployment["deployment"]["id"], "state": state, "environment": environment, "created_at": at}
    return {**deployment, "action": "created", "deployment_status": status}


def signature(secret: str, body: bytes) -> str:
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
