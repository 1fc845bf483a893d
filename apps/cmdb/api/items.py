"""`configuration-items/` with impact, reach and installed versions."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.validators import UniqueValidator

from apps.cmdb import actions
from apps.cmdb.api.fields import StampedSerializer, a_ci_type, a_team, value_streams
from apps.cmdb.api.history import AT, ThePast, not_to_come
from apps.cmdb.api.impact import (
    DEPTH,
    DIRECTION,
    EXPLAIN,
    LIMIT,
    OLDER_THAN,
    SHOWN,
    ImpactSerializer,
    ReachSerializer,
    impact_shown,
    reach_shown,
)
from apps.cmdb.models import ConfigurationItem, InstalledVersion
from apps.cmdb.models.items import KEY
from apps.cmdb.picture import drawing_of
from apps.cmdb.queries import HEALTH_LISTS, health, impact, reach
from apps.core.actor import Actor
from apps.core.api.base import ApiView, JsonAnswer
from apps.core.api.fields import FastSerializer
from apps.core.api.viewsets import PartViewSet, RecordViewSet


class IdentifierSerializer(FastSerializer):
    """The name by which a source knows the item."""

    source = serializers.CharField(max_length=60)
    external_id = serializers.CharField(max_length=500)
    missing_since = serializers.DateTimeField(read_only=True, allow_null=True)


class ConfigurationItemSerializer(StampedSerializer):
    """Anything that must be managed in order to deliver a service."""

    key = serializers.CharField(
        max_length=200,
        required=False,
        validators=[KEY, UniqueValidator(ConfigurationItem.objects.all())],
        help_text="Left out, it is made from the name.",
    )
    name = serializers.CharField(max_length=250)
    description = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    ci_type = a_ci_type()
    lifecycle = serializers.ChoiceField(choices=ConfigurationItem.Lifecycle.choices, required=False)
    criticality = serializers.IntegerField(min_value=1, max_value=4, required=False, help_text="1 is the highest.")
    owner = a_team()
    attributes = serializers.DictField(required=False, help_text="Checked against the schema of the CI type.")
    identifiers = IdentifierSerializer(many=True, required=False)
    value_streams = value_streams()
    release_managed = serializers.BooleanField(required=False)
    confirmed_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="When a person last said that it still exists."
    )
    needs_at_least = serializers.IntegerField(
        source="redundancy",
        min_value=1,
        max_value=32767,
        required=False,
        allow_null=True,
        help_text="How many of the items it depends on must work; null: all.",
    )


class ItemNoteSerializer(FastSerializer):
    """Why; it stands in the audit trail."""

    comment = serializers.CharField(required=False, allow_blank=True, max_length=4000)


class ConfigurationItemChangeSerializer(ConfigurationItemSerializer):
    """What can be changed of an item. `identifiers` replaces them all."""

    key = serializers.CharField(read_only=True)


class ConfigurationItemFilter(filters.FilterSet):
    ci_type = filters.CharFilter("ci_type__slug", label="slug of the type")
    owner = filters.CharFilter("owner__slug", label="slug of the owning team")
    has_owner = filters.BooleanFilter("owner", "isnull", exclude=True, label="whether a team owns it")
    value_stream = filters.CharFilter("value_streams__slug", label="slug of a value stream")
    source = filters.CharFilter("identifiers__source", label="known to this source", distinct=True)
    external_id = filters.CharFilter("identifiers__external_id", label="known by this name", distinct=True)
    criticality_max = filters.NumberFilter("criticality", "lte", label="at least this critical (1 is highest)")
    health = filters.ChoiceFilter(
        method="in_health_list",
        choices=[(one.slug, one.title) for one in HEALTH_LISTS],
        label="a list of what is wrong with the map",
    )
    updated_after = filters.IsoDateTimeFilter("updated_at", "gte", label="changed at or after")

    class Meta:
        model = ConfigurationItem
        fields = ["key", "name", "lifecycle", "criticality", "release_managed"]

    def in_health_list(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        listed = next(one for one in HEALTH_LISTS if one.slug == value)
        return rows.filter(pk__in=listed.items().values("pk"))


class HealthListSerializer(FastSerializer):
    """One thing that can be wrong with the map; `configuration-items/?health=…` lists the items."""

    health = serializers.CharField()
    title = serializers.CharField()
    why = serializers.CharField()
    mend = serializers.CharField(help_text="What to do about it.")
    items = serializers.IntegerField()


class HealthSerializer(FastSerializer):
    """Every list, the map's own state of health."""

    results = HealthListSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class HealthView(ApiView):
    """The health of the map."""

    scope = "configuration-items"

    @extend_schema(operation_id="cmdb_health_list", responses=HealthSerializer, summary="Health of the CMDB")
    def get(self, request: Request) -> JsonAnswer:
        """Every list of what is wrong with the map, with how many items it holds."""
        counts = health()
        results = [
            {
                "health": one.slug,
                "title": str(one.title),
                "why": str(one.why),
                "mend": str(one.mend),
                "items": counts[one.slug],
            }
            for one in HEALTH_LISTS
        ]
        return JsonAnswer({"results": results, "next": None, "previous": None}, tagged=False)


