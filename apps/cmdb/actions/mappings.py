"""Column mappings: how tables of one shape are read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from apps.cmdb.models import ColumnMapping, MappedColumn
from apps.cmdb.permissions import may_edit_frame
from apps.core import moves
from apps.core.actor import Actor

Columns = Iterable[dict[str, Any]]


@transaction.atomic
def create_mapping(
    *, slug: str, name: str, by: Actor, columns: Columns = (), note: str = "", **fields: Any
) -> ColumnMapping:
    """Save how tables of one shape are read. `columns` are the fields of `MappedColumn`, in their order."""
    moves.require(may_edit_frame, None, by)
    mapping = moves.create(ColumnMapping(slug=slug, name=name, **fields), by=by, note=note)
    _write_columns(mapping, columns, by)
    return mapping


@transaction.atomic
def change_mapping(
    *, mapping: ColumnMapping, by: Actor, columns: Columns | None = None, note: str = "", **fields: Any
) -> ColumnMapping:
    """Change it; with `columns` these take the place of all that were there. It counts from the next import on."""
    moves.require(may_edit_frame, mapping, by)
    mapping = moves.change(mapping, fields, by=by, note=note) if fields else mapping
    if columns is not None:
        for column in mapping.columns.all():
            moves.remove(column, by=by)
        _write_columns(mapping, columns, by)
    return mapping


def remove_mapping(*, mapping: ColumnMapping, by: Actor, note: str = "") -> None:
    """What was imported by it stays."""
    moves.require(may_edit_frame, mapping, by)
    moves.remove(mapping, by=by, note=note)


def add_column(*, mapping: ColumnMapping, by: Actor, **fields: Any) -> MappedColumn:
    moves.require(may_edit_frame, mapping, by)
    return moves.create(MappedColumn(mapping=mapping, **fields), by=by)


def change_column(*, column: MappedColumn, by: Actor, **fields: Any) -> MappedColumn:
    moves.require(may_edit_frame, column.mapping, by)
    return moves.change(column, fields, by=by)


def remove_column(*, column: MappedColumn, by: Actor) -> None:
    moves.require(may_edit_frame, column.mapping, by)
    moves.remove(column, by=by)


def _write_columns(mapping: ColumnMapping, columns: Columns, by: Actor) -> None:
    for position, column in enumerate(columns):
        moves.create(MappedColumn(mapping=mapping, **{"position": position, **column}), by=by)
