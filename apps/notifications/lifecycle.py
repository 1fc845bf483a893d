"""The chart of a message:

pending → send → sent
   ├───→ fail → failed          (the receiver refused it, or every attempt failed)
   └───→ withdraw → withdrawn   (no longer needed when its turn came)
sent, failed, withdrawn → resend → pending
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.lifecycle import Lifecycle, StatusField, transition
from apps.notifications.permissions import may_resend


class MessageStatus(models.TextChoices):
    PENDING = "pending", _("Pending")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    WITHDRAWN = "withdrawn", _("No longer needed")


class MessageLifecycle(Lifecycle):
    status = StatusField(MessageStatus)

    class Meta:
        abstract = True

    @transition(status, MessageStatus.PENDING, MessageStatus.SENT)
    def send(self) -> None:
        """The mail server took it."""

    @transition(status, MessageStatus.PENDING, MessageStatus.FAILED, note="required")
    def fail(self) -> None:
        """It cannot be delivered."""

    @transition(status, MessageStatus.PENDING, MessageStatus.WITHDRAWN, note="required")
    def withdraw(self) -> None:
        """What it asked for is settled already."""

    @transition(
        status,
        [MessageStatus.SENT, MessageStatus.FAILED, MessageStatus.WITHDRAWN],
        MessageStatus.PENDING,
        permission=may_resend,
    )
    def resend(self) -> None:
        """Send it once more, as a new mail."""
