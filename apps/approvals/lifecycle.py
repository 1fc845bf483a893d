"""The chart of an approval round.

    pending ──approve*──▶ approved
       ├─────reject*────▶ rejected
       ├─────cancel*────▶ cancelled   (content changed, withdrawn, no longer required)
       └─────expire*────▶ expired

Every step is a consequence: people answer, the rules decide. The clerk never acts on its subject.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.blockers import Blocker
from apps.core.clock import now
from apps.core.lifecycle import Lifecycle, StatusField, transition


class RoundStatus(models.TextChoices):
    PENDING = "pending", _("Pending")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")


def has_every_rule_satisfied(round: Any) -> Iterable[Blocker]:
    """Every group of the rules has the answers it needs."""
    for one in round.standing().groups:
        if not one.is_met:
            short = max(one.needed - one.approvals, 0)
            yield Blocker(
                "rule_not_satisfied",
                f"“{one.group.name}” has {one.approvals} of {one.needed} approvals; {short} missing.",
                who_can_lift=one.group.name,
                until=round.expires_at,
                url=round.url,
            )


def has_too_many_objections(round: Any) -> bool:
    """Nobody has objected beyond what the rules bear."""
    return round.standing().is_refused


def is_past_its_time(round: Any) -> bool:
    """There is still time to answer."""
    return round.expires_at is not None and round.expires_at <= now()


class RoundLifecycle(Lifecycle):
    status = StatusField(RoundStatus, verbose_name=_("status"))

    class Meta:
        abstract = True

    @transition(status, RoundStatus.PENDING, RoundStatus.APPROVED, conditions=[has_every_rule_satisfied])
    def approve(self) -> None:
        """Every rule is satisfied by distinct eligible people on the digest in force."""

    @transition(status, RoundStatus.PENDING, RoundStatus.REJECTED, conditions=[has_too_many_objections])
    def reject(self) -> None:
        """More people said no than the rules bear."""

    @transition(status, RoundStatus.PENDING, RoundStatus.CANCELLED, note="required")
    def cancel(self) -> None:
        """What was to be approved changed, was withdrawn, or needs no approval any more."""

    @transition(status, RoundStatus.PENDING, RoundStatus.EXPIRED, conditions=[is_past_its_time])
    def expire(self) -> None:
        """The time to answer is over."""
