"""Release models in the admin."""

from apps.release_models.admin.communications import CommunicationAdmin
from apps.release_models.admin.models import ReleaseModelAdmin
from apps.release_models.admin.versions import ModelVersionAdmin

__all__ = ["CommunicationAdmin", "ModelVersionAdmin", "ReleaseModelAdmin"]
