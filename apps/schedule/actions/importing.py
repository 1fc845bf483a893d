"""Take freezes over from an iCalendar file: once more the same file changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Invalid
from apps.core.keys import next_keys
from apps.schedule.actions.freezes import change_freeze, create_freeze
from apps.schedule.icalendars import Rejected, Span, read
from apps.schedule.models import Freeze
from apps.schedule.permissions import is_release_manager

SAME = ("name", "description", "starts_at", "ends_at", "rrule", "time_zone", "excluded_on")


@dataclass
class Imported:
    """What came of each event. `missing` are freezes of this source whose event is no longer in the file: they stay."""

    is_dry_run: bool
    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def import_freezes(
    *,
    data: bytes,
    source: str,
    by: Actor,
    time_zone: str = "UTC",
    kind: str = "hard",
    environments: Iterable[Any] = (),
    services: Iterable[Any] = (),
    value_streams: Iterable[Any] = (),
    dry_run: bool = False,
    note: str = "",
) -> Imported:
    """Every event becomes a freeze, found again by its UID and the source. Kind and scope are those of new freezes only.

    All that can be held is taken over in one transaction; the rest is told. A dry run tells and writes nothing.
    """
    moves.require(is_release_manager, None, by)
    if not source.strip() or len(source) > 60:
        raise Invalid.field(
            "source", "required", "Name the source of the file in at most 60 characters, such as holidays-de."
        )
    found = read(data, time_zone)
    scope = {"environments": environments, "services": services, "value_streams": value_streams}
    with transaction.atomic():
        result = Imported(dry_run, rejected=list(found.rejected))
        known = {row.external_id: row for row in Freeze.objects.select_for_update().filter(source=source.strip())}
        new = sum(span.uid not in known for span in found.spans)
        keys = iter(next_keys(new, "FRZ", now().year) if new else ())
        for span in found.spans:
            row = known.pop(span.uid, None)
            if row is None:
                made = {**_said(span), **scope, "kind": kind, "source": source.strip(), "external_id": span.uid}
                create_freeze(**made, key=next(keys), by=by)
                result.created.append(span.name)
            else:
                _follow(row, span, by, note or f"Imported from {source}.", result)
        result.missing = sorted(row.name for row in known.values())
        if dry_run:
            transaction.set_rollback(True)
    return result


def _follow(row: Freeze, span: Span, by: Actor, note: str, result: Imported) -> None:
    """The freeze says what its event says; where it does already, nothing happens."""
    said = _said(span)
    if all(getattr(row, name) == value for name, value in said.items()):
        result.unchanged += 1
        return
    change_freeze(freeze=row, fields=said, by=by, note=note)
    result.updated.append(span.name)


def _said(span: Span) -> dict[str, Any]:
    return {name: getattr(span, name) for name in SAME} | {"excluded_on": list(span.excluded_on)}
