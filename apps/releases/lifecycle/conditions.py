"""Conditions of an approval: what an approver said must hold, kept to by machine, at the start and as time goes by.

    {"check": "smoke-test", "until": "2026-11-27T18:00:00Z"}

A condition in words alone is told to people; a machine cannot keep to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.approvals.models import Answer, Decision
from apps.core.blockers import Blocker
from apps.core.clock import moment_of, now
from apps.releases.lifecycle.places import page_of
from apps.releases.lifecycle.words import CheckStatus


@dataclass(frozen=True)
class Condition:
    """One approver's condition: this check passes, by then if a time was said."""

    person: Any
    check: Any
    until: datetime | None

    @property
    def is_met(self) -> bool:
        return self.check is not None and self.check.status == CheckStatus.PASSED

    @property
    def is_broken(self) -> bool:
        """The check has gone, or its time is over and it has not passed."""
        return not self.is_met and (self.check is None or (self.until is not None and self.until <= now()))

    def in_words(self) -> str:
        name = self.check.title if self.check is not None else _("a check that is no longer there")
        if self.until is None:
            return _("%(who)s approved on the condition that “%(check)s” passes.") % {"who": self.person, "check": name}
        return _("%(who)s approved on the condition that “%(check)s” passes by %(until)s UTC.") % {
            "who": self.person,
            "check": name,
            "until": f"{self.until:%Y-%m-%d %H:%M}",
        }


def conditions_of_approval(release: Any) -> list[Condition]:
    """Every condition that a machine can keep to, of the answers in effect."""
    if release.round_id is None:
        return []
    last = {one.member_id: one for one in Answer.objects.filter(round=release.round_id).select_related("person")}
    told = [
        one for one in last.values() if one.decision == Decision.APPROVE_WITH_CONDITIONS and one.condition.get("check")
    ]
    checks = {check.slug: check for check in release.checks.all()} if told else {}
    return [
        Condition(answer.person, checks.get(answer.condition["check"]), moment_of(answer.condition.get("until")))
        for answer in told
    ]


def has_conditions_met(release: Any) -> Iterator[Blocker]:
    """Every condition on which it was approved holds."""
    for condition in conditions_of_approval(release):
        if not condition.is_met:
            status = condition.check.get_status_display().lower() if condition.check else _("gone")
            message = _("%(condition)s It is %(status)s.") % {"condition": condition.in_words(), "status": status}
            yield Blocker("condition_open", message, str(_("contributor")), condition.until, page_of(release))
