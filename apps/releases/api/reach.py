"""What a release reaches, in the words of the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.api.fields import FastSerializer
from apps.releases.lifecycle.words import ImpactStage
from apps.releases.queries import ReachedNow, ReachedThen


class ReachedItemSerializer(FastSerializer):
    """An affected item."""

    key = serializers.CharField()
    name = serializers.CharField()
    type = serializers.CharField()
    criticality = serializers.IntegerField()
    distance = serializers.IntegerField(help_text="Steps from what the release changes, on the shortest way.")


class ReachedPartySerializer(FastSerializer):
    """A consumer or partner to inform."""

    slug = serializers.CharField()
    name = serializers.CharField()


class ReachedThenSerializer(FastSerializer):
    """The answer of the map at one moment, and what differs from the moment before."""

    stage = serializers.ChoiceField(choices=[*ImpactStage.choices, ("", "now")])
    at = serializers.DateTimeField()
    items = serializers.IntegerField(help_text="How many.")
    weight = serializers.IntegerField()
    appeared = ReachedItemSerializer(many=True)
    gone = ReachedItemSerializer(many=True)
    parties_appeared = ReachedPartySerializer(many=True)
    parties_gone = ReachedPartySerializer(many=True)


class ReleaseImpactSerializer(FastSerializer):
    """What a release reaches as the map stands, whom to ask and to inform, and how that came about."""

    roots = serializers.ListField(child=serializers.CharField(), help_text="What the release changes.")
    items = ReachedItemSerializer(many=True)
    parties = ReachedPartySerializer(many=True)
    teams = serializers.ListField(child=serializers.CharField(), help_text="Slugs of the teams to ask.")
    weight = serializers.IntegerField(help_text="Each item by its criticality: 8, 4, 2 or 1.")
    truncated = serializers.BooleanField()
    story = ReachedThenSerializer(many=True, help_text="Planning, approval, start, review, and now.")


def release_impact_shown(found: ReachedNow, story: list[ReachedThen]) -> dict[str, Any]:
    """The answer of the API."""
    return {
        "roots": [one.key for one in found.impact.roots],
        "items": found.items,
        "parties": found.parties,
        "teams": [one.slug for one in found.people.owners],
        "weight": found.impact.weight,
        "truncated": found.impact.truncated,
        "story": [_moment(one) for one in story],
    }


def _moment(one: ReachedThen) -> dict[str, Any]:
    return {
        "stage": one.stage,
        "at": one.at,
        "items": len(one.items),
        "weight": one.weight,
        "appeared": one.appeared,
        "gone": one.gone,
        "parties_appeared": one.parties_appeared,
        "parties_gone": one.parties_gone,
    }
