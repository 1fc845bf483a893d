"""`incidents/` and `incidents/{incident}/links/`."""

from __future__ import annotations

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.cmdb.models import ConfigurationItem, Environment
from apps.core.actor import Actor
from apps.core.api.fields import FastSerializer
from apps.core.api.viewsets import PartViewSet, RecordViewSet
from apps.incidents import actions
from apps.incidents.forms import INCIDENT_STEPS, LINK_STEPS
from apps.incidents.lifecycle import IncidentStatus, LinkStatus
from apps.incidents.models import CausalLink, Incident, Severity
from apps.incidents.permissions import JUDGES, REPORTERS
from apps.releases.models import Release


class IncidentSerializer(FastSerializer):
    """Something that is not as it should be. Sent again with the same source and external id, it is brought up to date."""

    key = serializers.CharField(read_only=True)
    title = serializers.CharField(max_length=300)
    description = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    severity = serializers.ChoiceField(choices=Severity.choices, required=False)
    status = serializers.ChoiceField(choices=IncidentStatus.choices, read_only=True)
    services = serializers.SlugRelatedField("key", queryset=ConfigurationItem.objects.all(), many=True, required=False)
    environment = serializers.SlugRelatedField(
        "slug", queryset=Environment.objects.all(), required=False, allow_null=True
    )
    opened_at = serializers.DateTimeField(required=False)
    resolved_at = serializers.DateTimeField(read_only=True, allow_null=True)
    source = serializers.CharField(required=False, allow_blank=True, max_length=80)
    external_id = serializers.CharField(required=False, allow_blank=True, max_length=200)
    url = serializers.URLField(required=False, allow_blank=True, max_length=500)
    version = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


@extend_schema_serializer(component_name="IncidentChange")
class IncidentChangeSerializer(IncidentSerializer):
    """What can be changed of an incident."""

    source = serializers.CharField(read_only=True)
    external_id = serializers.CharField(read_only=True)


class IncidentFilter(filters.FilterSet):
    service = filters.CharFilter("services__key", label="key of an affected configuration item")
    release = filters.CharFilter("links__release__key", label="key of a release it is linked to")
    environment = filters.CharFilter("environment__slug", label="slug of the environment")
    opened_after = filters.IsoDateTimeFilter("opened_at", "gte", label="opened at or after")
    opened_before = filters.IsoDateTimeFilter("opened_at", "lt", label="opened before")

    class Meta:
        model = Incident
        fields = ["status", "severity", "source", "external_id"]


class IncidentViewSet(RecordViewSet):
    scope = "incidents"
    write_roles = REPORTERS
    queryset = Incident.objects.select_related("environment").prefetch_related("services")
    serializer_class = IncidentSerializer
    update_serializer_class = IncidentChangeSerializer
    filterset_class = IncidentFilter
    search_fields = ["key", "title"]
    ordering_fields = ["key", "opened_at", "severity"]
    ordering = ["-opened_at"]
    steps = INCIDENT_STEPS

    def perform_create(self, data: dict[str, Any], by: Actor) -> Incident:
        return actions.report_incident(by=by, **data)

    def perform_update(self, obj: Incident, data: dict[str, Any], by: Actor) -> Incident:
        return actions.change_incident(incident=obj, by=by, **data)


class CausalLinkSerializer(FastSerializer):
    """A release that may have caused the incident."""

    release = serializers.CharField(source="release.key", read_only=True)
    status = serializers.ChoiceField(choices=LinkStatus.choices, read_only=True)
    reasons = serializers.ListField(child=serializers.CharField(), read_only=True)
    found = serializers.CharField(read_only=True)
    version = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class SuspicionSerializer(FastSerializer):
    """A person suspects a release."""

    release = serializers.SlugRelatedField("key", queryset=Release.objects.all())
    reason = serializers.CharField(max_length=2000)


class CausalLinkViewSet(PartViewSet):
    scope = "incidents"
    write_roles = JUDGES
    queryset = CausalLink.objects.select_related("incident", "release")
    parent_queryset = Incident.objects.all()
    parent_field = "incident"
    lookup_field = "release__key"
    lookup_url_kwarg = "release"
    serializer_class = CausalLinkSerializer
    create_serializer_class = SuspicionSerializer
    filterset_fields = ["status"]
    ordering_fields = ["created_at"]
    ordering = ["pk"]
    steps = LINK_STEPS

    def perform_create(self, data: dict[str, Any], by: Actor) -> CausalLink:
        return actions.suspect(incident=self.parent, release=data["release"], note=data["reason"], by=by)
