"""May a pipeline go on? Open or closed, with every reason."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.cmdb.models import Environment
from apps.core.blockers import Blocker
from apps.core.clock import now
from apps.core.lifecycle import blockers_of
from apps.releases.lifecycle.freezes import freeze_blockers
from apps.releases.lifecycle.places import page_of
from apps.releases.lifecycle.start_guards import has_no_hold
from apps.releases.lifecycle.words import Availability, Status
from apps.releases.models import Release

OUT = (Status.RELEASING, Status.RELEASED, Status.IN_REVIEW, Status.CLOSED)
LONGEST_WAIT = 60
PAUSE = 1.0
GONE = (Availability.WITHDRAWN, Availability.END_OF_LIFE)


@dataclass(frozen=True)
class Gate:
    """Open, or closed for these reasons."""

    open: bool
    reasons: list[Blocker] = field(default_factory=list)
    environment: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "gate": "open" if self.open else "closed",
            "environment": self.environment or None,
            "reasons": [reason.as_dict() for reason in self.reasons],
        }


def gate(release: Release, environment: Environment | None = None, at: datetime | None = None) -> Gate:
    """Whether the release may be brought to the environment (its own, unless another is named) at this moment.

    On the way there, in environments that are promoted from, the gate is open as long as nobody stopped the release;
    in its own it opens when the release starts, which it only does on the approved digest; from then on nothing of the
    scope can be edited.
    """
    at = at or now()
    target = environment or release.environment
    if release.availability in GONE:
        reasons = [_gone(release)]
    elif _is_before(target, release.environment):
        reasons = _reasons_on_the_way(release)
    elif target and release.environment and target.pk != release.environment_id:
        reasons = [_elsewhere(release, target)]
    else:
        reasons = _reasons_at_the_goal(release, at)
    return Gate(not reasons, reasons, target.slug if target else "")


def wait_for_gate(release: Release, environment: Environment | None, seconds: float) -> Gate:
    """Look again every second until the gate opens or the time is over. No transaction is held meanwhile."""
    until = time.monotonic() + min(seconds, LONGEST_WAIT)
    found = gate(release, environment)
    while not found.open and time.monotonic() < until:
        time.sleep(max(0.0, min(PAUSE, until - time.monotonic())))
        found = gate(_as_it_is_now(release), environment)
    return found


def _as_it_is_now(release: Release) -> Release:
    return Release.objects.with_people_and_subject().filter(pk=release.pk)[0]


def _is_before(target: Environment | None, goal: Environment | None) -> bool:
    return target is not None and goal is not None and target.pk != goal.pk and target.order < goal.order


def _reasons_on_the_way(release: Release) -> list[Blocker]:
    if release.status in (Status.DRAFT, Status.CANCELLED, Status.BACKING_OUT):
        return [_not_from_here(release)]
    return list(has_no_hold(release))


def _reasons_at_the_goal(release: Release, at: datetime) -> list[Blocker]:
    if release.status == Status.SCHEDULED:
        return [_not_from_here(release), *blockers_of(release, "start")]
    if release.status not in OUT:
        return [_not_from_here(release)]
    reasons = list(has_no_hold(release))
    if release.status == Status.RELEASING:
        reasons += list(freeze_blockers(release, at))
    elif release.availability == Availability.NOT_AVAILABLE:
        reasons.append(_gone(release))
    return reasons


def _not_from_here(release: Release) -> Blocker:
    message = _("%(key)s is %(status)s, not releasing.") % {
        "key": release.key,
        "status": release.get_status_display().lower(),
    }
    manager = str(release.release_manager or _("release manager"))
    return Blocker("not_releasing", message, manager, release.planned_start, page_of(release))


def _elsewhere(release: Release, target: Environment) -> Blocker:
    message = _("%(key)s is bound for %(goal)s, not for %(target)s.") % {
        "key": release.key,
        "goal": release.environment.name,
        "target": target.name,
    }
    return Blocker("other_environment", message, str(_("release manager")), url=page_of(release))


def _gone(release: Release) -> Blocker:
    status = release.get_availability_display().lower()
    message = _("%(key)s is %(status)s: it must not be brought anywhere.") % {"key": release.key, "status": status}
    return Blocker("not_available", message, url=page_of(release))
