"""What the calendar and drift can be narrowed down to."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Exists, OuterRef
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team
from apps.cmdb.models import ConfigurationItem, Environment, ValueStream
from apps.desk.queries.calendar import KINDS, Filters, Grouping
from apps.releases.models import Release
from apps.releases.queries import DriftKind, Narrowed

NARROWED_BY = ("environment", "service", "value_stream", "team")
YEARS = range(1970, 2200)
VIEWS = [("month", _("Month")), ("week", _("Week")), ("timeline", _("Timeline"))]


class NarrowingForm(forms.Form):
    """Of which service and where; what cannot be read is left out."""

    service = forms.ModelChoiceField(
        ConfigurationItem.objects.filter(Exists(Release.objects.filter(subject=OuterRef("pk")))).order_by("name"),
        label=_("Service"),
        required=False,
        to_field_name="key",
        empty_label=_("All services"),
    )
    environment = forms.ModelChoiceField(
        Environment.objects.order_by("order", "name"),
        label=_("Environment"),
        required=False,
        to_field_name="slug",
        empty_label=_("All environments"),
    )


class CalendarForm(NarrowingForm):
    """View, day and filters of the calendar; what cannot be read is left out, a calendar is never refused."""

    field_order = ("view", "day", "month", "kind", "environment", "service", "value_stream", "team", "group")

    view = forms.ChoiceField(choices=VIEWS, required=False, widget=forms.HiddenInput)
    day = forms.DateField(required=False, widget=forms.HiddenInput)
    month = forms.CharField(required=False, widget=forms.HiddenInput)
    kind = forms.MultipleChoiceField(
        label=_("Show"), required=False, choices=list(KINDS.items()), widget=forms.CheckboxSelectMultiple
    )

    value_stream = forms.ModelChoiceField(
        ValueStream.objects.order_by("name"),
        label=_("Value stream"),
        required=False,
        to_field_name="slug",
        empty_label=_("All value streams"),
    )
    team = forms.ModelChoiceField(
        Team.objects.order_by("name"),
        label=_("Team"),
        required=False,
        to_field_name="slug",
        empty_label=_("All teams"),
    )
    group = forms.ChoiceField(label=_("Grouped by"), choices=Grouping.choices, required=False)

    @cached_property
    def said(self) -> dict[str, Any]:
        self.full_clean()
        return self.cleaned_data if self.is_bound else {}

    @property
    def chosen_view(self) -> str:
        return self.said.get("view") or "month"

    @property
    def grouping(self) -> Grouping:
        return Grouping(self.said.get("group") or Grouping.ENVIRONMENT)

    def chosen_day(self, today: date) -> date:
        """The day that was asked for, or the first of the month that was; otherwise today."""
        asked = self.said.get("day") or self._month()
        return asked if asked and asked.year in YEARS else today

    def _month(self) -> date | None:
        try:
            return datetime.strptime(self.said.get("month") or "", "%Y-%m").date()  # noqa: DTZ007 (a month has no zone)
        except ValueError:
            return None

    def filters(self) -> Filters:
        chosen = {name: self.said[name].pk for name in NARROWED_BY if self.said.get(name)}
        return Filters(frozenset(self.said.get("kind") or ()), **chosen)

    def kept(self, *names: str) -> str:
        """What was chosen of these, as part of the links to other times and views."""
        if not self.is_bound:
            return ""
        pairs = [(name, value) for name in names for value in self.data.getlist(name)]
        return urlencode([(name, value) for name, value in pairs if value])


class DriftForm(NarrowingForm):
    """Which list of drift, and of what; what cannot be read is left out."""

    kind = forms.ChoiceField(choices=DriftKind.choices, required=False, widget=forms.HiddenInput)
    team = forms.ModelChoiceField(
        Team.objects.order_by("name"),
        label=_("Team"),
        required=False,
        to_field_name="slug",
        empty_label=_("All teams"),
    )

    everything = Narrowed()

    @cached_property
    def narrowed(self) -> Narrowed:
        self.full_clean()
        found = self.cleaned_data
        service, environment, team = (found.get(name) for name in ("service", "environment", "team"))
        return Narrowed(
            service.key if service else "", environment.slug if environment else "", team.slug if team else ""
        )

    def chosen(self, counts: dict[str, int]) -> DriftKind:
        """The list that was asked for; otherwise the first that has something to work through."""
        asked = self.data.get("kind")
        if asked in DriftKind.values:
            return DriftKind(asked)
        return DriftKind(next((kind for kind in DriftKind.values if counts[kind]), DriftKind.values[0]))
