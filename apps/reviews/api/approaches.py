"""`approach-reviews/`."""

from __future__ import annotations

from typing import Any

from django_filters import rest_framework as filters
from rest_framework import serializers

from apps.accounts.models import User
from apps.core.actor import Actor
from apps.core.api.fields import FastSerializer
from apps.core.api.viewsets import RecordViewSet
from apps.reviews import actions
from apps.reviews.forms import APPROACH_REVIEW_STEPS
from apps.reviews.lifecycle import ReviewStatus
from apps.reviews.models import ApproachReview

LONG = 20_000


class ApproachReviewSerializer(FastSerializer):
    """One look at whether the organisation releases as its approach says."""

    key = serializers.CharField(read_only=True)
    approach = serializers.CharField(source="approach.slug", read_only=True)
    approach_version = serializers.IntegerField(source="approach_version.number", read_only=True)
    status = serializers.ChoiceField(choices=ReviewStatus.choices, read_only=True)
    due_on = serializers.DateField(required=False)
    reviewer = serializers.SlugRelatedField(
        "username", queryset=User.objects.filter(is_active=True), required=False, allow_null=True
    )
    figures = serializers.DictField(read_only=True, help_text="Adoption within the scope, as of `figures_at`.")
    figures_at = serializers.DateTimeField(read_only=True, allow_null=True)
    verdict = serializers.ChoiceField(choices=ApproachReview.Verdict.choices, required=False, allow_blank=True)
    conclusions = serializers.CharField(required=False, allow_blank=True, max_length=LONG)
    submitted_by = serializers.CharField(source="submitted_by.username", read_only=True, allow_null=True)
    submitted_at = serializers.DateTimeField(read_only=True)
    accepted_by = serializers.CharField(source="accepted_by.username", read_only=True, allow_null=True)
    accepted_at = serializers.DateTimeField(read_only=True)
    record_version = serializers.IntegerField(source="version", read_only=True)


class ApproachReviewFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=ReviewStatus.choices)
    approach = filters.CharFilter("approach__slug", label="slug of the approach")
    due_before = filters.DateFilter("due_on", "lt", label="due before this day")


class ApproachReviewViewSet(RecordViewSet):
    scope = "reviews"
    queryset = ApproachReview.objects.select_related(
        "approach", "approach_version", "reviewer", "submitted_by", "accepted_by"
    )
    serializer_class = ApproachReviewSerializer
    filterset_class = ApproachReviewFilter
    search_fields = ["key", "approach__name"]
    ordering_fields = ["due_on", "key"]
    ordering = ["due_on"]
    steps = APPROACH_REVIEW_STEPS

    def perform_update(self, obj: ApproachReview, data: dict[str, Any], by: Actor) -> ApproachReview:
        return actions.change_approach_review(review=obj, by=by, **data)
