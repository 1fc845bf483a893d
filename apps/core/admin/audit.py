"""The audit trail, to be read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from apps.core.admin.history import as_line
from apps.core.admin.records import RecordAdmin
from apps.core.admin.tabs import FORM, Tab
from apps.core.display import badge, moment, tone_of
from apps.core.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(RecordAdmin):
    """Every deed of the house. Nobody adds, changes or removes an entry: the database itself refuses."""

    list_display = ("moment_at", "actor_name", "door", "event", "subject_key", "step", "note")
    export_columns = (
        "at",
        "actor_name",
        "token_name",
        "door",
        "event",
        "subject_type",
        "subject_key",
        "before",
        "after",
        "note",
        "request_id",
    )
    list_filter = ("door", ("at", admin.DateFieldListFilter))
    search_fields = (
        "subject_key__istartswith",
        "root_key__istartswith",
        "actor_name__istartswith",
        "event__istartswith",
        "request_id__istartswith",
    )
    search_help_text = _("Record key, person, event or request id, from its beginning")
    ordering = ("-id",)
    fields = (
        "moment_at",
        "actor_name",
        "token_name",
        "door",
        "event",
        "subject_type",
        "subject_key",
        "root_key",
        "step",
        "changed",
        "data",
        "note",
        "request_id",
    )
    readonly_fields = fields

    def get_tabs(self, request: HttpRequest, obj: AuditEntry) -> list[Tab]:
        return [FORM]

    @admin.display(description=_("at"), ordering="id")
    def moment_at(self, entry: AuditEntry) -> Any:
        return moment(entry.at)

    @admin.display(description=_("step"))
    def step(self, entry: AuditEntry) -> Any:
        if not entry.after:
            return "–"
        return badge(f"{entry.before.replace('_', ' ')} → {entry.after.replace('_', ' ')}", tone_of(entry.after))

    @admin.display(description=_("changes"))
    def changed(self, entry: AuditEntry) -> Any:
        lines = as_line(entry).changes
        return (
            format_html_join("", "<p>{}: {} → {}</p>", ((line.field, line.before, line.after) for line in lines)) or "–"
        )
