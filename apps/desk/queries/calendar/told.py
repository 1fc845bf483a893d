"""The calendar for programs: the same releases, windows, freezes and clashes as plain values, without pages and colours."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from apps.desk.queries.calendar import events
from apps.desk.queries.calendar.events import Filters, releases_between
from apps.releases.queries import clashes_among
from apps.schedule import queries as schedule
from apps.schedule.models import Freeze, Window

COLUMNS = (
    "pk", "key", "title", "status", "environment_id", "planned_start", "planned_end", "subject__key", "environment__slug",
    "release_manager__username",
)  # fmt: skip


class Row(NamedTuple):
    """A release as far as it is told."""

    pk: int
    key: str
    title: str
    status: str
    environment_id: int | None
    planned_start: datetime
    planned_end: datetime
    subject: str
    environment: str | None
    release_manager: str | None

    def as_dict(self) -> dict[str, Any]:
        told = self._asdict()
        del told["pk"], told["environment_id"]
        return told


def told_between(start: datetime, end: datetime, filters: Filters) -> dict[str, Any]:
    """`releases`, `windows`, `freezes`, `conflicts`, and `truncated`: the kinds of which there is more."""
    most = events.MOST
    rows: list[Row] = []
    if filters.wants("release"):
        found = releases_between(start, end, filters).values_list(*COLUMNS)[: most + 1]
        rows = [Row(*one) for one in found]
    entries = (
        schedule.occurrences(start, end, filters.reach()) if filters.wants("window") or filters.wants("freeze") else []
    )
    spans = {"window": _of(Window, entries, filters, "window"), "freeze": _of(Freeze, entries, filters, "freeze")}
    cut = ["release"] * (len(rows) > most) + [kind for kind, some in spans.items() if len(some) > most]
    return {
        "releases": [one.as_dict() for one in rows[:most]],
        "windows": [_span(one) for one in spans["window"][:most]],
        "freezes": [_frozen(one) for one in spans["freeze"][:most]],
        "conflicts": [one.as_dict() for one in clashes_among(rows[:most])] if rows else [],
        "truncated": cut,
    }


def _of(model: type, entries: list[schedule.Entry], filters: Filters, kind: str) -> list[schedule.Entry]:
    if not filters.wants(kind):
        return []
    return list(islice((one for one in entries if isinstance(one.record, model)), events.MOST + 1))


def _span(entry: schedule.Entry) -> dict[str, Any]:
    row, span = entry.record, entry.occurrence
    return {"key": row.key, "name": row.name, "starts_at": span.starts_at, "ends_at": span.ends_at}


def _frozen(entry: schedule.Entry) -> dict[str, Any]:
    freeze = entry.record
    return {**_span(entry), "kind": freeze.kind, "party": freeze.party.slug if freeze.party else None}
