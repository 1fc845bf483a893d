"""`releases/{key}/risk/`: the risk from its factors."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from apps.core.api.base import JsonAnswer
from apps.core.api.fields import FastSerializer
from apps.releases.api.conflicts import OfRelease
from apps.releases.lifecycle.words import Risk
from apps.releases.models import Release
from apps.releases.queries import risk_of


class FactorSerializer(FastSerializer):
    """One reason for the risk."""

    name = serializers.CharField()
    points = serializers.IntegerField()
    why = serializers.CharField()
    lower = serializers.CharField(help_text="What would lower it.")


class AssessmentSerializer(FastSerializer):
    """What the factors give, beside what is stated."""

    stated = serializers.ChoiceField(choices=Risk.choices)
    assessed = serializers.ChoiceField(choices=Risk.choices)
    points = serializers.IntegerField()
    factors = FactorSerializer(many=True, help_text="The weightiest first; those without points, too.")


class RiskView(OfRelease):
    """The risk from its factors."""

    @extend_schema(
        operation_id="releases_risk_retrieve", responses=AssessmentSerializer, summary="The risk from its factors"
    )
    def get(self, request: Request, release: str) -> JsonAnswer:
        """Every factor with its points, why, and what would lower it."""
        return JsonAnswer(risk_as_told(self.release(release)))


def risk_as_told(release: Release) -> dict[str, Any]:
    """The assessment as programs read it."""
    found = risk_of(release)
    factors = [{"name": one.name, "points": one.points, "why": one.why, "lower": one.lower} for one in found.factors]
    return {"stated": release.risk, "assessed": found.risk, "points": found.points, "factors": factors}
