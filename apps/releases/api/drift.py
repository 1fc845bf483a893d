"""`drift/`: where what is live and what was released do not agree."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from apps.core.api.base import ApiView, JsonAnswer
from apps.core.api.fields import FastSerializer
from apps.core.api.parameters import QueryParameter
from apps.releases.queries import DriftKind, DriftRow, Narrowed, drift_lists

LARGEST_PAGE = 500


class DriftRowSerializer(FastSerializer):
    """One disagreement, in words, with what to do about it."""

    ci = serializers.CharField(source="ci.key")
    environment = serializers.CharField(source="environment.slug")
    live_version = serializers.CharField(allow_blank=True, help_text="Empty: no version is known to be there.")
    expected_version = serializers.CharField(allow_blank=True, help_text="Of the release, or of production.")
    release = serializers.CharField(source="release.key", allow_null=True)
    since = serializers.DateTimeField()
    detail = serializers.CharField()
    advice = serializers.CharField()


class DriftCountsSerializer(FastSerializer):
    """How many rows each list has, as narrowed."""

    unreleased = serializers.IntegerField()
    not_live = serializers.IntegerField()
    differs = serializers.IntegerField()


class DriftPageSerializer(FastSerializer):
    kind = serializers.ChoiceField(choices=DriftKind.choices)
    counts = DriftCountsSerializer()
    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = DriftRowSerializer(many=True)


class DriftView(ApiView):
    """Live but not released, released but not live, different between environments."""

    scope = "installed-versions"
    query_parameters = (
        QueryParameter("kind", default=str(DriftKind.UNRELEASED), choices=DriftKind.values, description="which list"),
        QueryParameter(
            "service", default="", description="key of a service or product: it, and what its releases bring"
        ),
        QueryParameter("environment", default="", description="slug of the environment"),
        QueryParameter("team", default="", description="slug of the owning team"),
        QueryParameter("page_size", int, default=100, minimum=1, maximum=LARGEST_PAGE),
        QueryParameter("after", int, default=0, minimum=0, description="skip this many rows"),
    )

    @extend_schema(
        operation_id="drift_list",
        summary="Where what is live and what was released do not agree",
        responses=DriftPageSerializer,
    )
    def get(self, request: Request) -> HttpResponse:
        """One list, in the order to work through: the longest standing first."""
        asked = self.query
        only = Narrowed(asked["service"], asked["environment"], asked["team"])
        lists = drift_lists(only)
        counts = {kind: len(one) for kind, one in lists.items()}
        size, after, count = asked["page_size"], asked["after"], counts[asked["kind"]]
        rows = lists[asked["kind"]][after : after + size]
        body = {
            "kind": asked["kind"],
            "counts": {kind.replace("-", "_"): many for kind, many in counts.items()},
            "count": count,
            "next": _link(request, after + size) if after + size < count else None,
            "previous": _link(request, max(after - size, 0)) if after else None,
            "results": [_shown(row) for row in rows],
        }
        return JsonAnswer(body, tagged=False)


def _shown(row: DriftRow) -> dict[str, Any]:
    return {
        "ci": row.ci.key,
        "environment": row.environment.slug,
        "live_version": row.live_version,
        "expected_version": row.expected_version,
        "release": row.release.key if row.release else None,
        "since": row.since,
        "detail": row.detail,
        "advice": row.advice,
    }


def _link(request: Request, after: int) -> str:
    given = request.query_params.copy()
    given["after"] = str(after)
    return request.build_absolute_uri(f"{request.path}?{given.urlencode()}")
