"""What a source says of an item, against what it said before and what others say.

A word that a source repeats changes nothing, so a value that a person has corrected since stands. A new word counts
unless a source that is believed more says something about the same field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from apps.cmdb.formats.records import Record
from apps.cmdb.models import ConfigurationItem, Identifier, ImportSource
from apps.cmdb.models.imports import USUAL_RANK

COLUMNS = ("name", "ci_type", "description", "lifecycle", "criticality", "owner", "release_managed", "redundancy")
EMPTIED = {
    "description": "",
    "owner": None,
    "redundancy": None,
}  # columns that become empty when their source no longer says anything
IN_ATTRIBUTES = "attributes."


def claims_of(*, record: Record) -> dict[str, Any]:
    """What the record says, field by field; attributes one by one."""
    said = {name: getattr(record, name) for name in COLUMNS}
    claims = {name: value for name, value in said.items() if value is not None and value != ""}
    claims |= {IN_ATTRIBUTES + name: value for name, value in record.attributes.items()}
    if record.value_streams is not None:
        claims["value_streams"] = sorted(record.value_streams)
    return claims


def news_of(
    *,
    claims: Mapping[str, Any],
    before: Mapping[str, Any],
    source: ImportSource,
    others: Iterable[Identifier],
    ranks: Mapping[str, ImportSource],
) -> dict[str, Any]:
    """The fields in which the source says something new, and may: field → value, None where it withdraws its word."""
    others = list(others)
    changed = {name: value for name, value in claims.items() if name not in before or before[name] != value}
    withdrawn = {name: None for name in before if name not in claims}
    return {
        name: value for name, value in (changed | withdrawn).items() if not _is_outranked(name, source, others, ranks)
    }


def _is_outranked(
    field: str, source: ImportSource, others: list[Identifier], ranks: Mapping[str, ImportSource]
) -> bool:
    own = source.rank_of(field)
    return any(
        field in one.claims and (ranks[one.source].rank_of(field) if one.source in ranks else USUAL_RANK) < own
        for one in others
    )


def columns_from(
    *, news: Mapping[str, Any], before: Mapping[str, Any], ci: ConfigurationItem | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The columns that the news change, and the attributes as they are afterwards."""
    columns: dict[str, Any] = {}
    attributes = dict(ci.attributes) if ci is not None else {}
    for field, value in news.items():
        if field.startswith(IN_ATTRIBUTES):
            _lay(attributes, field.removeprefix(IN_ATTRIBUTES), value, before.get(field))
        elif value is not None:
            columns[field] = value
        elif field in EMPTIED:
            columns[field] = EMPTIED[field]
    columns.pop("value_streams", None)
    return columns, attributes


def _lay(attributes: dict[str, Any], name: str, value: Any, before: Any) -> None:
    """Set the attribute; a withdrawn one goes, unless a person has changed it since."""
    if value is not None:
        attributes[name] = value
    elif attributes.get(name) == before:
        attributes.pop(name, None)
