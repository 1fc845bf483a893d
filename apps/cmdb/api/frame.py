"""`ci-types/`, `relationship-types/`, `relationships/`, `environments/`."""

from __future__ import annotations

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.validators import UniqueValidator

from apps.cmdb import actions
from apps.cmdb.api.fields import UUID, StampedSerializer, a_relationship_type
from apps.cmdb.models import CIType, ConfigurationItem, Environment, Relationship, RelationshipType
from apps.core.actor import Actor
from apps.core.api.base import JsonAnswer
from apps.core.api.fields import FastSerializer
from apps.core.api.viewsets import RecordViewSet


class CITypeSerializer(StampedSerializer):
    """A kind of configuration item, with the JSON Schema of its attributes."""

    slug = serializers.SlugField(max_length=60, validators=[UniqueValidator(CIType.objects.all())])
    name = serializers.CharField(max_length=120)
    description = serializers.CharField(required=False, allow_blank=True, max_length=10_000)
    attribute_schema = serializers.DictField(required=False, help_text="Empty: any attributes.")


class CITypeViewSet(RecordViewSet):
    scope = "ci-types"
    queryset = CIType.objects.all()
    lookup_field = "slug"
    serializer_class = CITypeSerializer
    filterset_fields = ["slug", "name"]
    search_fields = ["slug", "name", "description"]
    ordering_fields = ["slug", "name"]
    ordering = ["name"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> CIType:
        return actions.create_ci_type(by=by, **data)

    def perform_update(self, obj: CIType, data: dict[str, Any], by: Actor) -> CIType:
        return actions.change_ci_type(ci_type=obj, by=by, **data)

    def perform_destroy(self, obj: CIType, by: Actor) -> None:
        actions.remove_ci_type(ci_type=obj, by=by)


class RelationshipTypeSerializer(StampedSerializer):
    """A way in which items hang together, and which way impact flows."""

    slug = serializers.SlugField(max_length=60, validators=[UniqueValidator(RelationshipType.objects.all())])
    name = serializers.CharField(max_length=120)
    reverse_name = serializers.CharField(max_length=120, help_text="Read from the target: “is needed by”.")
    impact_flows = serializers.ChoiceField(choices=RelationshipType.Flow.choices, required=False)


class RelationshipTypeViewSet(RecordViewSet):
    scope = "relationship-types"
    queryset = RelationshipType.objects.all()
    lookup_field = "slug"
    serializer_class = RelationshipTypeSerializer
    filterset_fields = ["slug", "impact_flows"]
    search_fields = ["slug", "name", "reverse_name"]
    ordering_fields = ["slug", "name"]
    ordering = ["name"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> RelationshipType:
        return actions.create_relationship_type(by=by, **data)

    def perform_update(self, obj: RelationshipType, data: dict[str, Any], by: Actor) -> RelationshipType:
        return actions.change_relationship_type(relationship_type=obj, by=by, **data)

    def perform_destroy(self, obj: RelationshipType, by: Actor) -> None:
        actions.remove_relationship_type(relationship_type=obj, by=by)


class RelationshipSerializer(StampedSerializer):
    """One item hangs on another."""

    id = serializers.UUIDField(source="uid", read_only=True)
    source = serializers.CharField(source="source.key", read_only=True)
    type = serializers.CharField(source="type.slug", read_only=True)
    target = serializers.CharField(source="target.key", read_only=True)
    origin = serializers.CharField(read_only=True, help_text="The import source that answers for it; empty: a person.")
    last_confirmed_at = serializers.DateTimeField(read_only=True, allow_null=True)
    missing_since = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="Its source names it no more; impact leaves it out."
    )


class RelationshipCreateSerializer(FastSerializer):
    """The two ends by their keys, looked up together."""

    source = serializers.CharField(max_length=200)
    type = a_relationship_type()
    target = serializers.CharField(max_length=200)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        ends = {name: data[name] for name in ("source", "target")}
        known = ConfigurationItem.objects.in_bulk([*ends.values()], field_name="key")
        unknown = {
            name: ErrorDetail(f"There is no configuration item “{key}”.", code="does_not_exist")
            for name, key in ends.items()
            if key not in known
        }
        if unknown:
            raise serializers.ValidationError(unknown)
        return {**data, **{name: known[key] for name, key in ends.items()}}


class RelationshipFilter(filters.FilterSet):
    source = filters.CharFilter("source__key", label="key of the item it begins at")
    target = filters.CharFilter("target__key", label="key of the item it ends at")
    type = filters.CharFilter("type__slug", label="slug of the type")
    is_missing = filters.BooleanFilter("missing_since", "isnull", exclude=True, label="its source names it no more")
    confirmed_before = filters.IsoDateTimeFilter("last_confirmed_at", "lt", label="not confirmed since")

    class Meta:
        model = Relationship
        fields = ["origin"]


class RelationshipViewSet(RecordViewSet):
    scope = "relationships"
    queryset = Relationship.objects.select_related("source", "target", "type")
    lookup_field = "uid"
    lookup_url_kwarg = "id"
    lookup_value_regex = UUID
    serializer_class = RelationshipSerializer
    create_serializer_class = RelationshipCreateSerializer
    filterset_class = RelationshipFilter
    ordering_fields = ["created_at", "last_confirmed_at"]
    ordering = ["pk"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> Relationship:
        return actions.create_relationship(by=by, **data)

    def perform_destroy(self, obj: Relationship, by: Actor) -> None:
        actions.remove_relationship(relationship=obj, by=by)

    @extend_schema(request=None, responses=RelationshipSerializer, summary="Confirm: relationship")
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, **kwargs: Any) -> JsonAnswer:
        """Somebody has looked: it is still so."""
        return self.after(actions.confirm_relationship(relationship=self.get_object(), by=self.by))


class EnvironmentSerializer(StampedSerializer):
    """A place versions are deployed to."""

    slug = serializers.SlugField(max_length=60, validators=[UniqueValidator(Environment.objects.all())])
    name = serializers.CharField(max_length=120)
    order = serializers.IntegerField(required=False, min_value=0, max_value=32767, help_text="Of promotion.")
    is_production = serializers.BooleanField(required=False)


class EnvironmentViewSet(RecordViewSet):
    scope = "environments"
    queryset = Environment.objects.all()
    lookup_field = "slug"
    serializer_class = EnvironmentSerializer
    filterset_fields = ["slug", "is_production"]
    search_fields = ["slug", "name"]
    ordering_fields = ["order", "slug", "name"]
    ordering = ["order"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> Environment:
        return actions.create_environment(by=by, **data)

    def perform_update(self, obj: Environment, data: dict[str, Any], by: Actor) -> Environment:
        return actions.change_environment(environment=obj, by=by, **data)

    def perform_destroy(self, obj: Environment, by: Actor) -> None:
        actions.remove_environment(environment=obj, by=by)
