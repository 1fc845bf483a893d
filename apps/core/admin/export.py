"""A list as a CSV file that a spreadsheet opens safely."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.text import capfirst

from apps.core.cells import safe_text

ROWS_AT_A_TIME = 500
BYTE_ORDER_MARK = "\ufeff"  # without it spreadsheets read UTF-8 as Latin-1


def safe_cell(value: Any) -> Any:
    """A value as a cell that is read as data, never run as a formula; real numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return value
    if isinstance(value, datetime):
        return (
            value.astimezone(timezone.get_default_timezone()).isoformat()
            if timezone.is_aware(value)
            else value.isoformat()
        )
    if isinstance(value, date):
        return value.isoformat()
    text = strip_tags(str(value)) if hasattr(value, "__html__") else str(value)
    return safe_text(text)


class _Echo:
    """A file that hands back each line instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def lines_of(header: Iterable[Any], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield BYTE_ORDER_MARK + writer.writerow([safe_cell(name) for name in header])
    for row in rows:
        yield writer.writerow([safe_cell(value) for value in row])


class CsvExport:
    """Gives a list page its export: the rows of the current search and filters, without pages."""

    export_columns: tuple[str, ...] = ()

    def get_export_columns(self, request: HttpRequest) -> list[str]:
        return [name for name in (self.export_columns or self.get_list_display(request)) if name != "action_checkbox"]

    def export_view(self, request: HttpRequest) -> StreamingHttpResponse:
        changelist = self.get_changelist_instance(request)
        columns = self.get_export_columns(request)
        header = [capfirst(str(label_for_field(name, self.model, self))) for name in columns]
        found = changelist.queryset.iterator(chunk_size=ROWS_AT_A_TIME)
        rows = ([self._export_value(name, obj) for name in columns] for obj in found)
        response = StreamingHttpResponse(lines_of(header, rows), content_type="text/csv; charset=utf-8")
        name = str(self.opts.verbose_name_plural).replace(" ", "-")
        response["Content-Disposition"] = f'attachment; filename="{name}-{timezone.now():%Y-%m-%d}.csv"'
        return response

    def _export_value(self, name: str, obj: Any) -> Any:
        try:
            field, _attribute, value = lookup_field(name, obj, self)
        except ObjectDoesNotExist:
            return ""
        if field is not None and field.choices:
            return dict(field.flatchoices).get(value, value)
        return value
