"""`release-models/{slug}/effectiveness/`, `…/versions/{number}/dry-run/`, `model-reviews/`."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from apps.accounts.models import User
from apps.core.actor import Actor
from apps.core.api.base import ApiView, JsonAnswer
from apps.core.api.fields import FastSerializer
from apps.core.api.parameters import QueryParameter
from apps.core.api.viewsets import RecordViewSet
from apps.release_models.models import ModelVersion, ReleaseModel
from apps.reviews import actions, queries
from apps.reviews.forms import MODEL_REVIEW_STEPS
from apps.reviews.lifecycle import ReviewStatus
from apps.reviews.models import ModelReview

LONG = 20_000


class PlainShareSerializer(FastSerializer):
    """So many of so many, with its 95 % interval (Wilson)."""

    value = serializers.FloatField(allow_null=True)
    hits = serializers.IntegerField()
    total = serializers.IntegerField()
    interval = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    is_small = serializers.BooleanField(help_text="Fewer than five say little.")


class ShareSerializer(PlainShareSerializer):
    """A share of one version beside that of the version before."""

    against_version_before = serializers.ChoiceField(choices=["better", "worse", "alike", "unknown"])


class VersionFiguresSerializer(FastSerializer):
    """What the closed releases under one version say of it."""

    version = serializers.IntegerField()
    releases = serializers.IntegerField()
    lead_time_hours = serializers.FloatField(allow_null=True, help_text="The median, from draft to released.")
    successful = ShareSerializer()
    without_incident = ShareSerializer()
    on_schedule = ShareSerializer()
    without_waiver = ShareSerializer()
    by_the_rules = ShareSerializer(help_text="Nobody chose the model against its own rules.")
    content = ShareSerializer(help_text="Survey scores of four or five.")


class ProductFiguresSerializer(FastSerializer):
    """What the closed releases of one service or product say, under whichever version of the model."""

    product = serializers.CharField()
    name = serializers.CharField()
    releases = serializers.IntegerField()
    lead_time_hours = serializers.FloatField(allow_null=True, help_text="The median, from draft to released.")
    successful = PlainShareSerializer()
    without_incident = PlainShareSerializer()
    on_schedule = PlainShareSerializer()
    without_waiver = PlainShareSerializer()
    by_the_rules = PlainShareSerializer()
    content = PlainShareSerializer()


class ModelGateSerializer(FastSerializer):
    """What one check of the model has stopped so far."""

    slug = serializers.CharField()
    title = serializers.CharField()
    required = serializers.BooleanField()
    releases = serializers.IntegerField()
    failed = serializers.IntegerField()
    waived = serializers.IntegerField()
    failed_before_trouble = serializers.IntegerField()
    may_go = serializers.BooleanField(help_text="It has never stopped anything, in ten releases at least.")


class EffectivenessSerializer(FastSerializer):
    """How well a model does its work, and how much it asks for."""

    model = serializers.CharField(source="model.slug")
    versions = VersionFiguresSerializer(many=True)
    products = ProductFiguresSerializer(many=True)
    gates = ModelGateSerializer(many=True)
    tasks = serializers.IntegerField()
    checks = serializers.IntegerField()
    approvals = serializers.IntegerField()
    asks = serializers.IntegerField(help_text="What a release does or proves at least before it is out.")
    asked_before = serializers.IntegerField(allow_null=True, help_text="The same of the version before.")


class EffectivenessView(ApiView):
    """Each version that served against the one before it."""

    scope = "release_models"

    @extend_schema(
        operation_id="release_models_effectiveness_retrieve",
        summary="How well a model does its work",
        responses=EffectivenessSerializer,
    )
    def get(self, request: Request, model: str) -> HttpResponse:
        found = queries.effectiveness_of(get_object_or_404(ReleaseModel, slug=model))
        told = {
            "model": found.model.slug,
            "versions": [one.as_dict() for one in found.versions],
            "products": [one.as_dict() for one in found.products],
            "gates": ModelGateSerializer(found.gates, many=True).data,
            "tasks": found.tasks,
            "checks": found.checks,
            "approvals": found.approvals,
            "asks": found.asks,
            "asked_before": found.asked_before,
        }
        return JsonAnswer(told, tagged=False)


class DryRunStopSerializer(FastSerializer):
    """One thing that would have stood in the way."""

    place = serializers.ChoiceField(choices=list(queries.PLACES))
    words = serializers.CharField()


class DryRunPlaceSerializer(FastSerializer):
    """How many releases would have been stopped in one part of the model."""

    place = serializers.ChoiceField(choices=list(queries.PLACES))
    blocked = serializers.IntegerField()


class DryRunReleaseSerializer(FastSerializer):
    """A release that the version would have stopped."""

    release = serializers.CharField()
    title = serializers.CharField()
    closed_at = serializers.DateTimeField()
    outcome = serializers.CharField()
    stops = DryRunStopSerializer(many=True)


class DryRunSerializer(FastSerializer):
    """A version against releases that are over: which would it have stopped, and where."""

    version = serializers.CharField()
    among = serializers.ChoiceField(choices=queries.AMONG)
    tried = serializers.IntegerField()
    blocked = serializers.IntegerField()
    places = DryRunPlaceSerializer(many=True)
    releases = DryRunReleaseSerializer(many=True, help_text="Those that it would have stopped, the latest first.")
    unknown = serializers.ListField(child=serializers.CharField(), help_text="What the past cannot tell.")


class DryRunView(ApiView):
    """Try a version, a draft above all, against releases that are over. Nothing is written."""

    scope = "release_models"
    query_parameters = (
        QueryParameter("last", int, default=50, minimum=1, maximum=200, description="How many at most."),
        QueryParameter(
            "among", default=queries.MODEL, choices=queries.AMONG, description="Of the model, or of a matching scope."
        ),
    )

    @extend_schema(
        operation_id="release_models_versions_dry_run_retrieve",
        summary="Which past releases a version would have stopped, and where",
        responses=DryRunSerializer,
    )
    def get(self, request: Request, model: str, number: int) -> HttpResponse:
        versions = ModelVersion.objects.select_related("model")
        version = get_object_or_404(versions, model__slug=model, number=number)
        found = queries.dry_run_of(version, last=self.query["last"], among=self.query["among"])
        return JsonAnswer(found.as_dict(), tagged=False)


class ModelReviewSerializer(FastSerializer):
    """One look at how well a release model does its work."""

    key = serializers.CharField(read_only=True)
    model = serializers.CharField(source="release_model.slug", read_only=True)
    model_version = serializers.IntegerField(source="model_version.number", read_only=True)
    status = serializers.ChoiceField(choices=ReviewStatus.choices, read_only=True)
    due_on = serializers.DateField(required=False)
    reviewer = serializers.SlugRelatedField(
        "username", queryset=User.objects.filter(is_active=True), required=False, allow_null=True
    )
    figures = serializers.DictField(read_only=True, help_text="As they were when it fell due or was submitted.")
    verdict = serializers.ChoiceField(choices=ModelReview.Verdict.choices, required=False, allow_blank=True)
    conclusions = serializers.CharField(required=False, allow_blank=True, max_length=LONG)
    submitted_by = serializers.CharField(source="submitted_by.username", read_only=True, allow_null=True)
    submitted_at = serializers.DateTimeField(read_only=True)
    accepted_by = serializers.CharField(source="accepted_by.username", read_only=True, allow_null=True)
    accepted_at = serializers.DateTimeField(read_only=True)
    record_version = serializers.IntegerField(source="version", read_only=True)


class ModelReviewFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=ReviewStatus.choices)
    model = filters.CharFilter("release_model__slug", label="slug of the release model")
    due_before = filters.DateFilter("due_on", "lt", label="due before this day")


class ModelReviewViewSet(RecordViewSet):
    scope = "reviews"
    queryset = ModelReview.objects.select_related(
        "release_model", "model_version", "reviewer", "submitted_by", "accepted_by"
    ).defer("model_version__content")
    serializer_class = ModelReviewSerializer
    filterset_class = ModelReviewFilter
    search_fields = ["key", "release_model__name"]
    ordering_fields = ["due_on", "key"]
    ordering = ["due_on"]
    steps = MODEL_REVIEW_STEPS

    def perform_update(self, obj: ModelReview, data: dict[str, Any], by: Actor) -> ModelReview:
        return actions.change_model_review(review=obj, by=by, **data)
