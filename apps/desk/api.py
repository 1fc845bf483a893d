"""`calendar/`: releases, windows, freezes and clashes of a span of time."""

from __future__ import annotations

from datetime import datetime, timedelta

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from apps.accounts.models import Team
from apps.cmdb.models import ConfigurationItem, Environment, ValueStream
from apps.core.api.base import ApiView, JsonAnswer
from apps.core.api.fields import FastSerializer
from apps.core.api.parameters import QueryParameter
from apps.core.clock import now
from apps.core.errors import FieldError, Invalid
from apps.desk.queries.calendar import KINDS, Filters, told_between
from apps.releases.lifecycle.words import Severity, Status
from apps.schedule.models import FreezeKind

LONGEST = timedelta(days=92)
USUAL = timedelta(days=31)
NAMED = {
    "environment": (Environment, "slug"),
    "service": (ConfigurationItem, "key"),
    "value_stream": (ValueStream, "slug"),
    "team": (Team, "slug"),
}


class CalendarReleaseSerializer(FastSerializer):
    """A release with its window."""

    key = serializers.CharField()
    title = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.choices)
    subject = serializers.CharField(help_text="Key of the service or product.")
    environment = serializers.CharField(allow_null=True)
    release_manager = serializers.CharField(allow_null=True)
    planned_start = serializers.DateTimeField()
    planned_end = serializers.DateTimeField()


class OccurrenceSerializer(FastSerializer):
    """One time of a window or a freeze."""

    key = serializers.CharField()
    name = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class FrozenSerializer(OccurrenceSerializer):
    """One time of a freeze."""

    kind = serializers.ChoiceField(choices=FreezeKind.choices)
    party = serializers.CharField(allow_null=True, help_text="Slug of the one party it is for.")


class ClashSerializer(FastSerializer):
    """Two releases that want one item at the same time and place."""

    kind = serializers.CharField()
    severity = serializers.ChoiceField(choices=Severity.choices)
    message = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    item = serializers.CharField()
    releases = serializers.ListField(child=serializers.CharField())


class CalendarSerializer(FastSerializer):
    """What a span of time holds, each list in order of time."""

    releases = CalendarReleaseSerializer(many=True)
    windows = OccurrenceSerializer(many=True)
    freezes = FrozenSerializer(many=True)
    conflicts = ClashSerializer(many=True)
    truncated = serializers.ListField(
        child=serializers.ChoiceField(choices=list(KINDS)), help_text="Kinds of which there is more than is told."
    )


class CalendarView(ApiView):
    """The calendar for programs."""

    scope = "schedule"
    query_parameters = (
        QueryParameter("from", datetime, description="Where the span begins; now, if left out."),
        QueryParameter("to", datetime, description="Where it ends, 92 days later at most; 31 days later, if left out."),
        QueryParameter("kind", choices=tuple(KINDS), description="Only these; all, if left out."),
        QueryParameter("environment", description="Slug of an environment."),
        QueryParameter("service", description="Key of a service or item."),
        QueryParameter("value_stream", description="Slug of a value stream."),
        QueryParameter("team", description="Slug of the team that owns what is released."),
    )

    @extend_schema(
        operation_id="calendar_retrieve", responses=CalendarSerializer, summary="Releases, windows, freezes and clashes"
    )
    def get(self, request: Request) -> JsonAnswer:
        """What overlaps the half-open span; windows and freezes as often as they recur. 500 of a kind at most."""
        return JsonAnswer(told_between(*self._span(), self._filters()))

    def _span(self) -> tuple[datetime, datetime]:
        start = self.query["from"] or now()
        end = self.query["to"] or _later(start)
        if end <= start:
            raise Invalid([FieldError("?to", "before_start", "The span ends before it begins.")])
        if end - start > LONGEST:
            message = f"A span has {LONGEST.days} days at most: ask for the rest in further calls."
            raise Invalid([FieldError("?to", "too_long", message)])
        return start, end

    def _filters(self) -> Filters:
        chosen = {name: _known(name, self.query[name]) for name in NAMED if self.query[name]}
        return Filters(frozenset([self.query["kind"]] if self.query["kind"] else ()), **chosen)


def _later(start: datetime) -> datetime:
    try:
        return start + USUAL
    except OverflowError as error:
        raise Invalid([FieldError("?from", "out_of_range", "The span ends after the last day there is.")]) from error


def _known(name: str, value: str) -> int:
    model, column = NAMED[name]
    found = model.objects.filter(**{column: value}).values_list("pk", flat=True).first() if "\0" not in value else None
    if found is None:
        raise Invalid([FieldError(f"?{name}", "unknown", f"There is no {name.replace('_', ' ')} “{value[:60]}”.")])
    return found
