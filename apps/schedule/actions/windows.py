"""Release windows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.core import moves
from apps.core.actor import Actor
from apps.schedule.actions.scoping import change_scoped, create_scoped
from apps.schedule.models import Window
from apps.schedule.permissions import is_release_manager


@transaction.atomic
def create_window(
    *,
    name: str,
    starts_at: datetime,
    ends_at: datetime,
    by: Actor,
    rrule: str = "",
    time_zone: str = "UTC",
    excluded_on: Sequence[str] = (),
    description: str = "",
    environments: Iterable[Any] = (),
    services: Iterable[Any] = (),
    value_streams: Iterable[Any] = (),
    key: str = "",
) -> Window:
    """Set a time in which releases are meant to happen."""
    row = Window(
        key=key,
        name=name,
        description=description,
        starts_at=starts_at,
        ends_at=ends_at,
        rrule=rrule,
        time_zone=time_zone,
        excluded_on=list(excluded_on),
    )
    moves.require(is_release_manager, row, by)
    scope = {"environments": environments, "services": services, "value_streams": value_streams}
    return create_scoped(row=row, scope=scope, prefix="WIN", by=by)


@transaction.atomic
def change_window(*, window: Window, fields: dict[str, Any], by: Actor, note: str = "") -> Window:
    """Move a window, or change what it is for."""
    moves.require(is_release_manager, window, by)
    return change_scoped(row=window, fields=fields, by=by, note=note)


def remove_window(*, window: Window, by: Actor, note: str = "") -> None:
    """Take a window off the schedule."""
    moves.require(is_release_manager, window, by)
    moves.remove(window, by=by, note=note)
