"""`findings/` and `break-glass/`."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from apps.compliance import actions, queries
from apps.compliance.forms import FINDING_STEPS
from apps.compliance.lifecycle import FindingStatus
from apps.compliance.models import BY_AUDITOR, BreakGlass, Control, Finding, Severity
from apps.core.actor import Actor
from apps.core.api.base import ApiView, JsonAnswer
from apps.core.api.fields import FastSerializer
from apps.core.api.viewsets import RecordViewSet
from apps.core.clock import now
from apps.releases.models import Release

AUDITS = [(control.value, control.label) for control in BY_AUDITOR]


class FindingSerializer(FastSerializer):
    """One breach of one control."""

    key = serializers.CharField(read_only=True)
    control = serializers.ChoiceField(choices=Control.choices, read_only=True)
    subject = serializers.CharField(source="subject_key", read_only=True)
    release = serializers.SlugRelatedField("key", read_only=True)
    title = serializers.CharField(read_only=True)
    detail = serializers.CharField(read_only=True)
    severity = serializers.ChoiceField(choices=Severity.choices, read_only=True)
    status = serializers.ChoiceField(choices=FindingStatus.choices, read_only=True)
    occurred_at = serializers.DateTimeField(read_only=True)
    raised_at = serializers.DateTimeField(read_only=True)
    raised_by = serializers.CharField(source="raised_by.username", read_only=True, allow_null=True)
    due_on = serializers.DateField(read_only=True)
    closed_at = serializers.DateTimeField(read_only=True)
    closed_by = serializers.CharField(source="closed_by.username", read_only=True, allow_null=True)
    close_note = serializers.CharField(read_only=True)
    record_version = serializers.IntegerField(source="version", read_only=True)


class RaiseFindingSerializer(FastSerializer):
    """What an auditor found; the controls raise theirs by themselves."""

    control = serializers.ChoiceField(choices=AUDITS)
    title = serializers.CharField(max_length=200)
    detail = serializers.CharField(max_length=20_000)
    severity = serializers.ChoiceField(choices=Severity.choices, required=False)
    release = serializers.SlugRelatedField("key", queryset=Release.objects.all(), required=False, allow_null=True)
    subject_key = serializers.CharField(max_length=200, required=False, allow_blank=True)
    occurred_at = serializers.DateTimeField(required=False, allow_null=True)
    due_on = serializers.DateField(required=False, allow_null=True)


class NoteSerializer(FastSerializer):
    note = serializers.CharField(required=False, allow_blank=True, max_length=4000)


class ReasonSerializer(FastSerializer):
    note = serializers.CharField(max_length=4000, help_text="Why the item is not to be release managed.")


class BroughtSerializer(FastSerializer):
    release = serializers.CharField(help_text="Key of the release that was drafted.")


class FindingFilter(filters.FilterSet):
    status = filters.ChoiceFilter(choices=FindingStatus.choices)
    control = filters.MultipleChoiceFilter(choices=Control.choices)
    severity = filters.ChoiceFilter(choices=Severity.choices)
    release = filters.CharFilter("release__key", label="key of the release")
    due_before = filters.DateFilter("due_on", "lt", label="due before this day")
    raised_after = filters.IsoDateTimeFilter("raised_at", "gte", label="raised at or after")


class FindingViewSet(RecordViewSet):
    scope = "findings"
    queryset = Finding.objects.select_related("release", "raised_by", "closed_by")
    serializer_class = FindingSerializer
    create_serializer_class = RaiseFindingSerializer
    filterset_class = FindingFilter
    search_fields = ["key", "title", "subject_key"]
    ordering_fields = ["key", "raised_at", "due_on", "severity"]
    ordering = ["-key"]
    steps = FINDING_STEPS

    def perform_create(self, data: dict[str, Any], by: Actor) -> Finding:
        return actions.raise_finding(by=by, **data)

    @extend_schema(
        request=NoteSerializer, responses={201: BroughtSerializer}, summary="Bring a bypass under management"
    )
    @action(detail=True, methods=["post"], url_path="bring-under-management")
    def bring(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Draft the release that should have been, and close the finding with its key."""
        note = self.validated(NoteSerializer).get("note", "")
        release = actions.bring_under_management(finding=self.get_object(), by=self.by, note=note)
        return JsonAnswer({"release": release.key}, status=201, tagged=False)

    @extend_schema(request=ReasonSerializer, responses=FindingSerializer, summary="Leave an item unmanaged")
    @action(detail=True, methods=["post"], url_path="leave-unmanaged")
    def leave(self, request: Request, **kwargs: Any) -> HttpResponse:
        """The item of this bypass is not to be release managed, for this reason."""
        note = self.validated(ReasonSerializer)["note"]
        return self.after(actions.leave_unmanaged(finding=self.get_object(), by=self.by, note=note))


