"""Import sources, and how far each is believed."""

from __future__ import annotations

from typing import Any

from apps.cmdb.models import ImportSource
from apps.cmdb.permissions import may_edit_frame
from apps.core import moves
from apps.core.actor import Actor
from apps.core.errors import Invalid

HIGHEST_RANK = 32767


def create_source(*, slug: str, by: Actor, note: str = "", **fields: Any) -> ImportSource:
    moves.require(may_edit_frame, None, by)
    _check_ranks(fields.get("field_ranks", {}))
    return moves.create(ImportSource(slug=slug, **fields), by=by, note=note)


def change_source(*, source: ImportSource, by: Actor, note: str = "", **fields: Any) -> ImportSource:
    """Say how far a source is believed; it counts from the next import on."""
    moves.require(may_edit_frame, source, by)
    _check_ranks(fields.get("field_ranks", {}))
    return moves.change(source, fields, by=by, note=note)


def _check_ranks(ranks: Any) -> None:
    whole = isinstance(ranks, dict) and all(
        isinstance(rank, int) and not isinstance(rank, bool) and 0 <= rank <= HIGHEST_RANK for rank in ranks.values()
    )
    if not whole:
        example = 'field names with whole numbers from 0, such as {"owner": 10, "attributes.tier": 5}'
        raise Invalid.field("field_ranks", "ranks", f"Ranks of single fields are {example}.")
