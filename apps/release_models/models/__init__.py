"""Release models and their versions, and to whom a version was told."""

from apps.release_models.models.communications import CODE_ATTEMPTS, AcknowledgementLink, Communication
from apps.release_models.models.versions import ModelKind, ModelVersion, ReleaseModel

__all__ = ["CODE_ATTEMPTS", "AcknowledgementLink", "Communication", "ModelKind", "ModelVersion", "ReleaseModel"]
