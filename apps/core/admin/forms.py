"""The change form of a record: it carries the version it was filled in from, and shows a refusal where it belongs."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.errors import Invalid, NotNow, Refusal

VERSION = "record_version"


class RecordForm(forms.ModelForm):
    """A model form whose writing is done elsewhere; a refusal of that writing comes back as its errors."""

    record_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    refusal: Refusal | None = None
    handed_on: tuple[str, ...] = ()  # fields that are no columns, which the action takes all the same

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[VERSION].initial = getattr(self.instance, "version", None) if self.instance.pk else None
        if self.is_bound:
            self._look_up_once(self.data.__dict__.setdefault("_looked_up", {}))

    def _look_up_once(self, known: dict[tuple[str, str], Any]) -> None:
        """A form shown again with a refusal is cleaned again; what it points to is not asked of the database again."""
        for name, field in self.fields.items():
            if type(field) is forms.ModelChoiceField:
                field.to_python = partial(_looked_up, known, name, field)

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and self.refusal is not None:
            for field, sentence in sentences_of(self.refusal, self.fields):
                self.add_error(field, sentence)

    def changed_values(self) -> dict[str, Any]:
        """What the person changed, by field name, without the form's own fields."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name in self._names()}

    def values(self) -> dict[str, Any]:
        """Every value of the form, for a record that is to be created."""
        return {name: value for name, value in self.cleaned_data.items() if name in self._names()}

    def _names(self) -> set[str]:
        meta = self._meta.model._meta
        return {field.name for field in (*meta.fields, *meta.many_to_many)} | set(self.handed_on)


def _looked_up(known: dict[tuple[str, str], Any], name: str, field: forms.ModelChoiceField, value: Any) -> Any:
    """The record a field points to; two fields of a form may point to the same kind of record, each with one query."""
    if value in field.empty_values:
        return None
    if isinstance(value, field.queryset.model):
        return value
    key = (name, str(value))
    if key not in known:
        try:
            known[key] = field.queryset.filter(**{field.to_field_name or "pk": value}).first()
        except (TypeError, ValueError):
            known[key] = None
    if known[key] is None:
        invalid = field.error_messages["invalid_choice"]
        raise forms.ValidationError(invalid, code="invalid_choice", params={"value": value})
    return known[key]


def sentences_of(refusal: Refusal, fields: Any) -> list[tuple[str | None, str]]:
    """A refusal as (field or none, sentence) pairs: field faults at their field, everything else above the form."""
    if isinstance(refusal, Invalid) and refusal.errors:
        return [_placed(error.pointer, str(error.detail), fields) for error in refusal.errors]
    if isinstance(refusal, NotNow) and refusal.blockers:
        return [(None, str(blocker.message)) for blocker in refusal.blockers]
    return [(None, refusal.detail)]


def _placed(pointer: str, sentence: str, fields: Any) -> tuple[str | None, str]:
    name = pointer.strip("/").split("/")[0]
    if name in fields:
        return name, sentence
    return None, f"{pointer}: {sentence}" if pointer else sentence


def no_version_sentence() -> str:
    return str(
        _("This form does not say which version it was filled in from. Load the page again and repeat the change.")
    )
