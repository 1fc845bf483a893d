"""The chart of an exception from a freeze, for one release and one digest.

requested ──grant──▶ granted ──expire*──▶ expired
    ├──────deny────▶ denied                  ▲
    └──────────────expire*───────────────────┘
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.clock import now
from apps.core.lifecycle import Lifecycle, StatusField, transition
from apps.schedule.permissions import may_decide_exception


class ExceptionStatus(models.TextChoices):
    REQUESTED = "requested", _("Requested")
    GRANTED = "granted", _("Granted")
    DENIED = "denied", _("Denied")
    EXPIRED = "expired", _("Expired")


def is_freeze_still_ahead(exception: Any) -> bool:
    """The freeze is over: there is nothing to be excepted from."""
    return exception.freeze.has_not_ended(now())


def is_past_its_time(exception: Any) -> bool:
    """The exception still has time to run."""
    at = now()
    return not exception.freeze.has_not_ended(at) or (exception.until is not None and exception.until <= at)


class ExceptionLifecycle(Lifecycle):
    status = StatusField(ExceptionStatus, verbose_name=_("status"))

    class Meta:
        abstract = True

    @transition(
        status,
        ExceptionStatus.REQUESTED,
        ExceptionStatus.GRANTED,
        conditions=[is_freeze_still_ahead],
        permission=may_decide_exception,
    )
    def grant(self) -> None:
        """Let this release, as it is now, through the freeze until a moment."""

    @transition(
        status,
        ExceptionStatus.REQUESTED,
        ExceptionStatus.DENIED,
        permission=may_decide_exception,
        note="required",
    )
    def deny(self) -> None:
        """The freeze holds for this release too."""

    @transition(
        status,
        [ExceptionStatus.REQUESTED, ExceptionStatus.GRANTED],
        ExceptionStatus.EXPIRED,
        conditions=[is_past_its_time],
    )
    def expire(self) -> None:
        """Its time, or the freeze, is over."""
