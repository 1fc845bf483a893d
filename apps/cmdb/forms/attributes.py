"""The editor of a type's attributes: a row for each, in place of a JSON Schema."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apps.cmdb.described import CHOICE, NUMBERS, TEXT, Attribute, Description, schema_of

KINDS = [
    (TEXT, _("Text")),
    ("number", _("Number")),
    ("whole_number", _("Whole number")),
    ("yes_no", _("Yes or no")),
    ("date", _("Date")),
    ("moment", _("Date and time")),
    ("address", _("Web address")),
    (CHOICE, _("One of a list")),
    ("texts", _("List of texts")),
]
NAME = RegexValidator(r"^[A-Za-z_][A-Za-z0-9_.-]*\Z", _("A letter first; then letters, digits, “_”, “-” and “.”."))
BLANK_ROWS, MOST = 2, 200


class AttributeRow(forms.Form):
    """One attribute of a type."""

    name = forms.CharField(
        label=_("Name"), max_length=80, validators=[NAME], help_text=_("As imports and the API say it.")
    )
    title = forms.CharField(label=_("Title"), max_length=120, required=False, help_text=_("As people read it."))
    kind = forms.ChoiceField(label=_("Kind"), choices=KINDS, initial=TEXT)
    required = forms.BooleanField(label=_("Every item must have it"), required=False)
    help = forms.CharField(label=_("What it means"), max_length=500, required=False)
    choices = forms.CharField(
        label=_("The list, one a line"), required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 2})
    )
    minimum = forms.FloatField(label=_("At least"), required=False)
    maximum = forms.FloatField(label=_("At most"), required=False)

    @classmethod
    def filled(cls, one: Attribute) -> dict[str, Any]:
        return {**one.__dict__, "choices": "\n".join(one.choices)}

    @property
    def called(self) -> str:
        return str(self.initial.get("title") or self.initial.get("name") or "")

    def clean_choices(self) -> tuple[str, ...]:
        lines = (line.strip() for line in self.cleaned_data["choices"].splitlines())
        return tuple(dict.fromkeys(line for line in lines if line))

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        kind, least, most = said.get("kind"), said.get("minimum"), said.get("maximum")
        if kind == CHOICE and "choices" in said and not said["choices"]:
            self.add_error("choices", _("Say what there is to choose from."))
        if least is not None and most is not None and least > most:
            self.add_error("maximum", _("This is less than the least."))
        return said

    def attribute(self) -> Attribute:
        said = {name: self.cleaned_data[name] for name in Attribute.__dataclass_fields__}
        if said["kind"] != CHOICE:
            said["choices"] = ()
        if said["kind"] not in NUMBERS:
            said["minimum"] = said["maximum"] = None
        return Attribute(**{**said, "minimum": _plain(said["minimum"]), "maximum": _plain(said["maximum"])})


class AttributeRows(forms.BaseFormSet):
    def clean(self) -> None:
        """No name twice: the second would silently take the place of the first."""
        seen: set[str] = set()
        for row in self.forms:
            name = row.cleaned_data.get("name") if row.is_valid() and not self._should_delete_form(row) else None
            if name in seen:
                row.add_error("name", _("Another row has this name."))
            seen |= {name} if name else set()


class AboutForm(forms.Form):
    closed = forms.BooleanField(label=_("Items have no other attributes than these"), required=False)
    record_version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class AttributesEditor:
    """All rows of a type. `schema()` after `is_valid()` is the JSON Schema that they stand for."""

    def __init__(self, described: Description, version: int, data: QueryDict | None = None) -> None:
        about = {"closed": described.closed, "record_version": version}
        self.about = AboutForm(data, initial=about, prefix="about")
        factory = forms.formset_factory(
            AttributeRow, AttributeRows, extra=BLANK_ROWS, can_delete=True, can_order=True, max_num=MOST
        )
        self.rows = factory(data, initial=[AttributeRow.filled(one) for one in described.attributes], prefix="rows")
        self.faults: list[str] = []

    def is_valid(self) -> bool:
        """Both are judged, so that every fault is shown at once; a fault of the whole stands in its row."""
        judged = self.about.is_valid(), self.rows.is_valid()
        return all(judged) and not any(row.errors for row in self.rows.forms)

    @property
    def record_version(self) -> int | None:
        return self.about.cleaned_data["record_version"]

    def schema(self) -> dict[str, Any]:
        kept = [row.attribute() for row in self.rows.ordered_forms if row.cleaned_data.get("name")]
        return schema_of(kept, closed=self.about.cleaned_data["closed"])


def _plain(value: float | None) -> float | int | None:
    return int(value) if value is not None and value == int(value) else value
