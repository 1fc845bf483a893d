"""`approaches/`, their `versions/`, what each covers, and what one version changes against another."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from django.http import HttpResponse
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.validators import UniqueValidator

from apps.accounts.models import Team
from apps.approaches import actions, queries
from apps.approaches.forms import VERSION_STEPS
from apps.approaches.lifecycle import VersionStatus
from apps.approaches.models import Approach, ApproachVersion
from apps.cmdb.api.fields import ManyBySlug, value_streams
from apps.cmdb.models import ConfigurationItem
from apps.core.actor import Actor
from apps.core.api.base import JsonAnswer
from apps.core.api.fields import FastSerializer
from apps.core.api.viewsets import PartViewSet, RecordViewSet, one_of
from apps.release_models.models import ReleaseModel

LONG = 20_000


class ApproachSerializer(FastSerializer):
    """One approach to releasing; what it says and for what stands in its versions."""

    slug = serializers.SlugField(max_length=80, validators=[UniqueValidator(Approach.objects.all())])
    name = serializers.CharField(max_length=200)
    purpose = serializers.CharField(required=False, allow_blank=True, max_length=LONG)
    owner = serializers.SlugRelatedField("slug", queryset=Team.objects.all(), required=False, allow_null=True)
    review_every_days = serializers.IntegerField(required=False, min_value=1, max_value=3660)
    next_review_on = serializers.DateField(required=False, allow_null=True)
    published_version = serializers.SerializerMethodField(help_text="Number of the version in force.")
    version = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    def get_published_version(self, approach: Approach) -> int | None:
        return next((one.number for one in approach.in_force), None)


@extend_schema_serializer(component_name="ApproachChange")
class ApproachChangeSerializer(FastSerializer):
    """What can be changed of an approach; its slug stays."""

    name = serializers.CharField(max_length=200, required=False)
    purpose = serializers.CharField(required=False, allow_blank=True, max_length=LONG)
    owner = serializers.SlugRelatedField("slug", queryset=Team.objects.all(), required=False, allow_null=True)
    review_every_days = serializers.IntegerField(required=False, min_value=1, max_value=3660)
    next_review_on = serializers.DateField(required=False, allow_null=True)


class ApproachFilter(filters.FilterSet):
    owner = filters.CharFilter("owner__slug", label="slug of the owning team")
    review_due_by = filters.DateFilter("next_review_on", "lte", label="review due on or before")

    class Meta:
        model = Approach
        fields = ["slug"]


class ApproachViewSet(RecordViewSet):
    scope = "approaches"
    queryset = Approach.objects.select_related("owner").prefetch_related(
        Prefetch(
            "versions",
            ApproachVersion.objects.published().only("number", "approach_id", "status"),
            to_attr="in_force",
        )
    )
    lookup_field = "slug"
    serializer_class = ApproachSerializer
    update_serializer_class = ApproachChangeSerializer
    filterset_class = ApproachFilter
    search_fields = ["slug", "name", "purpose"]
    ordering_fields = ["slug", "name", "next_review_on", "updated_at"]
    ordering = ["slug"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> Approach:
        return actions.create_approach(by=by, **data)

    def perform_update(self, obj: Approach, data: dict[str, Any], by: Actor) -> Approach:
        return actions.change_approach(approach=obj, fields=data, by=by)

    def perform_destroy(self, obj: Approach, by: Actor) -> None:
        actions.remove_approach(approach=obj, by=by)


def several(name: str, queryset: Any, **options: Any) -> ManyBySlug:
    child = serializers.SlugRelatedField(name, queryset=queryset)
    return ManyBySlug(child_relation=child, required=False, **options)


class ApproachVersionSerializer(FastSerializer):
    """One version of an approach. What a new one leaves out it takes over from the version in force."""

    key = serializers.CharField(read_only=True)
    approach = serializers.CharField(source="approach.slug", read_only=True)
    number = serializers.IntegerField(read_only=True)
    status = serializers.ChoiceField(choices=VersionStatus.choices, read_only=True)
    summary = serializers.CharField(required=False, allow_blank=True, max_length=LONG)
    principles = serializers.CharField(required=False, allow_blank=True, max_length=LONG)
    responsibilities = serializers.CharField(required=False, allow_blank=True, max_length=LONG)
    choosing = serializers.CharField(
        required=False, allow_blank=True, max_length=LONG, help_text="How a model is chosen."
    )
    counted = serializers.CharField(
        required=False, allow_blank=True, max_length=LONG, help_text="What counts as a release."
    )
    exceptions = serializers.CharField(required=False, allow_blank=True, max_length=LONG)
    value_streams = value_streams(help_text="Slugs. With no stream and no item: all that is to be release managed.")
    items = several("key", ConfigurationItem.objects.all(), help_text="Keys of products and services.")
    release_models = several("slug", ReleaseModel.objects.all(), help_text="Slugs of the models that apply.")
    author = serializers.SlugRelatedField("username", read_only=True)
    published_by = serializers.SlugRelatedField("username", read_only=True)
    published_at = serializers.DateTimeField(read_only=True)
    version = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class CoveredSerializer(FastSerializer):
    """A service that an approach covers."""

    key = serializers.CharField()
    name = serializers.CharField()
    criticality = serializers.IntegerField()
    owner = serializers.CharField(allow_null=True)


class ApproachScopeSerializer(FastSerializer):
    """What a version comes to in services, as the CMDB is now; the most critical first."""

    version = serializers.CharField()
    everything = serializers.BooleanField(help_text="It names no scope: all that is to be release managed.")
    services = CoveredSerializer(many=True)


class ApproachDifferenceSerializer(FastSerializer):
    """What one version changes against another, in words."""

    old = serializers.CharField()
    new = serializers.CharField()
    changes = serializers.ListField(child=serializers.CharField())


class ApproachVersionFilter(filters.FilterSet):
    class Meta:
        model = ApproachVersion
        fields = ["status"]


class ApproachVersionViewSet(PartViewSet):
    scope = "approaches"
    queryset = ApproachVersion.objects.select_related("approach", "author", "published_by").prefetch_related(
        "value_streams", "release_models", Prefetch("items", ConfigurationItem.objects.only("key", "name"))
    )
    parent_queryset = Approach.objects.all()
    parent_field = "approach"
    parent_lookup = "slug"
    lookup_field = "number"
    serializer_class = ApproachVersionSerializer
    filterset_class = ApproachVersionFilter
    ordering_fields = ["number", "published_at"]
    ordering = ["-number"]
    steps = VERSION_STEPS

    def perform_create(self, data: dict[str, Any], by: Actor) -> ApproachVersion:
        return actions.draft_version(approach=self.parent, by=by, **data)

    def perform_update(self, obj: ApproachVersion, data: dict[str, Any], by: Actor) -> ApproachVersion:
        return actions.change_draft(version=obj, by=by, **data)

    @extend_schema(responses=ApproachScopeSerializer, summary="Which services this version covers")
    @action(detail=True, url_path="scope", url_name="covered")
    def covered(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Its scope, followed through the CMDB."""
        version = self.get_object()
        rows = queries.services_of(version).order_by("criticality", "key")
        columns = ("key", "name", "criticality", "owner__slug")
        services = [dict(zip(CoveredSerializer().fields, row, strict=True)) for row in rows.values_list(*columns)]
        return JsonAnswer(
            {"version": version.key, "everything": not queries.is_narrowed(version), "services": services},
            tagged=False,
        )

    @extend_schema(responses=ApproachDifferenceSerializer, summary="What this version changes against another")
    @action(detail=True, url_path=r"diff/(?P<other>[^/]+)")
    def diff(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """The differences from version `other` to this one."""
        new = self.get_object()
        old = one_of(self.get_queryset(), {"number": self.kwargs["other"]})
        return JsonAnswer({"old": old.key, "new": new.key, "changes": queries.diff(old, new)})
