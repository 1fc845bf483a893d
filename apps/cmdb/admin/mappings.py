"""Column mappings: a table of columns beside the file they describe."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from apps.cmdb import actions
from apps.cmdb.models import ColumnMapping, MappedColumn
from apps.cmdb.permissions import FRAME_EDITORS
from apps.core.actor import Actor
from apps.core.admin import RecordAdmin, RecordInline


class MappedColumnInline(RecordInline):
    """What each column says."""

    model = MappedColumn
    fields = ("position", "header", "meaning", "target", "fallback", "prefix", "separator", "values")
    edit_roles = FRAME_EDITORS

    def perform_create(self, data: dict[str, Any], by: Actor) -> MappedColumn:
        return actions.add_column(**data, by=by)

    def perform_update(self, obj: MappedColumn, data: dict[str, Any], by: Actor) -> MappedColumn:
        return actions.change_column(column=obj, by=by, **data)

    def perform_destroy(self, obj: MappedColumn, by: Actor) -> None:
        actions.remove_column(column=obj, by=by)


@admin.register(ColumnMapping)
class ColumnMappingAdmin(RecordAdmin):
    list_display = ("name", "slug", "delimiter", "sheet")
    search_fields = ("slug__istartswith", "name__icontains")
    ordering = ("name", "id")
    fields = ("name", "slug", "delimiter", "encoding", "comment", "sheet")
    inlines = (MappedColumnInline,)
    edit_roles = FRAME_EDITORS

    def perform_create(self, data: dict[str, Any], by: Actor) -> ColumnMapping:
        return actions.create_mapping(**data, by=by)

    def perform_update(self, obj: ColumnMapping, data: dict[str, Any], by: Actor) -> ColumnMapping:
        return actions.change_mapping(mapping=obj, by=by, **data)

    def perform_destroy(self, obj: ColumnMapping, by: Actor) -> None:
        actions.remove_mapping(mapping=obj, by=by)
