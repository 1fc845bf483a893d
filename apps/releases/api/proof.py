"""Checks and evidence of a release."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request

from apps.core.api.parameters import QueryParameter
from apps.core.api.uploads import UPLOAD_PARSERS
from apps.core.errors import FieldError, Invalid
from apps.releases.api.plan import ReleasePartViewSet
from apps.releases.api.serializers import CheckSerializer, EvidenceSerializer
from apps.releases.forms import CHECK_STEPS
from apps.releases.lifecycle.words import EvidenceKind
from apps.releases.models import Check, Component, Evidence

EVIDENCE_PARAMETERS = [
    QueryParameter("kind", required=True, choices=EvidenceKind.values, description="What the file is."),
    QueryParameter("component", description="Key of the component that it is about."),
    QueryParameter("filename", description="Name of the file, when it is sent raw."),
]


class CheckViewSet(ReleasePartViewSet):
    queryset = Check.objects.select_related("component__ci", "waived_by", "release").prefetch_related("runs__evidence")
    lookup_field = "slug"
    serializer_class = CheckSerializer
    filterset_fields = ["status", "group", "kind", "required"]
    search_fields = ["slug", "title"]
    ordering_fields = ["slug", "status"]
    ordering = ["pk"]
    steps = CHECK_STEPS


class EvidenceViewSet(ReleasePartViewSet):
    """Evidence as it is read. Verification, which knows what the files mean, adds how it is brought."""

    queryset = Evidence.objects.select_related("component__ci", "release")
    lookup_field = "number"
    serializer_class = EvidenceSerializer
    filterset_fields = ["kind"]
    ordering_fields = ["number"]
    ordering = ["number"]

    def get_parsers(self) -> list[Any]:
        return [parser() for parser in UPLOAD_PARSERS]

    def known_parameters(self) -> set[str]:
        uploaded = {one.name for one in EVIDENCE_PARAMETERS} if self.action == "create" else set()
        return super().known_parameters() | uploaded

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}, summary="The file itself")
    @action(detail=True)
    def content(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Always as a download, never as a page: the file came from outside."""
        row = self.get_object()
        answer = HttpResponse(bytes(row.file.content), content_type="application/octet-stream")
        answer["Content-Disposition"] = f'attachment; filename="{self.parent.key}-{row.number}-{row.kind}.bin"'
        answer["X-Content-Type-Options"] = "nosniff"
        return answer

    def _component(self, key: str | None) -> Component | None:
        if not key:
            return None
        found = self.parent.components.filter(ci__key=key).first()
        if found is None:
            raise Invalid([FieldError("?component", "unknown", f"“{key[:60]}” is not a component of this release.")])
        return found
