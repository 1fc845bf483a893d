"""The kinds of checks. Adding one is a class, a line here, and a test (docs/howto/add-a-check-kind.md)."""

from __future__ import annotations

from apps.verification.kinds.artifact_digest import ArtifactDigest
from apps.verification.kinds.coverage import CoverageReached
from apps.verification.kinds.dependencies_live import DependenciesLive
from apps.verification.kinds.http_probe import HttpProbe
from apps.verification.kinds.junit import JunitGreen
from apps.verification.kinds.kind import Kind
from apps.verification.kinds.licence_policy import DeniedComponents, LicencePolicy
from apps.verification.kinds.manual import Manual
from apps.verification.kinds.pipeline_green import PipelineGreen
from apps.verification.kinds.provenance import Provenance
from apps.verification.kinds.records import BackUpTaken, CommunicationPrepared, RunbookReviewed
from apps.verification.kinds.rehearsal import Rehearsed, RollbackProven
from apps.verification.kinds.sbom import SbomPresent
from apps.verification.kinds.webhook import Webhook

ALL: tuple[Kind, ...] = (
    ArtifactDigest(),
    SbomPresent(),
    LicencePolicy(),
    DeniedComponents(),
    Provenance(),
    JunitGreen(),
    CoverageReached(),
    PipelineGreen(),
    DependenciesLive(),
    Rehearsed(),
    RollbackProven(),
    RunbookReviewed(),
    BackUpTaken(),
    CommunicationPrepared(),
    Manual(),
    HttpProbe(),
    Webhook(),
)
KINDS: dict[str, Kind] = {kind.slug: kind for kind in ALL}


def kind_named(slug: str) -> Kind | None:
    return KINDS.get(slug)
