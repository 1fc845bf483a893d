"""The chart of a communication: a published version told to a party that it concerns.

    asked ──acknowledge──▶ acknowledged
      │                        ▲
      ├──object──▶ objected ───┴── acknowledge
      │               └─────settle──▶ settled      (answered by the owner of the model; it is no alignment)
      └── close* ──▶ closed  (also from objected: the version is not in use any more)

The party answers through its link, or somebody records in the admin what the party said.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.lifecycle import Lifecycle, StatusField, transition
from apps.release_models.permissions import is_release_manager, may_record_answer


class CommunicationStatus(models.TextChoices):
    ASKED = "asked", _("Asked")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    OBJECTED = "objected", _("Objected")
    SETTLED = "settled", _("Settled")
    CLOSED = "closed", _("No longer needed")


def is_version_out_of_use(communication: Any) -> bool:
    """The version is in use; the party is still asked."""
    return communication.model_version.status != "published"


class CommunicationLifecycle(Lifecycle):
    status = StatusField(CommunicationStatus, verbose_name=_("status"))

    class Meta:
        abstract = True

    @transition(
        status,
        [CommunicationStatus.ASKED, CommunicationStatus.OBJECTED],
        CommunicationStatus.ACKNOWLEDGED,
        permission=may_record_answer,
    )
    def acknowledge(self) -> None:
        """The party has taken note and goes along."""

    @transition(
        status, CommunicationStatus.ASKED, CommunicationStatus.OBJECTED, permission=may_record_answer, note="required"
    )
    def object(self) -> None:
        """The party does not go along, and says why."""

    @transition(
        status,
        CommunicationStatus.OBJECTED,
        CommunicationStatus.SETTLED,
        permission=is_release_manager,
        note="required",
    )
    def settle(self) -> None:
        """The objection has been answered; how, says the note."""

    @transition(
        status,
        [CommunicationStatus.ASKED, CommunicationStatus.OBJECTED],
        CommunicationStatus.CLOSED,
        conditions=[is_version_out_of_use],
    )
    def close(self) -> None:
        """The version is not in use any more; its answer is of no use either."""
