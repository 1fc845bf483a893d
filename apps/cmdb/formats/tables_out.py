"""Tables written by the saved mapping that reads them: CSV and XLSX.

A column without a header has one value for the whole table: items of which that is not true do not belong to it and
are left out, as are those whose identity does not begin with the column's prefix.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.writer.excel import save_workbook

from apps.cmdb.formats.columns import LINKS, Column, Layout
from apps.cmdb.formats.things import Map, Thing, Tie
from apps.core.cells import safe_text

BYTE_ORDER_MARK = "\ufeff"
AT_ONCE = 64 * 1024


def write_csv(map: Map, layout: Layout) -> Iterator[str]:
    """UTF-8 with a byte order mark, unless the mapping names another encoding."""
    writer = csv.writer(_Echo(), delimiter=layout.delimiter or ",")
    rows = _rows(map, layout)
    yield ("" if layout.encoding else BYTE_ORDER_MARK) + writer.writerow(next(rows))
    for row in rows:
        yield writer.writerow(row)


def write_xlsx(map: Map, layout: Layout) -> Iterator[bytes]:
    """A workbook of one sheet, put together on disk."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(layout.sheet or "Items")
    for row in _rows(map, layout):
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("\ufffd", cell) for cell in row])
    with TemporaryFile() as file:
        save_workbook(book, file)
        file.seek(0)
        while piece := file.read(AT_ONCE):
            yield piece


class _Echo:
    """A file that hands back each line instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def _rows(map: Map, layout: Layout) -> Iterator[list[str]]:
    shown = [one for one in layout.columns if one.header]
    fixed = [one for one in layout.columns if not one.header]
    yield [one.header for one in shown]
    for thing in map.things():
        if all(_is_so(one, thing) for one in fixed) and all(_begins(one, thing) for one in shown):
            yield [_cell(one, thing) for one in shown]


def _is_so(column: Column, thing: Thing) -> bool:
    """Whether the value that all rows have is that of this item."""
    return set(column.texts("")) <= set(_values(column, thing))


def _begins(column: Column, thing: Thing) -> bool:
    return column.meaning not in ("identity", "key") or _values(column, thing)[0].startswith(column.prefix)


def _cell(column: Column, thing: Thing) -> str:
    words = {stands_for: word for word, stands_for in reversed(column.values.items())}
    said = [one.removeprefix(column.prefix) for one in _values(column, thing) if one.startswith(column.prefix)]
    texts = [words.get(one, one) for one in said]
    return safe_text((column.separator or " ").join(texts))


def _values(column: Column, thing: Thing) -> list[str]:
    """What the item has to say in this column."""
    meaning = column.meaning
    if meaning in LINKS:
        return _ends(column, thing.incoming if LINKS[meaning] else thing.ties)
    if meaning == "attribute":
        value = thing.attributes.get(column.target)
        return [_text(one) for one in value] if isinstance(value, list) else [_text(value)] if value is not None else []
    if meaning == "value_streams":
        return list(thing.value_streams)
    if meaning == "identifier":
        return []
    single = {"identity": thing.identity or thing.key, "needs_at_least": thing.redundancy}
    value = single[meaning] if meaning in single else getattr(thing, meaning)
    return [] if value is None or value == "" else [_text(value)]


def _ends(column: Column, ties: tuple[Tie, ...]) -> list[str]:
    return [one.identity or one.key for one in ties if one.meaning == column.target]


def _text(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
