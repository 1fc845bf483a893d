"""What the calendar and drift can be narrowed down to."""

from __future__ import annotations

from datetime import date, datetime
from urllib.parse import urlencode

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team
from apps.cmdb.models import ConfigurationItem, Environment, ValueStream
from apps.desk.queries.calendar import KINDS, Filters
from apps.releases.queries import DriftKind, Narrowed

NARROWED_BY = ("environment", "service", "value_stream")


class NarrowingForm(forms.Form):
    """Of which service and where; what cannot be read is left out."""

    service = forms.ModelChoiceField(
        ConfigurationItem.objects.filter(releases__isnull=False).distinct().order_by("name"),
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
    """Filters of the calendar; what cannot be read is left out, a calendar is never refused."""

    field_order = ("month", "kind", "environment", "service", "value_stream")

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

    def first_day(self, today: date) -> date:
        asked = self.data.get("month", "") if self.is_bound else ""
        try:
            return datetime.strptime(asked, "%Y-%m").date()  # noqa: DTZ007 (a month has no zone)
        except ValueError:
            return today.replace(day=1)

    def filters(self) -> Filters:
        self.full_clean()
        given = self.cleaned_data if self.is_bound else {}
        chosen = {name: given[name].pk for name in NARROWED_BY if given.get(name)}
        return Filters(frozenset(given.get("kind") or ()), **chosen)

    def kept(self) -> str:
        """The filters as part of the links to other months."""
        if not self.is_bound:
            return ""
        pairs = [(name, value) for name in ("kind", *NARROWED_BY) for value in self.data.getlist(name)]
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
