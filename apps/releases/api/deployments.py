"""`deployments/`, and the deployments of one release."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from apps.core.actor import Actor
from apps.core.api.viewsets import RecordViewSet
from apps.core.errors import Invalid
from apps.releases import actions
from apps.releases.api.plan import ReleasePartViewSet
from apps.releases.api.serializers import DeploymentSerializer, LinkSerializer
from apps.releases.models import Deployment

ROWS = Deployment.objects.select_related("ci", "environment").prefetch_related("releases")


class DeploymentFilter(filters.FilterSet):
    ci = filters.CharFilter("ci__key", label="key of the configuration item")
    environment = filters.CharFilter("environment__slug", label="slug of the environment")
    version = filters.CharFilter("deployed_version", label="version that was deployed")
    release = filters.CharFilter("releases__key", label="key of a release", distinct=True)
    since = filters.IsoDateTimeFilter("at", "gte", label="began at or after")
    until = filters.IsoDateTimeFilter("at", "lt", label="began before")

    class Meta:
        model = Deployment
        fields = ["status", "source", "external_id", "digest"]


class DeploymentViewSet(RecordViewSet):
    scope = "deployments"
    queryset = ROWS
    serializer_class = DeploymentSerializer
    filterset_class = DeploymentFilter
    search_fields = ["key", "ci__key", "deployed_version", "external_id"]
    ordering_fields = ["key", "at", "created_at"]
    ordering = ["-at"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> Deployment:
        version = data.pop("deployed_version", "")
        return actions.record_deployment(version=version, by=by, **data)


class ReleaseDeploymentViewSet(ReleasePartViewSet):
    queryset = ROWS
    serializer_class = DeploymentSerializer
    create_serializer_class = LinkSerializer
    ordering_fields = ["at"]
    ordering = ["at"]

    def get_queryset(self) -> QuerySet:
        if getattr(self, "swagger_fake_view", False):
            return ROWS
        return ROWS.filter(releases=self.parent)

    def perform_create(self, data: dict[str, Any], by: Actor) -> Deployment:
        found = Deployment.objects.filter(key=data["deployment"]).first()
        if found is None:
            raise Invalid.field("deployment", "unknown", f"There is no deployment “{data['deployment']}”.")
        return actions.link_deployment(deployment=found, release=self.parent, by=by, note=data.get("comment", ""))
