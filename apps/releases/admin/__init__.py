"""Releases in the admin: the release page with its tabs, and the pages of its parts."""

from apps.releases.admin.parts import CheckAdmin, ComponentAdmin, ReleaseDependencyAdmin, TaskAdmin
from apps.releases.admin.records import DeploymentAdmin, EvidenceAdmin, HoldAdmin
from apps.releases.admin.release import ReleaseAdmin
from apps.releases.admin.touching import open_releases_around
from apps.releases.admin.train import TrainAdmin

__all__ = [
    "CheckAdmin",
    "ComponentAdmin",
    "DeploymentAdmin",
    "EvidenceAdmin",
    "HoldAdmin",
    "ReleaseAdmin",
    "ReleaseDependencyAdmin",
    "TaskAdmin",
    "TrainAdmin",
    "open_releases_around",
]
