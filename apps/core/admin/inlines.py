"""Parts edited inside the page of the record they belong to."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import StackedInline, TabularInline

from apps.core import moves
from apps.core.actor import Actor
from apps.core.admin.access import RoleAccess
from apps.core.admin.forms import VERSION, RecordForm
from apps.core.errors import Stale


class InlineWrites(RoleAccess):
    """Rows of a part, written one by one through actions."""

    form = RecordForm
    extra = 0
    show_change_link = False

    def perform_create(self, data: dict[str, Any], by: Actor) -> Model:
        return moves.create(self.model(**data), by=by)

    def perform_update(self, obj: Model, data: dict[str, Any], by: Actor) -> Model:
        return moves.change(obj, data, by=by)

    def perform_destroy(self, obj: Model, by: Actor) -> None:
        moves.remove(obj, by=by)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [*dict.fromkeys([*super().get_fields(request, obj), VERSION])]

    def get_formset(self, request: HttpRequest, obj: Model | None = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.record_inline = self
        return formset

    def write(self, formset: Any, parent: Model, by: Actor) -> None:
        """Carry out what the person did to the rows. Called after `formset.save(commit=False)`."""
        for obj in formset.deleted_objects:
            self.perform_destroy(obj, by)
        for form in formset.initial_forms:
            if form.has_changed() and form not in formset.deleted_forms:
                self._update(form, by)
        for form in formset.extra_forms:
            if form.has_changed() and form not in formset.deleted_forms:
                self.perform_create({**form.values(), formset.fk.name: parent}, by)

    def _update(self, form: RecordForm, by: Actor) -> None:
        values = form.changed_values()
        if not values:
            return
        current = moves.lock(form.instance)
        version = form.cleaned_data.get(VERSION)
        if hasattr(current, "version") and version != current.version:
            raise Stale(f"“{current}” was changed by somebody else in the meantime. Load the page again.")
        self.perform_update(current, values, by)


class RecordInline(InlineWrites, TabularInline):
    """Parts as rows of a table."""


class StackedRecordInline(InlineWrites, StackedInline):
    """Parts as blocks, for those with long texts."""
