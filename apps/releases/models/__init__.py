"""The tables of releases."""

from apps.releases.models.facts import Deployment, Hold, ReleaseIncident, Wait
from apps.releases.models.plan import Component, ReleaseDependency, Task, TaskNeed
from apps.releases.models.proof import Check, CheckRun, Evidence, EvidenceFile
from apps.releases.models.reach import ImpactRecord
from apps.releases.models.release import Release
from apps.releases.models.train import Train

__all__ = [
    "Check",
    "CheckRun",
    "Component",
    "Deployment",
    "Evidence",
    "EvidenceFile",
    "Hold",
    "ImpactRecord",
    "Release",
    "ReleaseDependency",
    "ReleaseIncident",
    "Task",
    "TaskNeed",
    "Train",
    "Wait",
]
