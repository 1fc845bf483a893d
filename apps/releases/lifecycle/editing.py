"""What may be edited in which status: one table, read by the admin, the API and the actions alike.

While people are being asked nothing changes under their eyes: rework it first. A scheduled release may be moved or
changed, and then its approval no longer stands.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core.blockers import Blocker
from apps.core.errors import NotNow
from apps.releases.lifecycle.places import page_of
from apps.releases.lifecycle.words import Status

IDENTITY = {"title", "release_version", "subject", "type", "environment", "change_kind"}
WINDOW = {"planned_start", "planned_end"}
STATEMENT = {"description", "expected_benefit"}
ANSWERABLE = {"release_manager", "risk"}
PLAN = {"components", "tasks", "checks", "dependencies"}

EDITABLE: dict[str, frozenset[str]] = {
    Status.DRAFT: frozenset(IDENTITY | WINDOW | STATEMENT | ANSWERABLE | PLAN | {"back_out_plan"}),
    Status.PLANNING: frozenset(
        {"title", "release_version", "environment", "change_kind"}
        | WINDOW
        | STATEMENT
        | ANSWERABLE
        | PLAN
        | {"back_out_plan"}
    ),
    Status.VERIFYING: frozenset(WINDOW | STATEMENT | ANSWERABLE | {"dependencies", "back_out_plan"}),
    Status.AWAITING_APPROVAL: frozenset(),
    Status.SCHEDULED: frozenset(WINDOW | {"release_manager", "components", "dependencies", "back_out_plan"}),
    Status.RELEASING: frozenset({"release_manager"}),
    Status.RELEASED: frozenset({"release_manager"}),
    Status.BACKING_OUT: frozenset({"release_manager"}),
    Status.IN_REVIEW: frozenset({"release_manager"}),
    Status.CLOSED: frozenset(),
    Status.CANCELLED: frozenset(),
}
FIELDS = frozenset().union(*EDITABLE.values()) - PLAN


def editable_fields(release: Any) -> frozenset[str]:
    """What may be edited of this release now. The window of a release in a train is the train's."""
    return EDITABLE[release.status] - (WINDOW if release.train_id else set())


def locked_fields(release: Any, names: Set[str]) -> list[Blocker]:
    """Everything among these that may not be edited now, in words."""
    return [_locked(release, name) for name in sorted(names - editable_fields(release))]


def refuse_unless_editable(release: Any, names: Set[str]) -> None:
    """Refuse, naming everything that may not be edited now."""
    locked = locked_fields(release, names)
    if locked:
        raise NotNow(locked)


def _locked(release: Any, name: str) -> Blocker:
    words = {"name": name.replace("_", " "), "status": release.get_status_display().lower()}
    if name in EDITABLE[release.status]:
        train = release.train
        message = _("“%(name)s” is that of its train %(train)s: move the train, or let the release leave it.")
        who = str(train.conductor or _("release manager"))
        return Blocker("window_of_train", message % {**words, "train": train.key}, who, url=page_of(train))
    message = _("“%(name)s” cannot be edited while the release is %(status)s.") % words
    return Blocker("not_editable", message, str(release.release_manager or _("release manager")), url=page_of(release))
