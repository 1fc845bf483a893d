"""Tables: CSV and XLSX, row by row, by a saved mapping of their columns."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from openpyxl import load_workbook

from apps.cmdb.formats.columns import Layout, record_of
from apps.cmdb.formats.files import Content, beginning, decoded, opened
from apps.cmdb.formats.records import Faulty, Item, Record, Rejected
from apps.core.documents import storable
from apps.core.errors import FieldError, Invalid

Row = tuple[int, list[str]]  # line or row of the file, cells
MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
DELIMITERS = ",;\t|"
NO_ITEMS = {  # tables that Archi writes beside that of its elements
    ("ID", "Key", "Value"): "properties",
    ("ID", "Type", "Name", "Documentation", "Source", "Target"): "relations",
}
LARGEST_WORKBOOK = 512 * 1024 * 1024  # unpacked


def read_csv(content: Content, layout: Layout) -> Iterator[Item]:
    """The items of a CSV file (RFC 4180; other delimiters too). Raises Invalid when it cannot be read."""
    return _items(_csv_rows(content, layout), layout, "line")


def read_xlsx(content: Content, layout: Layout) -> Iterator[Item]:
    """The items of one sheet of a workbook (ECMA-376). Formulas count as the values they had when it was saved."""
    return _items(_xlsx_rows(content, layout), layout, "row")


def _items(rows: Iterator[Row], layout: Layout, unit: str) -> Iterator[Item]:
    headers = _headers(rows, layout)
    seen: dict[str, int] = {}
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        item = _item(headers, cells, layout, f"{unit} {number}")
        if isinstance(item, Record):
            first = seen.setdefault(item.identity, number)
            if first != number:
                reason = f"“{item.identity[:100]}” stands in the file twice; the first one ({unit} {first}) counts."
                item = Rejected(item.identity, item.location, reason)
        yield item


def _headers(rows: Iterator[Row], layout: Layout) -> list[str]:
    headers = next((cells for _number, cells in rows if any(cell.strip() for cell in cells)), None)
    if headers is None:
        raise Invalid([FieldError("", "empty", "The table is empty: there is not even a row of headers.")])
    headers = [one.strip() for one in headers]
    twice = sorted({one for one in headers if one and headers.count(one) > 1})
    if twice:
        names = ", ".join(f"“{one[:40]}”" for one in twice)
        detail = f"Several columns have the same header: {names}. Give each a name of its own."
        raise Invalid([FieldError("", "headers", detail)])
    _check_items(headers)
    missing = [one.header for one in layout.columns if one.header and one.header not in headers]
    if missing:
        there = ", ".join(f"“{one[:40]}”" for one in headers[:20])
        wanted = ", ".join(f"“{one}”" for one in missing)
        detail = f"The mapping names columns that the table does not have: {wanted}. It has {there}."
        raise Invalid([FieldError("?mapping", "columns", detail)])
    return headers


def _check_items(headers: list[str]) -> None:
    what = NO_ITEMS.get(tuple(one for one in headers if one != "Specialization"))
    if what is not None:
        detail = (
            f"This is Archi's table of {what}, whose rows are no items. In Archi: File → Export → Model to Open Exchange "
            "File has elements, relations and properties in one; import that as archimate."
        )
        raise Invalid([FieldError("", "no_items", detail)])


def _item(headers: list[str], cells: list[str], layout: Layout, location: str) -> Item:
    label = next((cell.strip() for cell in cells if cell.strip()), location)[:300]
    if len(cells) > len(headers) and any(cell.strip() for cell in cells[len(headers) :]):
        return Rejected(label, location, f"It has {len(cells)} cells, the row of headers has {len(headers)}.")
    try:
        return record_of(layout, dict(zip(headers, cells, strict=False)), location)
    except Faulty as error:
        return Rejected(label, location, str(error))


def _csv_rows(content: Content, layout: Layout) -> Iterator[Row]:
    encoding = layout.encoding or _encoding(content)
    lines = _WithoutComments(_lines(content, encoding), layout.comment)
    delimiter = layout.delimiter or _delimiter(_lines(content, encoding), layout.comment)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield lines.began, [storable(cell, len(cell) or 1) for cell in cells]
    except csv.Error as error:
        raise Invalid([FieldError("", "malformed_csv", f"It is not CSV: {error} (line {lines.number}).")]) from error


class _WithoutComments:
    """The lines of a file without its comments, those inside quotes aside.

    `began` is the line in which the last row began, `number` the one in which it ended.
    """

    def __init__(self, lines: Iterator[str], sign: str) -> None:
        self.began = self.number = 0
        self._kept = self._keep(lines, sign)

    def __iter__(self) -> Iterator[str]:
        return self._kept

    def _keep(self, lines: Iterator[str], sign: str) -> Iterator[str]:
        is_quoted = False
        for number, line in enumerate(lines, 1):
            self.number = number
            if sign and not is_quoted and line.startswith(sign):
                continue
            if not is_quoted:
                self.began = number
            is_quoted ^= line.count('"') % 2 == 1
            yield line


def _encoding(content: Content) -> str:
    start = beginning(content, 4)
    return next((name for mark, name in MARKS if start.startswith(mark)), "utf-8")


def _lines(content: Content, encoding: str) -> Iterator[str]:
    try:
        yield from io.TextIOWrapper(opened(content), encoding, newline="")
    except UnicodeDecodeError:
        for _text in decoded(content, encoding, " Name its encoding in the mapping."):
            pass  # which tells the place in the file, not in a piece of it
        raise


def _delimiter(lines: Iterator[str], comment: str) -> str:
    """The one that the row of headers has most of, outside quotes."""
    headers = (line for line in lines if line.strip() and not (comment and line.startswith(comment)))
    bare = "".join(next(headers, "").split('"')[::2])
    return max(DELIMITERS, key=bare.count)


def _xlsx_rows(content: Content, layout: Layout) -> Iterator[Row]:
    try:
        _check_size(content)
        book = load_workbook(opened(content), read_only=True, data_only=True, keep_links=False)
    except Invalid:
        raise
    except Exception as error:  # openpyxl raises whatever it stumbles over
        raise _no_workbook(error) from error
    if layout.sheet and layout.sheet not in book.sheetnames:
        there = ", ".join(f"“{one}”" for one in book.sheetnames)
        raise Invalid([FieldError("?mapping", "sheet", f"There is no sheet “{layout.sheet}”; there is {there}.")])
    if not book.worksheets:
        raise Invalid([FieldError("", "no_sheet", "The workbook has no sheet with cells.")])
    sheet = book[layout.sheet] if layout.sheet else book.worksheets[0]
    try:
        for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
            yield number, [_cell(one) for one in cells]
    except Exception as error:
        raise _no_workbook(error) from error


def _check_size(content: Content) -> None:
    with zipfile.ZipFile(opened(content)) as archive:
        unpacked = sum(one.file_size for one in archive.infolist())
    if unpacked > LARGEST_WORKBOOK:
        detail = f"Unpacked it has more than {LARGEST_WORKBOOK // 2**20} MiB."
        raise Invalid([FieldError("", "too_large", detail)])


def _no_workbook(error: Exception) -> Invalid:
    return Invalid([FieldError("", "malformed_xlsx", f"It is not an XLSX workbook that can be read: {error}.")])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    text = str(value)
    return storable(text, len(text) or 1)
