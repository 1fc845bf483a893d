"""Releases in the admin: the release page with its tabs, and the pages of its parts."""

from apps.releases.admin.parts import CheckAdmin, ComponentAdmin, ReleaseDependencyAdmin, TaskAdmin
from apps.releases.admin.records import DeploymentAdmin, EvidenceAdmin, HoldAdmin
from apps.releases.admin.release import ReleaseAdmin

__all__ = [
    "CheckAdmin",
    "ComponentAdmin",
    "DeploymentAdmin",
    "EvidenceAdmin",
    "HoldAdmin",
    "ReleaseAdmin",
    "ReleaseDependencyAdmin",
    "TaskAdmin",
]
