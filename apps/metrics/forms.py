"""What a person may ask of the metrics: a period, a breakdown, a part."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.errors import Refusal
from apps.metrics.definitions.practice import DIMENSIONS
from apps.metrics.periods import Period, last_months, period_between

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class PeriodForm(forms.Form):
    """From a day up to a day; the last twelve months when nothing is said."""

    first = forms.DateField(label=_("From"), required=False, widget=DAY)
    after = forms.DateField(label=_("Up to, without"), required=False, widget=DAY)

    def clean(self) -> dict[str, Any]:
        found = super().clean()
        try:
            found["period"] = period_between(found.get("first"), found.get("after"))
        except Refusal as refusal:
            raise forms.ValidationError(refusal.detail) from refusal
        return found

    @property
    def period(self) -> Period:
        """What was asked for; the usual period where that was no period."""
        return self.cleaned_data["period"] if self.is_valid() else last_months()


class MetricForm(PeriodForm):
    """Also how to break the figure down, and for which product, team, value stream or model."""

    by = forms.ChoiceField(label=_("By"), required=False, choices=[("", _("nothing")), *DIMENSIONS.items()])
    part = forms.SlugField(required=False, widget=forms.HiddenInput)
    product = forms.CharField(label=_("Product"), required=False, max_length=200)
    team = forms.CharField(label=_("Team"), required=False, max_length=200)
    value_stream = forms.CharField(label=_("Value stream"), required=False, max_length=200)
    model = forms.CharField(label=_("Release model"), required=False, max_length=200)

    @property
    def only(self) -> dict[str, str]:
        if not self.is_valid():
            return {}
        return {name: self.cleaned_data[name] for name in DIMENSIONS if name != "month" and self.cleaned_data[name]}

    def asked(self, name: str) -> str:
        return self.cleaned_data.get(name, "") if self.is_valid() else ""
