"""The charts of what comes in and of what goes out.

An inbound delivery, from a tool's hook:

    received → processed | unmatched | ignored
    unmatched → received (match again) | ignored (set aside, with a reason)

An outbound delivery, to a subscriber:

    pending → delivered | failed | withdrawn
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.lifecycle import Lifecycle, StatusField, transition
from apps.integrations.permissions import may_sort


class HookStatus(models.TextChoices):
    RECEIVED = "received", _("Received")
    PROCESSED = "processed", _("Processed")
    UNMATCHED = "unmatched", _("Not matched")
    IGNORED = "ignored", _("Ignored")


class HookDeliveryLifecycle(Lifecycle):
    status = StatusField(HookStatus, verbose_name=_("status"))

    class Meta:
        abstract = True

    @transition(status, HookStatus.RECEIVED, HookStatus.PROCESSED)
    def process(self):
        """What it says was understood and taken down."""

    @transition(status, HookStatus.RECEIVED, HookStatus.UNMATCHED)
    def leave(self):
        """It was understood, but not what it is about."""

    @transition(status, HookStatus.RECEIVED, HookStatus.IGNORED)
    def ignore(self):
        """It says nothing that is used here."""

    @transition(status, HookStatus.UNMATCHED, HookStatus.RECEIVED, permission=may_sort, label=_("Match again"))
    def rematch(self):
        """What was missing is there now: look again."""

    @transition(status, HookStatus.UNMATCHED, HookStatus.IGNORED, permission=may_sort, note="required")
    def set_aside(self):
        """It will not be matched, for a reason."""


class OutboundStatus(models.TextChoices):
    PENDING = "pending", _("Pending")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class OutboundLifecycle(Lifecycle):
    status = StatusField(OutboundStatus, verbose_name=_("status"))

    class Meta:
        abstract = True

    @transition(status, OutboundStatus.PENDING, OutboundStatus.DELIVERED)
    def succeed(self):
        """The receiver said that it has it."""

    @transition(status, OutboundStatus.PENDING, OutboundStatus.FAILED)
    def give_up(self):
        """It was tried for days."""

    @transition(status, OutboundStatus.PENDING, OutboundStatus.WITHDRAWN)
    def withdraw(self):
        """The subscription ended before it was delivered."""
