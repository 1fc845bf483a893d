"""The charts of releases and their parts, and what may be edited when."""

from apps.releases.lifecycle.check import CheckLifecycle, CheckRunLifecycle
from apps.releases.lifecycle.editing import EDITABLE, editable_fields
from apps.releases.lifecycle.release import ReleaseLifecycle
from apps.releases.lifecycle.task import TaskLifecycle
from apps.releases.lifecycle.words import (
    Availability,
    CheckGroup,
    CheckStatus,
    DeploymentStatus,
    EvidenceKind,
    NeededState,
    Outcome,
    Phase,
    ReleaseType,
    RunStatus,
    Status,
    TaskStatus,
    WaitReason,
)

__all__ = [
    "EDITABLE",
    "Availability",
    "CheckGroup",
    "CheckLifecycle",
    "CheckRunLifecycle",
    "CheckStatus",
    "DeploymentStatus",
    "EvidenceKind",
    "NeededState",
    "Outcome",
    "Phase",
    "ReleaseLifecycle",
    "ReleaseType",
    "RunStatus",
    "Status",
    "TaskLifecycle",
    "TaskStatus",
    "WaitReason",
    "editable_fields",
]
