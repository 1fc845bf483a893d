"""`windows/`, `freezes/`, `freezes/{freeze}/exceptions/`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from apps.cmdb.models import ConfigurationItem, Environment, Party, ValueStream
from apps.core.actor import Actor
from apps.core.api.base import JsonAnswer
from apps.core.api.fields import FastSerializer
from apps.core.api.parameters import QueryParameter
from apps.core.api.uploads import UPLOAD_PARSERS, uploaded_file
from apps.core.api.viewsets import PartViewSet, RecordViewSet, one_of
from apps.core.clock import now
from apps.schedule import actions
from apps.schedule.forms import EXCEPTION_STEPS
from apps.schedule.icalendars import MOST_BYTES
from apps.schedule.lifecycle import ExceptionStatus
from apps.schedule.models import MODEL_KINDS, MOST_EXCLUDED, Freeze, FreezeException, FreezeKind, Window
from apps.schedule.queries import freezes_in_force


class DayField(serializers.DateField):
    """A day, kept as the text that was sent."""

    def to_internal_value(self, value: Any) -> str:
        return super().to_internal_value(value).isoformat()


class TimedSerializer(FastSerializer):
    """A time span with its recurrence and what it is over; an empty list means everything."""

    key = serializers.CharField(read_only=True)
    name = serializers.CharField(max_length=200)
    description = serializers.CharField(required=False, allow_blank=True, max_length=10_000)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    rrule = serializers.CharField(
        required=False, allow_blank=True, max_length=300, help_text="RFC 5545, such as FREQ=WEEKLY;BYDAY=TU,TH"
    )
    time_zone = serializers.CharField(required=False, max_length=64, help_text="IANA, such as Europe/Berlin")
    excluded_on = serializers.ListField(
        child=DayField(),
        required=False,
        max_length=MOST_EXCLUDED,
        help_text="Days in its time zone on which it would begin and does not (EXDATE).",
    )
    environments = serializers.SlugRelatedField("slug", queryset=Environment.objects.all(), many=True, required=False)
    services = serializers.SlugRelatedField("key", queryset=ConfigurationItem.objects.all(), many=True, required=False)
    value_streams = serializers.SlugRelatedField("slug", queryset=ValueStream.objects.all(), many=True, required=False)


class WindowSerializer(TimedSerializer):
    """A time in which releases are meant to happen."""

    version = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class FreezeSerializer(TimedSerializer):
    """A time in which releases do not happen."""

    kind = serializers.ChoiceField(choices=FreezeKind.choices, required=False)
    excepted_model_kinds = serializers.ListField(child=serializers.ChoiceField(choices=MODEL_KINDS), required=False)
    party = serializers.SlugRelatedField("slug", queryset=Party.objects.all(), required=False, allow_null=True)
    lifted_at = serializers.DateTimeField(read_only=True)
    source = serializers.CharField(read_only=True, help_text="The calendar it was imported from.")
    version = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class TimedFilter(filters.FilterSet):
    environment = filters.CharFilter("environments__slug", label="slug of an environment it is over")
    service = filters.CharFilter("services__key", label="key of a service it is over")
    value_stream = filters.CharFilter("value_streams__slug", label="slug of a value stream it is over")
    starts_before = filters.IsoDateTimeFilter("starts_at", "lt", label="first starts before")
    ends_after = filters.IsoDateTimeFilter("ends_at", "gt", label="first ends after")


class FreezeFilter(TimedFilter):
    kind = filters.ChoiceFilter(choices=FreezeKind.choices)
    party = filters.CharFilter("party__slug", label="slug of the party it is for")


SCOPED = ("environments", "services", "value_streams")


class WindowViewSet(RecordViewSet):
    scope = "schedule"
    queryset = Window.objects.prefetch_related(*SCOPED)
    serializer_class = WindowSerializer
    filterset_class = TimedFilter
    search_fields = ["key", "name"]
    ordering_fields = ["key", "name", "starts_at"]
    ordering = ["starts_at"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> Window:
        return actions.create_window(by=by, **data)

    def perform_update(self, obj: Window, data: dict[str, Any], by: Actor) -> Window:
        return actions.change_window(window=obj, fields=data, by=by)

    def perform_destroy(self, obj: Window, by: Actor) -> None:
        actions.remove_window(window=obj, by=by)


class InForceSerializer(FastSerializer):
    """A freeze in force at a moment."""

    key = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    until = serializers.DateTimeField()


class RejectedSerializer(FastSerializer):
    """An event that was not taken over."""

    record = serializers.CharField(help_text="Its UID.")
    number = serializers.IntegerField(help_text="The how manieth event of the file.")
    reason = serializers.CharField()


class ImportedSerializer(FastSerializer):
    """What came of each event of a file."""

    dry_run = serializers.BooleanField()
    created = serializers.ListField(child=serializers.CharField())
    updated = serializers.ListField(child=serializers.CharField())
    unchanged = serializers.IntegerField()
    rejected = RejectedSerializer(many=True)
    missing = serializers.ListField(child=serializers.CharField(), help_text="No longer in the file; they stay.")


class FreezeViewSet(RecordViewSet):
    scope = "schedule"
    queryset = Freeze.objects.select_related("party").prefetch_related(*SCOPED)
    serializer_class = FreezeSerializer
    filterset_class = FreezeFilter
    search_fields = ["key", "name"]
    ordering_fields = ["key", "name", "starts_at"]
    ordering = ["starts_at"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> Freeze:
        return actions.create_freeze(by=by, **data)

    def perform_update(self, obj: Freeze, data: dict[str, Any], by: Actor) -> Freeze:
        return actions.change_freeze(freeze=obj, fields=data, by=by)

    def perform_destroy(self, obj: Freeze, by: Actor) -> None:
        actions.remove_freeze(freeze=obj, by=by)

    @extend_schema(request=None, responses=FreezeSerializer, summary="Lift a freeze before its time, for everybody")
    @action(detail=True, methods=["post"])
    def lift(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """End the freeze now. What it forbade until now stays on record."""
        return self.after(actions.lift_freeze(freeze=self.get_object(), by=self.by))

    @extend_schema(
        request={"text/calendar": OpenApiTypes.BINARY},
        responses={201: ImportedSerializer},
        summary="Take freezes over from an iCalendar file",
    )
    @action(
        detail=False,
        methods=["post"],
        url_path="import",
        parser_classes=UPLOAD_PARSERS,
        query_parameters=[
            QueryParameter(
                "source", required=True, description="Who keeps the calendar; with the UID it finds a freeze again."
            ),
            QueryParameter(
                "dry_run", bool, default=False, description="Tell what would come of it, and write nothing."
            ),
            QueryParameter("time_zone", default="UTC", description="Of days, and of times without a zone."),
            QueryParameter("kind", default="hard", choices=FreezeKind.values, description="Of new freezes."),
            QueryParameter("environment", description="Slug of the environment that new freezes are over."),
        ],
    )
    def import_file(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """The file is the body, or the multipart part `file`. The same file twice changes nothing."""
        asked = self.query
        found = actions.import_freezes(
            data=uploaded_file(request, MOST_BYTES).content,
            source=asked["source"],
            by=self.by,
            time_zone=asked["time_zone"],
            kind=asked["kind"],
            environments=self._named(Environment, "slug", asked["environment"]) or (),
            dry_run=asked["dry_run"],
        )
        told = {name: getattr(found, name) for name in ("created", "updated", "unchanged", "missing")}
        rejected = [asdict(one) for one in found.rejected]
        return JsonAnswer({"dry_run": found.is_dry_run, **told, "rejected": rejected}, status=201)

    @extend_schema(responses=InForceSerializer(many=True), summary="Freezes in force over what is touched")
    @action(
        detail=False,
        url_path="in-force",
        pagination_class=None,
        filterset_class=None,
        query_parameters=[
            QueryParameter("at", datetime, description="The moment; now, if left out."),
            QueryParameter("environment", description="Slug of an environment."),
            QueryParameter("service", description="Key of a service."),
            QueryParameter("value_stream", description="Slug of a value stream."),
        ],
    )
    def in_force(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Which freezes are in force at a moment."""
        at = self.query["at"] or now()
        found = freezes_in_force(
            at,
            environments=self._named(Environment, "slug", self.query["environment"]),
            services=self._named(ConfigurationItem, "key", self.query["service"]),
            value_streams=self._named(ValueStream, "slug", self.query["value_stream"]),
        )
        return JsonAnswer(
            [{"key": one.key, "name": one.name, "kind": one.kind, "until": one.in_force_until(at)} for one in found]
        )

    def _named(self, model: Any, column: str, value: str | None) -> list[Any] | None:
        return [one_of(model.objects.all(), {column: value})] if value else None


