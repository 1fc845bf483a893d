"""What a window or a freeze is over: written with the row, so that a reader never sees it without its scope."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.keys import next_key
from apps.schedule.models import Timed

SCOPES = ("environments", "services", "value_streams")
Row = TypeVar("Row", bound=Timed)


def create_scoped(*, row: Row, scope: dict[str, Iterable[Any]], prefix: str, by: Actor) -> Row:
    """Write a new row with its scope and one audit entry."""
    row.key = row.key or next_key(prefix, now().year)
    chosen = {name: list(scope.get(name) or ()) for name in SCOPES}
    created = moves.create(row, by=by, data={name: [str(one) for one in things] for name, things in chosen.items()})
    for name, things in chosen.items():
        getattr(created, name).set(things)
    return created


def change_scoped(*, row: Row, fields: dict[str, Any], by: Actor, note: str = "") -> Row:
    """Change columns and scope. What is not named stays."""
    scope = {name: fields[name] for name in SCOPES if name in fields}
    columns = {name: value for name, value in fields.items() if name not in SCOPES}
    changed = moves.change(row, columns, by=by, note=note)
    for name, things in scope.items():
        changed = moves.relate(changed, name, things, by=by, note=note)
    return changed
