"""Freezes: set, changed, lifted before their time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.core import moves
from apps.core.actor import Actor
from apps.core.blockers import Blocker
from apps.core.clock import now
from apps.core.errors import NotNow
from apps.schedule.actions.scoping import change_scoped, create_scoped
from apps.schedule.models import Freeze
from apps.schedule.permissions import is_release_manager


@transaction.atomic
def create_freeze(
    *,
    name: str,
    starts_at: datetime,
    ends_at: datetime,
    by: Actor,
    kind: str = "hard",
    rrule: str = "",
    time_zone: str = "UTC",
    excluded_on: Sequence[str] = (),
    description: str = "",
    excepted_model_kinds: Sequence[str] = (),
    environments: Iterable[Any] = (),
    services: Iterable[Any] = (),
    value_streams: Iterable[Any] = (),
    party: Any = None,
    key: str = "",
    source: str = "",
    external_id: str = "",
) -> Freeze:
    """Set a time in which nothing, or only what is excepted, is released."""
    row = Freeze(
        key=key,
        name=name,
        description=description,
        kind=kind,
        starts_at=starts_at,
        ends_at=ends_at,
        rrule=rrule,
        time_zone=time_zone,
        excluded_on=list(excluded_on),
        excepted_model_kinds=list(excepted_model_kinds),
        party=party,
        source=source,
        external_id=external_id,
    )
    moves.require(is_release_manager, row, by)
    scope = {"environments": environments, "services": services, "value_streams": value_streams}
    return create_scoped(row=row, scope=scope, prefix="FRZ", by=by)


@transaction.atomic
def change_freeze(*, freeze: Freeze, fields: dict[str, Any], by: Actor, note: str = "") -> Freeze:
    """Move a freeze, or change what it is over."""
    moves.require(is_release_manager, freeze, by)
    return change_scoped(row=freeze, fields=fields, by=by, note=note)


def lift_freeze(*, freeze: Freeze, by: Actor, note: str = "") -> Freeze:
    """End a freeze before its time, for everybody. What it forbade until now stays on record."""
    moves.require(is_release_manager, freeze, by)
    if freeze.lifted_at is not None:
        raise NotNow([Blocker("already_lifted", "This freeze has been lifted already.")])
    return moves.change(freeze, {"lifted_at": now()}, by=by, verb="lift", note=note)


def remove_freeze(*, freeze: Freeze, by: Actor, note: str = "") -> None:
    """Take a freeze off the schedule that nobody asked an exception from."""
    moves.require(is_release_manager, freeze, by)
    moves.remove(freeze, by=by, note=note)
