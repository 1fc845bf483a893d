"""Going together: a release of a train starts only when every fellow that is still aboard could go too.

What one needs of a fellow does not keep the train: it orders the departure. Who needs a fellow to be released first
follows it; only what a fellow must be `closed` for cannot be had on the same train.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core.blockers import Blocker
from apps.core.clock import now
from apps.releases.lifecycle.freezes import freeze_blockers
from apps.releases.lifecycle.places import page_of
from apps.releases.lifecycle.plan_guards import MANAGER, has_proof
from apps.releases.lifecycle.words import BEFORE_RELEASING, NeededState, Status, TrainStatus
from apps.schedule.queries import freezes_in_force


def open_needs(dependencies: Iterable[Any], aside: Collection[int] = ()) -> Iterator[Blocker]:
    """What other releases have not reached yet. What is needed of those whose ids stand aside only orders a departure."""
    for dependency in dependencies:
        orders_only = dependency.needs_id in aside and dependency.state != NeededState.CLOSED
        if not orders_only and not dependency.is_met:
            needed = dependency.needs
            yield Blocker(
                "dependency_open",
                _("It needs %(key)s to be %(state)s; it is %(status)s.")
                % {
                    "key": needed.key,
                    "state": dependency.get_state_display().lower(),
                    "status": needed.get_status_display().lower(),
                },
                who_can_lift=str(needed.release_manager or MANAGER),
                until=needed.planned_end,
                url=page_of(needed),
            )


def kept_back(members: Collection[Any]) -> Iterator[tuple[Any, Blocker]]:
    """Each member of a train with each thing that keeps it from going. Who is under way is kept by nothing."""
    aboard = {member.pk for member in members}
    is_frozen = bool(
        freezes_in_force(now())
    )  # asked once; mostly there is none, and nobody need be asked what it touches
    for member in members:
        if member.status == Status.SCHEDULED:
            yield from ((member, blocker) for blocker in _against(member, aboard, is_frozen))
        elif member.status in BEFORE_RELEASING:
            yield member, not_scheduled(member)


def not_scheduled(member: Any) -> Blocker:
    message = _("It is %s, not scheduled.") % member.get_status_display().lower()
    return Blocker("not_scheduled", message, str(member.release_manager or MANAGER), url=page_of(member))


def _against(member: Any, aboard: Collection[int], is_frozen: bool) -> Iterator[Blocker]:
    yield from (hold.as_blocker() for hold in member.holds.all() if hold.is_in_force)
    if is_frozen:
        yield from freeze_blockers(member, now())
    yield from open_needs(member.dependencies.all(), aside=aboard)
    yield from has_proof(member)


def told_of(member: Any, blocker: Blocker, code: str = "") -> Blocker:
    """A blocker of one member, told where there are several: it begins with the key and leads to where it is lifted."""
    message = _("%(key)s: %(message)s") % {"key": member.key, "message": blocker.message}
    return Blocker(code or blocker.code, message, blocker.who_can_lift, blocker.until, blocker.url or page_of(member))


def goes_with_its_train(release: Any) -> Iterator[Blocker]:
    """Every fellow of its train that is still aboard can go too."""
    if release.train_id is None or release.train.status != TrainStatus.PLANNED:
        return
    for member, blocker in kept_back(list(release.train.releases.aboard().as_fellows())):
        if member.pk != release.pk:
            yield told_of(member, blocker, "fellow_not_ready")
