"""`value-streams/`, `parties/`, `service-relationships/`."""

from __future__ import annotations

from typing import Any

from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.validators import UniqueValidator

from apps.cmdb import actions
from apps.cmdb.api.fields import UUID, StampedSerializer, a_team, an_item
from apps.cmdb.models import Party, ServiceRelationship, ValueStream
from apps.core.actor import Actor
from apps.core.api.viewsets import RecordViewSet


class ValueStreamSerializer(StampedSerializer):
    """A series of steps by which the organisation creates value for its consumers."""

    slug = serializers.SlugField(max_length=80, validators=[UniqueValidator(ValueStream.objects.all())])
    name = serializers.CharField(max_length=200)
    description = serializers.CharField(required=False, allow_blank=True, max_length=10_000)
    owner = a_team()


class ValueStreamFilter(filters.FilterSet):
    owner = filters.CharFilter("owner__slug", label="slug of the owning team")

    class Meta:
        model = ValueStream
        fields = ["slug", "name"]


class ValueStreamViewSet(RecordViewSet):
    scope = "value-streams"
    queryset = ValueStream.objects.select_related("owner")
    lookup_field = "slug"
    serializer_class = ValueStreamSerializer
    filterset_class = ValueStreamFilter
    search_fields = ["slug", "name", "description"]
    ordering_fields = ["slug", "name"]
    ordering = ["name"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> ValueStream:
        return actions.create_value_stream(by=by, **data)

    def perform_update(self, obj: ValueStream, data: dict[str, Any], by: Actor) -> ValueStream:
        return actions.change_value_stream(value_stream=obj, by=by, **data)

    def perform_destroy(self, obj: ValueStream, by: Actor) -> None:
        actions.remove_value_stream(value_stream=obj, by=by)


class PartySerializer(StampedSerializer):
    """Somebody outside who consumes a service or is a partner in providing it."""

    slug = serializers.SlugField(max_length=80, validators=[UniqueValidator(Party.objects.all())])
    name = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(choices=Party.Kind.choices, required=False)
    email = serializers.EmailField(required=False, allow_blank=True, max_length=254)
    contact = serializers.CharField(required=False, allow_blank=True, max_length=200)


class PartyViewSet(RecordViewSet):
    scope = "parties"
    queryset = Party.objects.all()
    lookup_field = "slug"
    serializer_class = PartySerializer
    filterset_fields = ["slug", "name", "kind"]
    search_fields = ["slug", "name", "contact"]
    ordering_fields = ["slug", "name"]
    ordering = ["name"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> Party:
        return actions.create_party(by=by, **data)

    def perform_update(self, obj: Party, data: dict[str, Any], by: Actor) -> Party:
        return actions.change_party(party=obj, by=by, **data)

    def perform_destroy(self, obj: Party, by: Actor) -> None:
        actions.remove_party(party=obj, by=by)


class ServiceRelationshipSerializer(StampedSerializer):
    """A party is tied to a service."""

    id = serializers.UUIDField(source="uid", read_only=True)
    party = serializers.SlugRelatedField("slug", queryset=Party.objects.all())
    service = an_item()
    role = serializers.CharField(max_length=60, required=False)
    notice_hours = serializers.IntegerField(
        min_value=0, max_value=87_600, required=False, help_text="How long before a release the party must be told."
    )


class ServiceRelationshipFilter(filters.FilterSet):
    party = filters.CharFilter("party__slug", label="slug of the party")
    service = filters.CharFilter("service__key", label="key of the service")
    kind = filters.ChoiceFilter(field_name="party__kind", choices=Party.Kind.choices, label="consumer or partner")

    class Meta:
        model = ServiceRelationship
        fields = ["role"]


class ServiceRelationshipViewSet(RecordViewSet):
    scope = "service-relationships"
    queryset = ServiceRelationship.objects.select_related("party", "service")
    lookup_field = "uid"
    lookup_url_kwarg = "id"
    lookup_value_regex = UUID
    serializer_class = ServiceRelationshipSerializer
    filterset_class = ServiceRelationshipFilter
    ordering_fields = ["notice_hours", "created_at"]
    ordering = ["pk"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> ServiceRelationship:
        return actions.create_service_relationship(by=by, **data)

    def perform_update(self, obj: ServiceRelationship, data: dict[str, Any], by: Actor) -> ServiceRelationship:
        return actions.change_service_relationship(service_relationship=obj, by=by, **data)

    def perform_destroy(self, obj: ServiceRelationship, by: Actor) -> None:
        actions.remove_service_relationship(service_relationship=obj, by=by)
