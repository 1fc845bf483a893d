"""The charts of release models: versions, and their communication to parties."""

from apps.release_models.lifecycle.communications import CommunicationLifecycle, CommunicationStatus
from apps.release_models.lifecycle.versions import EDITABLE, VersionLifecycle, VersionStatus

__all__ = ["EDITABLE", "CommunicationLifecycle", "CommunicationStatus", "VersionLifecycle", "VersionStatus"]
