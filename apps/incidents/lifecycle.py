"""The charts of an incident and of its causal links.

open → resolved

suspected (by the correlator or a person, with reasons) → confirmed | refuted (by a person)
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.lifecycle import Lifecycle, StatusField, transition
from apps.incidents.permissions import may_judge, may_report


class IncidentStatus(models.TextChoices):
    OPEN = "open", _("Open")
    RESOLVED = "resolved", _("Resolved")


class LinkStatus(models.TextChoices):
    SUSPECTED = "suspected", _("Suspected")
    CONFIRMED = "confirmed", _("Confirmed")
    REFUTED = "refuted", _("Refuted")


class IncidentLifecycle(Lifecycle):
    status = StatusField(IncidentStatus, verbose_name=_("status"))

    class Meta:
        abstract = True

    @transition(status, IncidentStatus.OPEN, IncidentStatus.RESOLVED, permission=may_report)
    def resolve(self):
        """The service is as it should be again."""


class LinkLifecycle(Lifecycle):
    status = StatusField(LinkStatus, verbose_name=_("status"))

    class Meta:
        abstract = True

    @transition(status, LinkStatus.SUSPECTED, LinkStatus.CONFIRMED, permission=may_judge)
    def confirm(self):
        """The release caused the incident, or had a part in it."""

    @transition(status, LinkStatus.SUSPECTED, LinkStatus.REFUTED, permission=may_judge, note="required")
    def refute(self):
        """The release has nothing to do with the incident: say how that is known."""
