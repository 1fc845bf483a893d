"""The line of states at the top of a record's page: where it has been, where it is, what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model

from apps.core.lifecycle import status_field, status_of
from apps.core.models import AuditEntry, label_of


@dataclass(frozen=True)
class Stop:
    """One state on the line. `state` is done, current, next or ahead."""

    status: str
    label: str
    state: str
    at: datetime | None = None


def entered_at(obj: Model) -> dict[str, datetime]:
    """When each state was last entered, from the audit trail."""
    moves = AuditEntry.objects.filter(subject_type=label_of(obj), subject_id=str(obj.pk)).exclude(after="")
    return dict(moves.order_by("id").values_list("after", "at"))


def stops_of(obj: Model, path: tuple[str, ...] = ()) -> list[Stop]:
    """The states of the usual road with the present one marked; a state off that road stands where it was entered."""
    labels: dict[str, Any] = dict(status_field(type(obj)).flatchoices)
    current, entered = status_of(obj), entered_at(obj)
    road = [str(status) for status in (path or labels)]
    if current not in road:
        road = _with_detour(road, current, entered)
    here = road.index(current)
    return [
        Stop(
            status,
            str(labels.get(status, status)),
            _state(place, here, len(road)),
            entered.get(status) if place <= here else None,
        )
        for place, status in enumerate(road)
    ]


def _with_detour(road: list[str], current: str, entered: dict[str, datetime]) -> list[str]:
    """A road that ends early or leads around: what was passed, then the present state, then what may follow."""
    passed = max((place for place, status in enumerate(road) if status in entered), default=0)
    return [*road[: passed + 1], current]


def _state(place: int, here: int, length: int) -> str:
    if place == here:
        return "done current" if place == length - 1 else "current"
    if place < here:
        return "done"
    return "next" if place == here + 1 else "ahead"
