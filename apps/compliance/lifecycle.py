"""The chart of a finding:  open → close (with a note) → closed."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.compliance.permissions import may_close
from apps.core.lifecycle import Lifecycle, StatusField, transition


class FindingStatus(models.TextChoices):
    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")


class FindingLifecycle(Lifecycle):
    status = StatusField(FindingStatus)

    class Meta:
        abstract = True

    @transition(status, FindingStatus.OPEN, FindingStatus.CLOSED, permission=may_close, note="required")
    def close(self) -> None:
        """The breach is mended or accepted; say which, and how it will not come again."""