class FreezeExceptionSerializer(FastSerializer):
    """One release, known by its digest, asks to pass through a freeze."""

    key = serializers.CharField(read_only=True)
    freeze = serializers.CharField(source="freeze.key", read_only=True)
    status = serializers.ChoiceField(choices=ExceptionStatus.choices, read_only=True)
    release_key = serializers.CharField(max_length=40)
    digest = serializers.CharField(max_length=80)
    reason = serializers.CharField(max_length=4000)
    until = serializers.DateTimeField(required=False, allow_null=True)
    requester = serializers.SlugRelatedField("username", read_only=True)
    decided_by = serializers.SlugRelatedField("username", read_only=True)
    decided_at = serializers.DateTimeField(read_only=True)
    version = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)


class FreezeExceptionFilter(filters.FilterSet):
    class Meta:
        model = FreezeException
        fields = ["status", "release_key"]


class FreezeExceptionViewSet(PartViewSet):
    scope = "schedule"
    queryset = FreezeException.objects.select_related("freeze", "requester", "decided_by")
    parent_queryset = Freeze.objects.all()
    parent_field = "freeze"
    serializer_class = FreezeExceptionSerializer
    filterset_class = FreezeExceptionFilter
    ordering_fields = ["key", "created_at"]
    ordering = ["-key"]
    steps = EXCEPTION_STEPS

    def perform_create(self, data: dict[str, Any], by: Actor) -> FreezeException:
        return actions.request_exception(freeze=self.parent, by=by, **data)