class ConfigurationItemViewSet(ThePast, RecordViewSet):
    scope = "configuration-items"
    queryset = ConfigurationItem.objects.select_related("ci_type", "owner").prefetch_related(
        "identifiers", "value_streams"
    )
    serializer_class = ConfigurationItemSerializer
    update_serializer_class = ConfigurationItemChangeSerializer
    filterset_class = ConfigurationItemFilter
    search_fields = ["key", "name"]
    ordering_fields = ["name", "key", "criticality", "created_at", "updated_at"]
    ordering = ["name"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> ConfigurationItem:
        return actions.create_ci(by=by, **data)

    def perform_update(self, obj: ConfigurationItem, data: dict[str, Any], by: Actor) -> ConfigurationItem:
        return actions.change_ci(ci=obj, by=by, **data)

    def perform_destroy(self, obj: ConfigurationItem, by: Actor) -> None:
        actions.remove_ci(ci=obj, by=by)

    @extend_schema(
        request=ItemNoteSerializer, responses=ConfigurationItemSerializer, summary="Confirm: configuration item"
    )
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, **kwargs: Any) -> JsonAnswer:
        """Somebody has looked: it still exists, whatever its sources say."""
        said = self.validated(ItemNoteSerializer)
        return self.after(actions.confirm_ci(ci=self.get_object(), by=self.by, note=said.get("comment", "")))

    @extend_schema(responses=ImpactSerializer, summary="Who is affected, or what it depends on")
    @action(detail=True, query_parameters=[DIRECTION, DEPTH, LIMIT, OLDER_THAN, EXPLAIN, AT])
    def impact(self, request: Request, **kwargs: Any) -> JsonAnswer:
        """Follows relationships in the direction in which impact flows; cycles are no obstacle."""
        asked = self.query
        found = impact(self.kwargs["key"], asked["direction"], asked["depth"], asked["limit"], not_to_come(asked["at"]))
        return JsonAnswer(impact_shown(found, asked["older_than_days"], explained=asked["explain"]))

    @extend_schema(responses={(200, "image/svg+xml"): OpenApiTypes.STR}, summary="The same as a picture (SVG)")
    @action(detail=True, url_path="impact-picture", query_parameters=[DIRECTION, DEPTH, SHOWN, AT])
    def impact_picture(self, request: Request, **kwargs: Any) -> HttpResponse:
        """One column for each step from the item; every box links to its page and says the shortest way in its title."""
        asked = self.query
        found = impact(self.kwargs["key"], asked["direction"], asked["depth"], asked["limit"], not_to_come(asked["at"]))
        answer = HttpResponse(drawing_of(found), content_type="image/svg+xml")
        answer["Content-Disposition"] = f'attachment; filename="{found.root}-{found.direction}.svg"'
        return answer

    @extend_schema(responses=ReachSerializer, summary="Whom a change concerns")
    @action(detail=True)
    def reach(self, request: Request, **kwargs: Any) -> JsonAnswer:
        """Services and value streams affected, the teams to ask, the consumers and partners to inform."""
        return JsonAnswer(reach_shown(reach(self.get_object())))


class InstalledVersionSerializer(FastSerializer):
    """Which version is live in which environment."""

    ci = serializers.CharField(source="ci.key", read_only=True)
    environment = serializers.CharField(source="environment.slug", read_only=True)
    version = serializers.CharField(source="version_name", read_only=True)
    digest = serializers.CharField(read_only=True)
    since = serializers.DateTimeField(read_only=True)
    release = serializers.CharField(source="release_key", read_only=True, help_text="Empty: no release brought it.")


class InstalledVersionFilter(filters.FilterSet):
    ci = filters.CharFilter("ci__key", label="key of the item")
    environment = filters.CharFilter("environment__slug", label="slug of the environment")
    is_production = filters.BooleanFilter("environment__is_production", label="in production")
    version = filters.CharFilter("version_name", label="exactly this version")

    class Meta:
        model = InstalledVersion
        fields = ["digest"]


class InstalledVersionViewSet(RecordViewSet):
    """What is live where, as deployments left it. Deployments are recorded under `deployments/`."""

    http_method_names = ["get", "head", "options"]
    queryset = InstalledVersion.objects.select_related("ci", "environment")
    lookup_field = "pk"
    serializer_class = InstalledVersionSerializer
    filterset_class = InstalledVersionFilter
    ordering_fields = ["since"]
    ordering = ["pk"]


class InstalledVersionOfItemViewSet(PartViewSet):
    """What is live of one item, environment by environment."""

    http_method_names = ["get", "head", "options"]
    queryset = InstalledVersion.objects.select_related("ci", "environment")
    parent_queryset = ConfigurationItem.objects.all()
    parent_field = "ci"
    parent_lookup = "key"
    lookup_field = "environment__slug"
    lookup_url_kwarg = "environment"
    serializer_class = InstalledVersionSerializer
    ordering_fields = ["environment__order", "since"]
    ordering = ["environment__order"]
