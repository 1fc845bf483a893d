"""Parts edited inside the page of the record they belong to."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db.models import Model
from django.forms import ModelChoiceField
from django.http import HttpRequest
from unfold.admin import StackedInline, TabularInline
from unfold.forms import PaginationInlineFormSet

from apps.core import moves
from apps.core.actor import Actor
from apps.core.admin.access import RoleAccess
from apps.core.admin.forms import VERSION, RecordForm
from apps.core.errors import Stale


class RowsFormSet(PaginationInlineFormSet):
    """Rows posted together; what they point to is looked up once a column, not once a row."""

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = super()._construct_form(i, **kwargs)
        if self.is_bound:
            for name, field in form.fields.items():
                if isinstance(field, ModelChoiceField):
                    field.to_python = partial(self._looked_up, name, field, field.to_python)
        return form

    def _looked_up(self, name: str, field: ModelChoiceField, alone: Any, value: Any) -> Any:
        known = self.__dict__.setdefault("_known", {})
        if name not in known:
            posted = {self.data.get(f"{self.add_prefix(i)}-{name}") for i in range(self.total_form_count())}
            keys = [key for key in posted if key and key.isdecimal()]
            known[name] = {str(obj.pk): obj for obj in field.queryset.filter(pk__in=keys)}
        found = known[name].get(str(value))
        return alone(value) if found is None else found


class InlineWrites(RoleAccess):
    """Rows of a part, written one by one through actions."""

    form = RecordForm
    formset = RowsFormSet
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
