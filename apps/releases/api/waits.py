"""`releases/{key}/waits/`: what a release waited for, who could end it, how long it lasted."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from apps.core.api.base import JsonAnswer
from apps.core.api.fields import FastSerializer
from apps.releases.api.conflicts import OfRelease
from apps.releases.lifecycle.words import WaitReason
from apps.releases.queries import waits


class WaitSerializer(FastSerializer):
    """One span of waiting."""

    reason = serializers.ChoiceField(choices=WaitReason.choices)
    detail = serializers.CharField()
    owner = serializers.CharField(help_text="Who could end it when it began; empty where only time does.")
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    minutes = serializers.IntegerField(help_text="Its length, or its length so far.")


class WaitsView(OfRelease):
    """What it waited for."""

    @extend_schema(
        operation_id="releases_waits_list",
        responses=WaitSerializer(many=True),
        summary="What it waited for, and for whom",
    )
    def get(self, request: Request, release: str) -> JsonAnswer:
        """The first one first; those without an end are open now."""
        return JsonAnswer(
            [
                {
                    "reason": one.reason,
                    "detail": one.detail,
                    "owner": one.owner,
                    "started_at": one.started_at,
                    "ended_at": one.ended_at,
                    "minutes": int(one.length.total_seconds() // 60),
                }
                for one in waits(self.release(release))
            ]
        )
