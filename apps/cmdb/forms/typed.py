"""The form of an item with a field for each attribute that its type describes; whatever else it has stays in the JSON."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from apps.cmdb.described import CHOICE, TEXT, TEXTS, Attribute, Description
from apps.core.admin.forms import RecordForm

PREFIX = "attribute__"
KNOWN = [("", _("unknown")), ("true", _("Yes")), ("false", _("No"))]


class LinesField(forms.CharField):
    """Texts, one a line, kept as a list."""

    widget = widgets.UnfoldAdminTextareaWidget(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        return [line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or []) != self.to_python(data)


class YesNoField(forms.TypedChoiceField):
    """Yes, no, or nothing said."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            choices=KNOWN,
            coerce=lambda word: word == "true",
            empty_value=None,
            widget=widgets.UnfoldAdminSelectWidget,
            **options,
        )

    def prepare_value(self, value: Any) -> Any:
        return str(value).lower() if isinstance(value, bool) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


def name_of(one: Attribute) -> str:
    """The name of its field: no attribute takes the place of a column."""
    return f"{PREFIX}{one.name}"


def field_of(one: Attribute) -> forms.Field:
    said = {"label": one.title or one.name, "help_text": one.help, "required": one.required}
    limits = {"min_value": one.minimum, "max_value": one.maximum}
    text = {**said, "max_length": 10_000, "widget": widgets.UnfoldAdminTextInputWidget}
    makers = {
        TEXT: lambda: forms.CharField(**text),
        "number": lambda: forms.FloatField(**said, **limits, widget=widgets.UnfoldAdminDecimalFieldWidget),
        "whole_number": lambda: forms.IntegerField(**said, **limits, widget=widgets.UnfoldAdminIntegerFieldWidget),
        "yes_no": lambda: YesNoField(**said),
        "date": lambda: forms.DateField(**said, widget=widgets.UnfoldAdminTextInputWidget(attrs={"type": "date"})),
        "moment": lambda: forms.DateTimeField(**said, widget=widgets.UnfoldAdminTextInputWidget),
        "address": lambda: forms.URLField(**text, assume_scheme="https"),
        CHOICE: lambda: forms.ChoiceField(
            **said, choices=[("", "---------"), *((word, word) for word in one.choices)],
            widget=widgets.UnfoldAdminSelectWidget,
        ),
        TEXTS: lambda: LinesField(**said),
    }  # fmt: skip
    return makers[one.kind]()


class TypedItemForm(RecordForm):
    """What the person changed in a typed field is put into the attributes before the item judges them."""

    described = Description()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = self.instance.attributes or {}
        for one in self.described.attributes:
            self.fields[name_of(one)].initial = kept.get(one.name)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if isinstance(said.get("attributes"), dict):
            said["attributes"] = {**said["attributes"], **self._filled(said)}
            for name in self._emptied(said):
                said["attributes"].pop(name, None)
        return said

    def changed_values(self) -> dict[str, Any]:
        values = super().changed_values()
        if any(name_of(one) in self.changed_data for one in self.described.attributes):
            values["attributes"] = self.cleaned_data["attributes"]
        return values

    def _changed(self, said: dict[str, Any]) -> list[tuple[str, Any]]:
        fields = ((one.name, name_of(one)) for one in self.described.attributes)
        return [(name, said[field]) for name, field in fields if field in said and field in self.changed_data]

    def _filled(self, said: dict[str, Any]) -> dict[str, Any]:
        return {name: _plain(value) for name, value in self._changed(said) if value not in (None, "", [])}

    def _emptied(self, said: dict[str, Any]) -> list[str]:
        return [name for name, value in self._changed(said) if value in (None, "", [])]


def form_for(described: Description | None) -> type[TypedItemForm]:
    """The form of an item whose type is so described."""
    known = described or Description()
    fields = {name_of(one): field_of(one) for one in known.attributes}
    return type("ItemForm", (TypedItemForm,), {**fields, "described": known})


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
