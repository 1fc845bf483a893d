"""`reviews/`, `improvement-actions/`, `surveys/`, `releases/{key}/review/`, `releases/{key}/benefits/`."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from apps.accounts.models import User
from apps.core.actor import Actor
from apps.core.api.base import JsonAnswer
from apps.core.api.fields import FastSerializer
from apps.core.api.viewsets import PartViewSet, RecordViewSet
from apps.core.clock import now
from apps.release_models.models import ModelVersion, ReleaseModel
from apps.release_models.queries import version_named
from apps.releases.lifecycle.words import Outcome
from apps.releases.models import Release
from apps.reviews import actions, queries
from apps.reviews.forms import ACTION_STEPS, REVIEW_STEPS
from apps.reviews.lifecycle import ActionStatus, ReviewStatus
from apps.reviews.models import ApproachReview, Benefit, ImprovementAction, ModelReview, ReleaseReview, Survey

LONG = 20_000


class VersionKeyField(serializers.CharField):
    """A model version by its key, such as normal/3."""

    def to_internal_value(self, data: Any) -> ModelVersion:
        version = version_named(super().to_internal_value(data))
        if version is None:
            raise serializers.ValidationError(f"There is no release model version “{data}”.", code="unknown")
        return version

    def to_representation(self, value: ModelVersion) -> str:
        return value.key


class ReviewSerializer(FastSerializer):
    """How one release went."""

    key = serializers.CharField(source="release.key", read_only=True, help_text="the key of the release")
    release = serializers.CharField(source="release.key", read_only=True)
    title = serializers.CharField(source="release.title", read_only=True)
    status = serializers.ChoiceField(choices=ReviewStatus.choices, read_only=True)
    due_on = serializers.DateField(required=False)
    reviewer = serializers.SlugRelatedField(
        "username", queryset=User.objects.filter(is_active=True), required=False, allow_null=True
    )
    outcome = serializers.ChoiceField(choices=Outcome.choices, required=False, allow_blank=True)
    what_went_well = serializers.CharField(required=False, allow_blank=True, max_length=LONG)
    what_went_wrong = serializers.CharField(required=False, allow_blank=True, max_length=LONG)
    lessons = serializers.CharField(required=False, allow_blank=True, max_length=LONG)
    submitted_by = serializers.CharField(source="submitted_by.username", read_only=True, allow_null=True)
    submitted_at = serializers.DateTimeField(read_only=True)
    accepted_by = serializers.CharField(source="accepted_by.username", read_only=True, allow_null=True)
    accepted_at = serializers.DateTimeField(read_only=True)
    record_version = serializers.IntegerField(source="version", read_only=True)


class ReviewFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=ReviewStatus.choices)
    release = filters.CharFilter("release__key", label="key of the release")
    reviewer = filters.CharFilter("reviewer__username", label="username")
    due_before = filters.DateFilter("due_on", "lt", label="due before this day")


class ReviewViewSet(RecordViewSet):
    scope = "reviews"
    queryset = ReleaseReview.objects.select_related("release", "reviewer", "submitted_by", "accepted_by")
    lookup_field = "release__key"
    lookup_url_kwarg = "key"
    serializer_class = ReviewSerializer
    filterset_class = ReviewFilter
    search_fields = ["release__key", "release__title", "lessons"]
    ordering_fields = ["due_on", "status"]
    ordering = ["due_on"]
    steps = REVIEW_STEPS

    def perform_update(self, obj: ReleaseReview, data: dict[str, Any], by: Actor) -> ReleaseReview:
        return actions.change_review(review=obj, by=by, **data)


class ReviewOfReleaseViewSet(ReviewViewSet):
    """The same review, found at its release."""

    lookup_url_kwarg = "release"


class ImprovementActionSerializer(FastSerializer):
    """One thing to be done better."""

    key = serializers.CharField(read_only=True)
    title = serializers.CharField(max_length=200)
    detail = serializers.CharField(required=False, allow_blank=True, max_length=LONG)
    kind = serializers.ChoiceField(choices=ImprovementAction.Kind.choices, required=False)
    status = serializers.ChoiceField(choices=ActionStatus.choices, read_only=True)
    review = serializers.SlugRelatedField(
        "release__key",
        queryset=ReleaseReview.objects.select_related("release"),
        required=False,
        allow_null=True,
        help_text="the review it comes from, by the key of its release",
    )
    model_review = serializers.SlugRelatedField(
        "key",
        queryset=ModelReview.objects.select_related("release_model"),
        required=False,
        allow_null=True,
        help_text="the review of a release model that it comes from",
    )
    approach_review = serializers.SlugRelatedField(
        "key",
        queryset=ApproachReview.objects.select_related("approach"),
        required=False,
        allow_null=True,
        help_text="the review of a release approach that it comes from",
    )
    owner = serializers.SlugRelatedField(
        "username", queryset=User.objects.filter(is_active=True), required=False, allow_null=True
    )
    due_on = serializers.DateField(required=False, allow_null=True)
    release_model = serializers.SlugRelatedField(
        "slug", queryset=ReleaseModel.objects.all(), required=False, allow_null=True
    )
    answered_by = VersionKeyField(
        required=False, allow_null=True, help_text="the model version that carries it: normal/3"
    )
    drop_reason = serializers.CharField(read_only=True)
    ended_at = serializers.DateTimeField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    record_version = serializers.IntegerField(source="version", read_only=True)

    def to_representation(self, instance: ImprovementAction) -> dict[str, Any]:
        shown = super().to_representation(instance)
        if "review" in shown:
            shown["review"] = instance.review.release.key if instance.review_id else None
        return shown


class ImprovementActionChangeSerializer(ImprovementActionSerializer):
    review = serializers.CharField(source="review.release.key", read_only=True)


class ImprovementActionFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=ActionStatus.choices)
    kind = filters.ChoiceFilter(choices=ImprovementAction.Kind.choices)
    owner = filters.CharFilter("owner__username", label="username")
    review = filters.CharFilter("review__release__key", label="key of the reviewed release")
    release_model = filters.CharFilter("release_model__slug", label="slug of the release model")
    due_before = filters.DateFilter("due_on", "lt", label="due before this day")


class ImprovementActionViewSet(RecordViewSet):
    scope = "reviews"
    queryset = ImprovementAction.objects.select_related(
        "review__release", "owner", "release_model", "answered_by__model"
    )
    serializer_class = ImprovementActionSerializer
    update_serializer_class = ImprovementActionChangeSerializer
    filterset_class = ImprovementActionFilter
    search_fields = ["key", "title"]
    ordering_fields = ["key", "due_on", "status"]
    ordering = ["key"]
    steps = ACTION_STEPS

    def perform_create(self, data: dict[str, Any], by: Actor) -> ImprovementAction:
        return actions.open_improvement_action(by=by, **data)

    def perform_update(self, obj: ImprovementAction, data: dict[str, Any], by: Actor) -> ImprovementAction:
        return actions.change_improvement_action(action=obj, by=by, **data)


class SurveySerializer(FastSerializer):
    """One round of asking people about a release."""

    key = serializers.CharField(read_only=True)
    release = serializers.SlugRelatedField("key", queryset=Release.objects.select_related("subject__owner"))
    purpose = serializers.ChoiceField(choices=Survey.Purpose.choices, required=False)
    opens_at = serializers.DateTimeField(read_only=True)
    closes_at = serializers.DateTimeField(required=False)
    is_open = serializers.SerializerMethodField()
    record_version = serializers.IntegerField(source="version", read_only=True)

    def get_is_open(self, survey: Survey) -> bool:
        return survey.is_open(now())


class SurveyResultsSerializer(FastSerializer):
    """What a survey brought; scores and comments from five answers on, so that nobody can be recognised."""

    invited = serializers.IntegerField()
    not_invited = serializers.IntegerField()
    answered = serializers.IntegerField()
    is_shown = serializers.BooleanField()
    mean = serializers.FloatField(allow_null=True)
    distribution = serializers.DictField(child=serializers.IntegerField(), allow_null=True)
    disturbed = serializers.IntegerField(allow_null=True)
    comments = serializers.ListField(child=serializers.CharField())


class SurveyFilter(filters.FilterSet):
    release = filters.CharFilter("release__key", label="key of the release")
    purpose = filters.ChoiceFilter(choices=Survey.Purpose.choices)
    closes_after = filters.IsoDateTimeFilter("closes_at", "gt", label="closes after")


class SurveyViewSet(RecordViewSet):
    scope = "reviews"
    queryset = Survey.objects.select_related("release__subject__owner")
    serializer_class = SurveySerializer
    filterset_class = SurveyFilter
    ordering_fields = ["key", "closes_at"]
    ordering = ["key"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> Survey:
        return actions.open_survey(by=by, **data)

    @extend_schema(responses=SurveyResultsSerializer, summary="What a survey brought")
    @action(detail=True)
    def results(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Counts, mean, distribution and comments; nameless."""
        return JsonAnswer(queries.results_of(self.get_object()))

    @extend_schema(request=None, responses=SurveySerializer, summary="Close a survey before its time")
    @action(detail=True, methods=["post"])
    def close(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Answers given so far count."""
        return self.after(actions.close_survey(survey=self.get_object(), by=self.by))


class BenefitSerializer(FastSerializer):
    """What a release is to bring, and what was measured."""

    number = serializers.IntegerField(read_only=True)
    expected = serializers.CharField(max_length=400)
    measure = serializers.CharField(max_length=400)
    target = serializers.CharField(required=False, allow_blank=True, max_length=200)
    measured_value = serializers.CharField(read_only=True)
    is_met = serializers.BooleanField(read_only=True, allow_null=True)
    measured_at = serializers.DateTimeField(read_only=True)
    record_version = serializers.IntegerField(source="version", read_only=True)


class BenefitChangeSerializer(BenefitSerializer):
    measured_value = serializers.CharField(required=False, allow_blank=True, max_length=200)
    is_met = serializers.BooleanField(required=False, allow_null=True)


class BenefitViewSet(PartViewSet):
    scope = "reviews"
    parent_queryset = Release.objects.all()
    parent_field = "release"
    queryset = Benefit.objects.select_related("release")
    lookup_field = "number"
    serializer_class = BenefitSerializer
    update_serializer_class = BenefitChangeSerializer
    ordering_fields = ["number"]
    ordering = ["number"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> Benefit:
        return actions.state_benefit(release=self.parent, by=by, **data)

    def perform_update(self, obj: Benefit, data: dict[str, Any], by: Actor) -> Benefit:
        return actions.change_benefit(benefit=obj, by=by, **data)

    def perform_destroy(self, obj: Benefit, by: Actor) -> None:
        actions.remove_benefit(benefit=obj, by=by)
