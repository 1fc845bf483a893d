"""Who may work on the release approach: as on release models, and nobody publishes what they wrote."""

from __future__ import annotations

from apps.release_models.permissions import is_release_manager, may_publish, may_read

__all__ = ["is_release_manager", "may_publish", "may_read"]
