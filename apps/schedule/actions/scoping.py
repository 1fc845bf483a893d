"""What a window or a freeze is over: written with the row, so that a reader never sees it without its scope."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Invalid
from apps.core.keys import next_key
from apps.schedule.models import Timed
from apps.schedule.permissions import is_release_manager

SCOPES = ("environments", "services", "value_streams")
Row = TypeVar("Row", bound=Timed)


def create_scoped(*, row: Row, scope: dict[str, Iterable[Any]], prefix: str, by: Actor) -> Row:
    """Write a new row with its scope and one audit entry."""
    row.key = row.key or next_key(prefix, now().year)
    chosen = {name: list(scope.get(name) or ()) for name in SCOPES}
    created = moves.create(row, by=by, data={name: [str(one) for one in things] for name, things in chosen.items()})
    for name, things in chosen.items():
        if things:
            getattr(created, name).add(*things)
    return created


@transaction.atomic
def leave_out(*, row: Row, on: date, by: Actor, note: str = "") -> Row:
    """Of what recurs, leave out the one that begins on a day of its time zone."""
    moves.require(is_release_manager, row, by)
    row = moves.lock(row)
    if on not in days_of(row, on):
        message = _("It does not begin on %s, in its time zone.") % on.isoformat()
        raise Invalid.field("on", "no_occurrence", message)
    return moves.change(row, {"excluded_on": [*row.excluded_on, on.isoformat()]}, by=by, verb="leave_out", note=note)


def days_of(row: Timed, near: date) -> set[date]:
    """The days about this one on which it begins, on the wall clock of its time zone."""
    zone = ZoneInfo(row.time_zone)
    noon = datetime.combine(near, time(12), zone)
    begins = (one.starts_at for one in row.recurrence.between(noon - timedelta(days=2), noon + timedelta(days=2)))
    return {moment.astimezone(zone).date() for moment in begins}


def change_scoped(*, row: Row, fields: dict[str, Any], by: Actor, note: str = "") -> Row:
    """Change columns and scope. What is not named stays."""
    scope = {name: fields[name] for name in SCOPES if name in fields}
    columns = {name: value for name, value in fields.items() if name not in SCOPES}
    changed = moves.change(row, columns, by=by, note=note)
    for name, things in scope.items():
        changed = moves.relate(changed, name, things, by=by, note=note)
    return changed
