"""What a check looks at: a snapshot, so that judging touches neither the database nor a transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.verification.evidence.digests import sha256_of


@dataclass(frozen=True)
class Part:
    """One component of the release: which CI, from which version to which, and the artifact."""

    key: str
    name: str
    version: str
    from_version: str = ""
    purl: str = ""
    digest: str = ""
    no_digest_reason: str = ""
    names: tuple[str, ...] = ()

    @property
    def all_names(self) -> tuple[str, ...]:
        """Every name under which a tool may know the component."""
        return (self.key, self.name, *self.names)

    @property
    def label(self) -> str:
        return f"{self.name} {self.version}".strip()


class Altered(Exception):
    """The stored bytes no longer have the digest under which they were recorded."""


@dataclass(frozen=True)
class Document:
    """One stored file of evidence. `read` fetches its bytes."""

    pk: int
    kind: str
    sha256: str
    read: Callable[[], bytes]
    part_key: str = ""
    at: datetime | None = None

    def content(self) -> bytes:
        """The bytes, if they are still the ones that were stored. Raises Altered."""
        content = self.read()
        if sha256_of(content) != f"sha256:{self.sha256.removeprefix('sha256:')}":
            raise Altered
        return content


@dataclass(frozen=True)
class Reported:
    """One deployment as a tool reported it."""

    part_key: str
    environment: str
    version: str
    digest: str
    status: str
    at: datetime
    environment_order: int = 0
    is_production: bool = False
    key: str = ""
    has_succeeded: bool = False  # also when a later one has taken its place since

    @property
    def succeeded(self) -> bool:
        return self.status == "success" or self.has_succeeded


@dataclass(frozen=True)
class PipelineReport:
    """One run of a pipeline over one commit, as CI reported it; `conclusion` is blank until it has ended."""

    part_key: str
    name: str
    commit: str
    at: datetime
    ref: str = ""
    conclusion: str = ""


@dataclass(frozen=True)
class Subject:
    """A check run's view of its release, and what the model demands of it."""

    release_key: str
    release_version: str
    at: datetime
    params: dict[str, Any] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    documents: tuple[Document, ...] = ()
    deployments: tuple[Reported, ...] = ()
    pipelines: tuple[PipelineReport, ...] = ()
    environment: str = ""
    environment_order: int | None = None
    trusted_keys: tuple[tuple[str, str], ...] = ()
    attempt: int = 1
    run: int = 0
    starts_at: datetime | None = None  # when the release's window opens
    health_url: str = ""
    installed: dict[str, str] = field(default_factory=dict)  # key of an item → version live in the environment

    def documents_for(self, part: Part, kind: str) -> list[Document]:
        """Evidence of one kind for a component, the newest first; what names no component speaks for all."""
        return [one for one in self.documents if one.kind == kind and one.part_key in ("", part.key)]

    def deployments_of(self, part: Part) -> list[Reported]:
        """Deployments of the component, the newest first."""
        return [one for one in self.deployments if one.part_key == part.key]
