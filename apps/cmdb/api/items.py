"""`configuration-items/` with impact, reach and installed versions."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.validators import UniqueValidator

from apps.cmdb import actions
from apps.cmdb.api.fields import StampedSerializer, a_ci_type, a_team, value_streams
from apps.cmdb.models import ConfigurationItem, InstalledVersion
from apps.cmdb.models.items import KEY
from apps.cmdb.queries import HEALTH_LISTS, Impact, impact, reach
from apps.cmdb.queries.impact import AFFECTED, DEEPEST, DIRECTIONS, LARGEST, USUAL_DAYS, USUAL_DEPTH, USUAL_LIMIT
from apps.core.actor import Actor
from apps.core.api.base import JsonAnswer
from apps.core.api.fields import FastSerializer
from apps.core.api.parameters import QueryParameter
from apps.core.api.viewsets import PartViewSet, RecordViewSet

DIRECTION = QueryParameter(
    "direction", default=AFFECTED, choices=DIRECTIONS, description="Who is affected by it, or what it depends on."
)
DEPTH = QueryParameter(
    "depth", int, default=USUAL_DEPTH, minimum=0, maximum=DEEPEST, description="How many steps to follow."
)
LIMIT = QueryParameter(
    "limit", int, default=USUAL_LIMIT, minimum=1, maximum=LARGEST, description="How many items at most, nearest first."
)
OLDER_THAN = QueryParameter(
    "older_than_days",
    int,
    default=USUAL_DAYS,
    minimum=0,
    maximum=36500,
    description="After how many days without confirmation a relationship counts as stale.",
)


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
    needs_at_least = serializers.IntegerField(
        source="redundancy",
        min_value=1,
        max_value=32767,
        required=False,
        allow_null=True,
        help_text="How many of the items it depends on must work; null: all.",
    )


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


class ImpactNodeSerializer(FastSerializer):
    """An item in the answer."""

    key = serializers.CharField()
    name = serializers.CharField()
    ci_type = serializers.CharField()
    criticality = serializers.IntegerField()
    distance = serializers.IntegerField(help_text="Steps from the root, on the shortest way.")
    via = serializers.CharField(help_text="The item before it on that way.")


class ImpactEdgeSerializer(FastSerializer):
    """A relationship between two items of the answer."""

    source = serializers.CharField()
    target = serializers.CharField()
    type = serializers.CharField()


class ConfidenceSerializer(FastSerializer):
    """How far the answer can be relied on."""

    edges = serializers.IntegerField()
    stale_edges = serializers.IntegerField(help_text="Not confirmed for `older_than_days`.")
    stale_share = serializers.FloatField(allow_null=True)
    older_than_days = serializers.IntegerField()
    unresolved_references = serializers.IntegerField(help_text="They name what no source has brought yet.")


class ImpactSerializer(FastSerializer):
    """Who is affected by a change of the item, or what it depends on."""

    root = serializers.CharField()
    direction = serializers.ChoiceField(choices=DIRECTIONS)
    nodes = ImpactNodeSerializer(many=True)
    edges = ImpactEdgeSerializer(many=True)
    truncated = serializers.BooleanField(help_text="Cut at `limit`; the furthest are left out.")
    withstood = ImpactNodeSerializer(many=True, help_text="Reached, but enough of what they need still works.")
    confidence = ConfidenceSerializer()


class TiedPartySerializer(FastSerializer):
    """A consumer or partner, and the service that ties it."""

    party = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    service = serializers.CharField()
    role = serializers.CharField()
    notice_hours = serializers.IntegerField()


class NamedSerializer(FastSerializer):
    """A record by its key and name."""

    key = serializers.CharField()
    name = serializers.CharField()


class ReachSerializer(FastSerializer):
    """Whom a change of the item concerns."""

    root = serializers.CharField()
    services = NamedSerializer(many=True)
    value_streams = NamedSerializer(many=True)
    owners = NamedSerializer(many=True, help_text="Teams to ask.")
    parties = TiedPartySerializer(many=True, help_text="Consumers and partners to inform.")
    longest_notice_hours = serializers.IntegerField()
    truncated = serializers.BooleanField()


class ConfigurationItemViewSet(RecordViewSet):
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

    @extend_schema(responses=ImpactSerializer, summary="Who is affected, or what it depends on")
    @action(detail=True, query_parameters=[DIRECTION, DEPTH, LIMIT, OLDER_THAN])
    def impact(self, request: Request, **kwargs: Any) -> JsonAnswer:
        """Follows relationships in the direction in which impact flows; cycles are no obstacle."""
        asked = self.query
        found = impact(self.kwargs["key"], asked["direction"], asked["depth"], asked["limit"])
        return JsonAnswer(_shown(found, asked["older_than_days"]))

    @extend_schema(responses=ReachSerializer, summary="Whom a change concerns")
    @action(detail=True)
    def reach(self, request: Request, **kwargs: Any) -> JsonAnswer:
        """Services and value streams affected, the teams to ask, the consumers and partners to inform."""
        ci = self.get_object()
        found = reach(ci)
        tied = [
            {
                "party": one.party.slug,
                "name": one.party.name,
                "kind": one.party.kind,
                "service": one.service.key,
                "role": one.role,
                "notice_hours": one.notice_hours,
            }
            for one in found.service_relationships
        ]
        return JsonAnswer(
            {
                "root": ci.key,
                "services": [{"key": one.key, "name": one.name} for one in found.services],
                "value_streams": [{"key": one.slug, "name": one.name} for one in found.value_streams],
                "owners": [{"key": one.slug, "name": one.name} for one in found.owners],
                "parties": tied,
                "longest_notice_hours": found.longest_notice_hours,
                "truncated": found.impact.truncated,
            }
        )


def _shown(found: Impact, days: int) -> dict[str, Any]:
    edges = [{"source": one.source, "target": one.target, "type": one.type} for one in found.edges]
    stale = len(found.stale_edges(days))
    return {
        "root": found.root,
        "direction": found.direction,
        "nodes": [_node(one) for one in found.nodes],
        "edges": edges,
        "truncated": found.truncated,
        "withstood": [_node(one) for one in found.withstood],
        "confidence": {
            "edges": len(edges),
            "stale_edges": stale,
            "stale_share": round(stale / len(edges), 4) if edges else None,
            "older_than_days": days,
            "unresolved_references": found.unresolved,
        },
    }


def _node(one: Any) -> dict[str, Any]:
    return {
        "key": one.key,
        "name": one.name,
        "ci_type": one.ci_type,
        "criticality": one.criticality,
        "distance": one.distance,
        "via": one.via,
    }


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