class LightSerializer(FastSerializer):
    slug = serializers.CharField()
    name = serializers.CharField()
    activities = serializers.IntegerField(help_text="Mandatory tasks, required checks and groups of approvers.")
    misses = serializers.ListField(child=serializers.CharField(), help_text="What keeps it from applying today.")


class NewcomerSerializer(FastSerializer):
    """A service to bring under management."""

    key = serializers.CharField()
    name = serializers.CharField()
    criticality = serializers.IntegerField()
    owner = serializers.CharField(allow_null=True)
    bypasses = serializers.IntegerField(help_text="Of the last year, of it and of what hangs directly on it.")
    weight = serializers.IntegerField(help_text="Criticality × bypasses: what the list is ordered by.")
    lightest_model = LightSerializer(source="lightest", allow_null=True)


class OnboardingSerializer(FastSerializer):
    """All of them on one page."""

    results = NewcomerSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class OnboardingView(ApiView):
    scope = "findings"

    @extend_schema(
        operation_id="onboarding_list",
        responses=OnboardingSerializer,
        summary="Services to bring under management",
    )
    def get(self, request: Request) -> HttpResponse:
        """Live services that no published model applies to, the most pressing first."""
        found = NewcomerSerializer(queries.onboarding(now()), many=True).data
        return JsonAnswer({"results": found, "next": None, "previous": None}, tagged=False)


class BreakGlassSerializer(FastSerializer):
    """One time that somebody went ahead without the approval the rules ask for."""

    key = serializers.CharField(read_only=True)
    release = serializers.SlugRelatedField("key", queryset=Release.objects.all())
    person = serializers.CharField(source="person.username", read_only=True, allow_null=True)
    reason = serializers.CharField(max_length=4000)
    passed_over = serializers.CharField(max_length=400)
    incident = serializers.CharField(
        max_length=120, required=False, allow_blank=True, help_text="Its key here, or its number in another tool."
    )
    at = serializers.DateTimeField(read_only=True)
    approval_due_at = serializers.DateTimeField(read_only=True)
    approved_at = serializers.DateTimeField(read_only=True)
    approved_by = serializers.CharField(source="approved_by.username", read_only=True, allow_null=True)
    record_version = serializers.IntegerField(source="version", read_only=True)


class BreakGlassFilter(filters.FilterSet):
    release = filters.CharFilter("release__key", label="key of the release")
    is_approved = filters.BooleanFilter("approved_at", "isnull", exclude=True, label="approved afterwards")


class ApprovalCommentSerializer(FastSerializer):
    comment = serializers.CharField(required=False, allow_blank=True, max_length=4000)


class BreakGlassViewSet(RecordViewSet):
    scope = "findings"
    queryset = BreakGlass.objects.select_related("release", "person", "approved_by")
    serializer_class = BreakGlassSerializer
    filterset_class = BreakGlassFilter
    search_fields = ["key", "release__key", "reason"]
    ordering_fields = ["key", "at"]
    ordering = ["-key"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> BreakGlass:
        return actions.register_break_glass(by=by, **data)

    @extend_schema(request=ApprovalCommentSerializer, responses=BreakGlassSerializer, summary="Approve it afterwards")
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, **kwargs: Any) -> HttpResponse:
        """An approver other than the one who went ahead says that it was right."""
        act = self.get_object()
        comment = self.validated(ApprovalCommentSerializer).get("comment", "")
        return self.after(actions.approve_break_glass(act=act, by=self.by, note=comment))
