"""`releases/` and what can be asked of one release as a whole."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request

from apps.cmdb.models import Environment
from apps.cmdb.picture import drawing_of
from apps.core.actor import Actor
from apps.core.api.base import JsonAnswer
from apps.core.api.pagination import PAGE_PARAMETERS
from apps.core.api.parameters import QueryParameter
from apps.core.api.trail import AuditEntrySerializer
from apps.core.api.viewsets import RecordViewSet
from apps.core.errors import FieldError, Invalid
from apps.releases import actions
from apps.releases.api.planning import PlanSerializer, plan_as_told
from apps.releases.api.reach import ReleaseImpactSerializer, release_impact_shown
from apps.releases.api.risk import AssessmentSerializer, risk_as_told
from apps.releases.api.serializers import (
    CommentSerializer,
    GateSerializer,
    MatchSerializer,
    NoModelSerializer,
    ReleaseChangeSerializer,
    ReleaseRowSerializer,
    ReleaseSerializer,
    TaskSerializer,
)
from apps.releases.forms import RELEASE_STEPS
from apps.releases.models import Release
from apps.releases.queries import (
    applicable_models,
    critical_path,
    evidence_pack,
    impact_story,
    plan_of,
    reached_by,
    timeline,
    wait_for_gate,
)

LOCKED = 423


class ReleaseFilter(filters.FilterSet):
    subject = filters.CharFilter("subject__key", label="key of the service or product")
    component = filters.CharFilter("components__ci__key", label="key of a component", distinct=True)
    environment = filters.CharFilter("environment__slug", label="slug of the environment")
    model = filters.CharFilter("model_version__model__slug", label="slug of the release model")
    release_manager = filters.CharFilter("release_manager__username", label="username")
    train = filters.CharFilter("train__key", label="key of the release train")
    version = filters.CharFilter("release_version", label="version of the release")
    planned_from = filters.IsoDateTimeFilter("planned_end", "gte", label="ends at or after")
    planned_until = filters.IsoDateTimeFilter("planned_start", "lt", label="starts before")
    updated_after = filters.IsoDateTimeFilter("updated_at", "gte", label="changed at or after")

    class Meta:
        model = Release
        fields = ["status", "type", "outcome", "availability", "risk", "change_kind"]


class ReleaseViewSet(RecordViewSet):
    scope = "releases"
    queryset = Release.objects.with_people_and_subject()
    serializer_class = ReleaseSerializer
    create_serializer_class = update_serializer_class = ReleaseChangeSerializer
    filterset_class = ReleaseFilter
    search_fields = ["key", "title", "release_version", "subject__key"]
    ordering_fields = ["key", "planned_start", "created_at", "updated_at", "status"]
    ordering = ["-created_at"]
    steps = RELEASE_STEPS

    def get_queryset(self) -> Any:
        if self.action == "list":
            return Release.objects.as_rows()
        return super().get_queryset().prefetch_related("components__ci", "components__owner")

    @extend_schema(responses=ReleaseRowSerializer(many=True))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Releases, without their parts."""
        return self.page_of(self.filter_queryset(self.get_queryset()), ReleaseRowSerializer)

    def perform_create(self, data: dict[str, Any], by: Actor) -> Release:
        return actions.create_release(by=by, **data)

    def perform_update(self, obj: Release, data: dict[str, Any], by: Actor) -> Release:
        components = data.pop("components", None)
        if components is not None:
            obj = actions.set_components(release=obj, components=components, by=by)
        return actions.change_release(release=obj, by=by, **data)

    @extend_schema(responses=MatchSerializer(many=True), summary="Which release models apply, and why")
    @action(detail=True, url_path="applicable-models")
    def applicable_models(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Every published model, the best fitting first, each with what speaks for and against it."""
        serializer = MatchSerializer()
        return JsonAnswer([serializer.to_representation(match) for match in applicable_models(self.get_object())])

    @extend_schema(request=NoModelSerializer, responses=ReleaseSerializer, summary="Put on record that no model fits")
    @action(detail=True, methods=["post"], url_path="no-model-fits")
    def no_model_fits(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Of a draft. The reason becomes an improvement action, with the models that come closest."""
        reason = self.validated(NoModelSerializer)["reason"]
        return self.after(actions.note_no_model(release=self.get_object(), by=self.by, reason=reason))

    @extend_schema(responses=TaskSerializer(many=True), summary="The critical path")
    @action(detail=True, url_path="critical-path")
    def critical_path(self, request: Request, **kwargs: Any) -> HttpResponse:
        """The tasks that may not slip, in order: they decide how long the release takes."""
        serializer = TaskSerializer()
        return JsonAnswer([serializer.to_representation(task) for task in critical_path(self.get_object())])

    @extend_schema(
        request=CommentSerializer,
        responses=PlanSerializer,
        summary="Give tasks that name only a role to people who hold it",
    )
    @action(detail=True, methods=["post"], url_path="plan/assign")
    def assign(self, request: Request, **kwargs: Any) -> HttpResponse:
        """People of the teams that own what is released; who has least to do at that time comes first."""
        note = self.validated(CommentSerializer).get("comment", "")
        release = actions.assign_by_role(release=self.get_object(), by=self.by, note=note)
        return JsonAnswer(plan_as_told(plan_of(release)))

    @extend_schema(
        request=CommentSerializer, responses=AssessmentSerializer, summary="State the risk that the factors give"
    )
    @action(detail=True, methods=["post"], url_path="risk/assess")
    def assess(self, request: Request, **kwargs: Any) -> HttpResponse:
        """The factors are put on record with it."""
        note = self.validated(CommentSerializer).get("comment", "")
        return JsonAnswer(risk_as_told(actions.assess_risk(release=self.get_object(), by=self.by, note=note)))

    @extend_schema(responses=ReleaseImpactSerializer, summary="What it reaches, and how that changed")
    @action(detail=True)
    def impact(self, request: Request, **kwargs: Any) -> HttpResponse:
        """From the service and all components at once. Kept at planning, approval, start and review; the last moment is now."""
        release = self.get_object()
        found = reached_by(release)
        return JsonAnswer(release_impact_shown(found, impact_story(release, found)))

    @extend_schema(responses={(200, "image/svg+xml"): OpenApiTypes.STR}, summary="What it reaches, as a picture (SVG)")
    @action(detail=True, url_path="impact-picture")
    def impact_picture(self, request: Request, **kwargs: Any) -> HttpResponse:
        """One column for each step from what the release changes."""
        release = self.get_object()
        answer = HttpResponse(drawing_of(reached_by(release).impact), content_type="image/svg+xml")
        answer["Content-Disposition"] = f'attachment; filename="{release.key}-impact.svg"'
        return answer

    @extend_schema(
        responses={200: GateSerializer, LOCKED: GateSerializer}, summary="Whether the gate is open, and if not, why"
    )
    @action(
        detail=True,
        query_parameters=[
            QueryParameter("environment", description="Where to; the release's own environment when left out."),
            QueryParameter("strict", bool, default=False, description="Answer 423 while the gate is closed."),
            QueryParameter(
                "wait", int, default=0, minimum=0, maximum=60, description="Seconds to wait for it to open."
            ),
        ],
    )
    def gate(self, request: Request, **kwargs: Any) -> HttpResponse:
        """A pipeline asks here; with `strict`, `curl -f` stops it. No transaction is held while waiting."""
        found = wait_for_gate(self.get_object(), self._environment(), self.query["wait"])
        answer = JsonAnswer(found.as_dict(), status=LOCKED if self.query["strict"] and not found.open else 200)
        answer["Cache-Control"] = "no-store"
        return answer

    @extend_schema(responses=AuditEntrySerializer(many=True), summary="What happened, in order")
    @action(detail=True, query_parameters=PAGE_PARAMETERS)
    def timeline(self, request: Request, **kwargs: Any) -> HttpResponse:
        """The audit entries of the release, of its parts and of its approval rounds, the first one first."""
        release = self.get_object()
        self.ordering = ["id"]
        return self.page_of(timeline(release), AuditEntrySerializer)

    @extend_schema(
        responses={(200, "application/zip"): OpenApiTypes.BINARY}, summary="Everything an auditor asks for, as a ZIP"
    )
    @action(detail=True, url_path="evidence-pack")
    def evidence_pack(self, request: Request, **kwargs: Any) -> HttpResponse:
        """With a manifest of digests; `manage.py verify_evidence FILE` proves it offline."""
        release = self.get_object()
        answer = HttpResponse(evidence_pack(release), content_type="application/zip")
        answer["Content-Disposition"] = f'attachment; filename="{release.key}-evidence.zip"'
        return answer

    def _environment(self) -> Environment | None:
        slug = self.query["environment"]
        if not slug:
            return None
        found = Environment.objects.filter(slug=slug).first()
        if found is None:
            raise Invalid([FieldError("?environment", "unknown", f"There is no environment “{slug[:60]}”.")])
        return found
