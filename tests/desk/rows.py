"""Rows of any table, filled with whatever its columns accept: for asking how many queries a list needs, nothing else."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import models

from apps.core.clock import now
from apps.core.lifecycle import StatusField
from apps.release_models.content.completion import complete
from tests.factories import CONTENT

COUNTER = itertools.count(1)
DEPTH = 3
# Where a table's own constraints want something particular.
PARTICULAR: dict[str, Callable[[], dict[str, Any]]] = {
    "approvals.Round": lambda: {"closed_at": None, "rules": {"groups": []}, "content": {}},
    "approvals.Answer": lambda: {"on_behalf_of": None},
    "approvals.Delegation": lambda: {"until_at": now() + timedelta(days=1)},
    "accounts.User": lambda: {"email": f"row{next(COUNTER)}@example.org", "is_superuser": False},
    "releases.Release": lambda: {"status": "draft", "planned_end": now() + timedelta(hours=2), "exposure": 0},
    "releases.Train": lambda: {"planned_end": now() + timedelta(hours=2)},
    "releases.Task": lambda: {"planned_end": now() + timedelta(hours=2)},
    "schedule.Window": lambda: {"ends_at": now() + timedelta(hours=2), "rrule": "", "time_zone": "UTC"},
    "schedule.Freeze": lambda: {"ends_at": now() + timedelta(hours=2), "rrule": "", "time_zone": "UTC"},
    "compliance.Finding": lambda: {"closed_at": None},
    "incidents.Incident": lambda: {"resolved_at": None},
    "notifications.Message": lambda: {"invitation": None},
    "release_models.ModelVersion": lambda: {"content": complete(CONTENT)},
    "cmdb.ConfigurationItem": lambda: {"criticality": 2},
    "cmdb.ImportRun": lambda: {"finished_at": None},
}


def rows_of(model: type[models.Model], count: int, depth: int = DEPTH) -> list[models.Model]:
    """So many rows, each with related rows of its own, so that a query per row would show."""
    made = [_filled(model, depth) for _ in range(count)]
    return [_written(row) for row in made]


def _written(row: models.Model) -> models.Model:
    type(row)._base_manager.bulk_create([row])
    return row


def _filled(model: type[models.Model], depth: int) -> models.Model:
    values: dict[str, Any] = {}
    particular = PARTICULAR.get(model._meta.label, dict)()
    for field in model._meta.concrete_fields:
        if field.primary_key and isinstance(field, models.AutoField):
            continue
        values[field.name] = particular[field.name] if field.name in particular else _value(field, depth)
    return model(**values)


def _value(field: models.Field, depth: int) -> Any:
    if field.is_relation:
        return _related(field, depth)
    if isinstance(field, StatusField):
        return field.get_default()
    if field.choices:
        return field.flatchoices[0][0]
    for kinds, make in MAKERS:
        if isinstance(field, kinds):
            return make(field)
    return field.get_default()


def _related(field: models.Field, depth: int) -> Any:
    other = field.remote_field.model
    if other is field.model or (field.null and depth <= 0):
        return None
    return rows_of(other, 1, depth - 1)[0]


def _text(field: models.Field) -> str:
    number = next(COUNTER)
    return f"{field.name}-{number}"[-(field.max_length or 200) :]


def _number(field: models.Field) -> int:
    """PostgreSQL's smallint ends at 32767, and the counter goes on through all the tests of a process."""
    return next(COUNTER) % 32_000 + 1 if isinstance(field, models.SmallIntegerField) else next(COUNTER)


MAKERS: list[tuple[Any, Callable[[models.Field], Any]]] = [
    (models.EmailField, lambda field: f"row{next(COUNTER)}@example.org"),
    (models.URLField, lambda field: f"https://example.org/{next(COUNTER)}"),
    ((models.CharField, models.TextField), _text),
    (models.BooleanField, lambda field: field.get_default() or False),
    (
        models.IntegerField,
        lambda field: next(COUNTER) % 4 + 1 if field.name in ("severity", "score") else _number(field),
    ),
    (models.FloatField, lambda field: 1.0),
    (models.DecimalField, lambda field: 1),
    (models.DateTimeField, lambda field: now()),
    (models.DateField, lambda field: now().date()),
    (models.BinaryField, lambda field: b"x"),
    (models.JSONField, lambda field: field.get_default() if field.has_default() else {}),
]
