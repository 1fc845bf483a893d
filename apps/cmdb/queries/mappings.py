"""A saved mapping as the readers take it."""

from __future__ import annotations

from apps.cmdb.formats.columns import Column, Layout
from apps.cmdb.models import ColumnMapping
from apps.core.errors import FieldError, Invalid

MEMBERS = ("meaning", "header", "target", "fallback", "prefix", "separator", "values")


def layout_named(slug: str) -> Layout:
    """The layout of the mapping with this short name. Raises Invalid when there is none."""
    mapping = ColumnMapping.objects.filter(slug=slug).first() if slug else None
    if mapping is not None:
        return layout_of(mapping)
    known = ", ".join(ColumnMapping.objects.values_list("slug", flat=True)[:20]) or "none yet"
    detail = "A table is read by a column mapping; name one." if not slug else f"There is no column mapping “{slug}”."
    raise Invalid([FieldError("?mapping", "mapping", f"{detail} Known: {known}.")])


def layout_of(mapping: ColumnMapping) -> Layout:
    return Layout(
        columns=tuple(Column(**row) for row in mapping.columns.values(*MEMBERS)),
        delimiter=mapping.delimiter,
        encoding=mapping.encoding,
        comment=mapping.comment,
        sheet=mapping.sheet,
    )
