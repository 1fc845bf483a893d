"""`releases/{release}/evidence/`, `check-kinds/`, `trusted-keys/`."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from apps.accounts.permissions import Role
from apps.core.actor import Actor
from apps.core.api import idempotency
from apps.core.api.base import ApiView, JsonAnswer
from apps.core.api.fields import FastSerializer
from apps.core.api.uploads import uploaded_file
from apps.core.api.viewsets import RecordViewSet
from apps.core.documents import LARGEST
from apps.releases.api.proof import EVIDENCE_PARAMETERS
from apps.releases.api.proof import EvidenceViewSet as ReleaseEvidenceViewSet
from apps.releases.api.serializers import EvidenceSerializer
from apps.verification import actions
from apps.verification.kinds import KINDS
from apps.verification.models import TrustedKey

MAY_PROVE = (Role.RELEASE_MANAGER, Role.CONTRIBUTOR, Role.INTEGRATION)
FILE = {
    "application/octet-stream": OpenApiTypes.BINARY,
    "multipart/form-data": {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {"type": "string", "format": "binary"}},
    },
}


class EvidenceViewSet(ReleaseEvidenceViewSet):
    """Evidence is read before anything is locked: a large bill of materials takes seconds to check."""

    atomic = False
    write_roles = MAY_PROVE

    @extend_schema(request=FILE, responses={201: EvidenceSerializer}, summary="Bring a file as evidence")
    def create(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The file is the body, or the multipart part `file`. Answers with its digest and what it was understood to say."""
        if idempotency.HEADER not in request.headers:
            return self._submit(request)
        request._request.body  # noqa: B018 - kept in memory, so that it can be both read and compared
        return idempotency.answer_once(request, lambda: self._submit(request))

    def _submit(self, request: Request) -> HttpResponse:
        asked = {one.name: one.parse(request.query_params) for one in EVIDENCE_PARAMETERS}
        upload = uploaded_file(request, LARGEST)
        stored = actions.submit_evidence(
            release=self.parent,
            kind=asked["kind"],
            content=upload.content,
            component=self._component(asked["component"]),
            filename=asked["filename"] or upload.name,
            media_type=upload.media_type,
            by=self.by,
        )
        answer = self.after(stored, status=201)
        answer["Location"] = f"{request.path}{stored.number}/"
        return answer


class CheckKindSerializer(FastSerializer):
    """One kind of check, and the JSON Schema of its parameters."""

    slug = serializers.CharField()
    title = serializers.CharField()
    help = serializers.CharField()
    is_by_hand = serializers.BooleanField()
    params = serializers.JSONField()


class CheckKindListSerializer(FastSerializer):
    results = CheckKindSerializer(many=True)


class CheckKindsView(ApiView):
    """What a release model may demand as proof."""

    scope = "release-models"

    @extend_schema(operation_id="check_kinds_list", responses=CheckKindListSerializer, summary="List kinds of checks")
    def get(self, request: Request) -> JsonAnswer:
        kinds = [
            {
                "slug": kind.slug,
                "title": str(kind.title),
                "help": str(kind.help),
                "is_by_hand": kind.is_by_hand,
                "params": kind.params,
            }
            for kind in KINDS.values()
        ]
        return JsonAnswer({"results": kinds})


class TrustedKeySerializer(FastSerializer):
    """A public key whose signatures on attestations count."""

    slug = serializers.SlugField(max_length=80)
    name = serializers.CharField(max_length=200)
    public_key = serializers.CharField(max_length=10_000)
    retired_at = serializers.DateTimeField(read_only=True, allow_null=True)
    version = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class TrustedKeyViewSet(RecordViewSet):
    scope = "trusted-keys"
    write_roles = (Role.ADMINISTRATOR,)
    queryset = TrustedKey.objects.all()
    lookup_field = "slug"
    serializer_class = TrustedKeySerializer
    search_fields = ["slug", "name"]
    ordering_fields = ["slug", "created_at"]
    ordering = ["slug"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> TrustedKey:
        return actions.trust_key(**data, by=by)

    def perform_update(self, obj: TrustedKey, data: dict[str, Any], by: Actor) -> TrustedKey:
        return actions.change_key(key=obj, by=by, **data)

    def perform_destroy(self, obj: TrustedKey, by: Actor) -> None:
        actions.remove_key(key=obj, by=by)

    @extend_schema(request=None, responses=TrustedKeySerializer, summary="Retire: trusted key")
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Signatures of this key count no longer."""
        return self.after(actions.retire_key(key=self.get_object(), by=self.by))
