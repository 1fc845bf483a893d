"""`release-models/`, its `versions/`, the difference between two of them, and to whom a version was told."""

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
from apps.core.actor import Actor
from apps.core.api.base import JsonAnswer
from apps.core.api.fields import FastSerializer
from apps.core.api.viewsets import PartViewSet, RecordViewSet, one_of
from apps.release_models import actions
from apps.release_models.forms import COMMUNICATION_STEPS, MODEL_VERSION_STEPS
from apps.release_models.lifecycle import CommunicationStatus, VersionStatus
from apps.release_models.models import Communication, ModelKind, ModelVersion, ReleaseModel
from apps.release_models.queries import diff


class ReleaseModelSerializer(FastSerializer):
    """A repeatable way to release; what it says stands in its versions."""

    slug = serializers.SlugField(max_length=80, validators=[UniqueValidator(ReleaseModel.objects.all())])
    name = serializers.CharField(max_length=200)
    purpose = serializers.CharField(required=False, allow_blank=True, max_length=10_000)
    kind = serializers.ChoiceField(choices=ModelKind.choices, required=False)
    owner = serializers.SlugRelatedField("slug", queryset=Team.objects.all(), required=False, allow_null=True)
    review_every_days = serializers.IntegerField(required=False, min_value=1, max_value=3660)
    next_review_on = serializers.DateField(required=False, allow_null=True)
    published_version = serializers.SerializerMethodField(help_text="Number of the version that serves new releases.")
    version = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    def get_published_version(self, model: ReleaseModel) -> int | None:
        return next((one.number for one in model.serving), None)


@extend_schema_serializer(component_name="ReleaseModelChange")
class ReleaseModelChangeSerializer(FastSerializer):
    """What can be changed of a model; its slug stays."""

    name = serializers.CharField(max_length=200, required=False)
    purpose = serializers.CharField(required=False, allow_blank=True, max_length=10_000)
    kind = serializers.ChoiceField(choices=ModelKind.choices, required=False)
    owner = serializers.SlugRelatedField("slug", queryset=Team.objects.all(), required=False, allow_null=True)
    review_every_days = serializers.IntegerField(required=False, min_value=1, max_value=3660)
    next_review_on = serializers.DateField(required=False, allow_null=True)


class ReleaseModelFilter(filters.FilterSet):
    owner = filters.CharFilter("owner__slug", label="slug of the owning team")
    review_due_by = filters.DateFilter("next_review_on", "lte", label="review due on or before")

    class Meta:
        model = ReleaseModel
        fields = ["slug", "kind"]


class ReleaseModelViewSet(RecordViewSet):
    scope = "release_models"
    queryset = ReleaseModel.objects.select_related("owner").prefetch_related(
        Prefetch(
            "versions",
            ModelVersion.objects.published().only("number", "model_id", "status"),
            to_attr="serving",
        )
    )
    lookup_field = "slug"
    serializer_class = ReleaseModelSerializer
    update_serializer_class = ReleaseModelChangeSerializer
    filterset_class = ReleaseModelFilter
    search_fields = ["slug", "name", "purpose"]
    ordering_fields = ["slug", "name", "next_review_on", "updated_at"]
    ordering = ["slug"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> ReleaseModel:
        return actions.create_model(by=by, **data)

    def perform_update(self, obj: ReleaseModel, data: dict[str, Any], by: Actor) -> ReleaseModel:
        return actions.change_model(model=obj, fields=data, by=by)

    def perform_destroy(self, obj: ReleaseModel, by: Actor) -> None:
        actions.remove_model(model=obj, by=by)


class ModelVersionSerializer(FastSerializer):
    """One version of a model. `content` follows docs/reference/model-content.schema.json, defaults written out."""

    key = serializers.CharField(read_only=True)
    model = serializers.CharField(source="model.slug", read_only=True)
    number = serializers.IntegerField(read_only=True)
    status = serializers.ChoiceField(choices=VersionStatus.choices, read_only=True)
    summary = serializers.CharField(required=False, allow_blank=True, max_length=10_000)
    content = serializers.JSONField(required=False)
    digest = serializers.CharField(read_only=True)
    author = serializers.SlugRelatedField("username", read_only=True)
    published_by = serializers.SlugRelatedField("username", read_only=True)
    published_at = serializers.DateTimeField(read_only=True)
    version = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class DifferenceSerializer(FastSerializer):
    """What one version changes against another, in words."""

    old = serializers.CharField()
    new = serializers.CharField()
    changes = serializers.ListField(child=serializers.CharField())


class ModelVersionFilter(filters.FilterSet):
    class Meta:
        model = ModelVersion
        fields = ["status"]


class ModelVersionViewSet(PartViewSet):
    scope = "release_models"
    queryset = ModelVersion.objects.select_related("model", "author", "published_by")
    parent_queryset = ReleaseModel.objects.all()
    parent_field = "model"
    parent_lookup = "slug"
    lookup_field = "number"
    serializer_class = ModelVersionSerializer
    filterset_class = ModelVersionFilter
    ordering_fields = ["number", "published_at"]
    ordering = ["-number"]
    steps = MODEL_VERSION_STEPS

    def perform_create(self, data: dict[str, Any], by: Actor) -> ModelVersion:
        return actions.draft_version(model=self.parent, by=by, **data)

    def perform_update(self, obj: ModelVersion, data: dict[str, Any], by: Actor) -> ModelVersion:
        return actions.change_draft(version=obj, by=by, **data)

    @extend_schema(responses=DifferenceSerializer, summary="What this version changes against another, in words")
    @action(detail=True, url_path=r"diff/(?P<other>[^/]+)")
    def diff(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """The differences from version `other` to this one."""
        new = self.get_object()
        old = one_of(self.get_queryset(), {"number": self.kwargs["other"]})
        return JsonAnswer({"old": old.key, "new": new.key, "changes": diff(old, new)})


class CommunicationSerializer(FastSerializer):
    """A published version told to a party, and what the party answered."""

    key = serializers.CharField(read_only=True)
    model_version = serializers.CharField(source="model_version.key", read_only=True)
    party = serializers.CharField(source="party.slug", read_only=True)
    status = serializers.ChoiceField(choices=CommunicationStatus.choices, read_only=True)
    asked_at = serializers.DateTimeField(read_only=True)
    due_at = serializers.DateTimeField(read_only=True)
    reminded_at = serializers.DateTimeField(read_only=True)
    answered_at = serializers.DateTimeField(read_only=True, allow_null=True)
    statement = serializers.CharField(read_only=True)
    is_aligned = serializers.BooleanField(read_only=True, help_text="Acknowledged, and by the due date.")
    version = serializers.IntegerField(read_only=True)


class CommunicationFilter(filters.FilterSet):
    party = filters.CharFilter("party__slug", label="slug of the party")

    class Meta:
        model = Communication
        fields = ["status"]


class CommunicationViewSet(PartViewSet):
    """Parties answer through their link; release managers and service owners record here what a party said."""

    scope = "release_models"
    queryset = Communication.objects.select_related("model_version__model", "party")
    parent_queryset = ModelVersion.objects.all()
    parent_field = "model_version"
    parent_lookup = {"model": "model__slug", "number": "number"}
    serializer_class = CommunicationSerializer
    filterset_class = CommunicationFilter
    ordering_fields = ["key", "due_at"]
    ordering = ["key"]
    steps = COMMUNICATION_STEPS
