"""The forms of steps in the admin's clothes: the browser's own pickers, labels tied to fields."""

from __future__ import annotations

from django import forms

from apps.core.steps import StepForm

LOCAL = "%Y-%m-%dT%H:%M"


def dressed(form: StepForm) -> StepForm:
    """The same form, its date fields with the browser's pickers; nothing about what it accepts is changed."""
    for name, field in form.fields.items():
        if isinstance(field, forms.DateTimeField):
            field.widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL)
        elif isinstance(field, forms.DateField):
            field.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        field.widget.attrs["aria-describedby"] = f"about_{name}"
    return form
