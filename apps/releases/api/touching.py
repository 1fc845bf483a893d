"""`configuration-items/{ci}/open-releases/`: what is under way already around an item."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from apps.cmdb.api.impact import DEPTH, DIRECTION, LIMIT
from apps.cmdb.queries import impact
from apps.cmdb.queries.impact import DIRECTIONS
from apps.core.api.base import ApiView, JsonAnswer
from apps.core.api.fields import FastSerializer
from apps.releases.lifecycle.words import Status
from apps.releases.queries import OpenRelease, open_releases


class TouchedItemSerializer(FastSerializer):
    """An item that the release changes."""

    key = serializers.CharField()
    name = serializers.CharField()
    distance = serializers.IntegerField(help_text="Steps from the item that was asked about; 0: it itself.")
    explanation = serializers.CharField(help_text="How the one reaches the other, as a sentence.")


class OpenReleaseSerializer(FastSerializer):
    """A release that has not ended, and what it touches here."""

    key = serializers.CharField()
    title = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.choices)
    subject = serializers.CharField(help_text="Key of the service or product that is made available.")
    environment = serializers.CharField(allow_null=True)
    planned_start = serializers.DateTimeField(allow_null=True)
    planned_end = serializers.DateTimeField(allow_null=True)
    release_manager = serializers.CharField(allow_null=True)
    touches = TouchedItemSerializer(many=True, help_text="The nearest first.")


class OpenReleasesSerializer(FastSerializer):
    """Every open release around the item, in the order in which they are planned."""

    root = serializers.CharField()
    direction = serializers.ChoiceField(choices=DIRECTIONS)
    releases = OpenReleaseSerializer(many=True)
    truncated = serializers.BooleanField(
        help_text="There are more items than `limit`; the furthest were not asked for."
    )


class OpenReleasesView(ApiView):
    """What is under way already."""

    scope = "releases"
    query_parameters = (DIRECTION, DEPTH, LIMIT)

    @extend_schema(
        operation_id="configuration_items_open_releases_retrieve",
        responses=OpenReleasesSerializer,
        summary="Open releases that touch an item or anything it affects",
    )
    def get(self, request: Request, ci: str) -> JsonAnswer:
        """With `direction=dependencies`: those that touch what the item depends on."""
        asked = self.query
        found = impact(ci, asked["direction"], asked["depth"], asked["limit"])
        return JsonAnswer(
            {
                "root": found.root,
                "direction": found.direction,
                "releases": [_shown(one) for one in open_releases(found)],
                "truncated": found.truncated,
            }
        )


def _shown(one: OpenRelease) -> dict[str, object]:
    release = one.release
    return {
        "key": release.key,
        "title": release.title,
        "status": release.status,
        "subject": release.subject.key,
        "environment": release.environment.slug if release.environment else None,
        "planned_start": release.planned_start,
        "planned_end": release.planned_end,
        "release_manager": release.release_manager.username if release.release_manager else None,
        "touches": [
            {
                "key": each.node.key,
                "name": each.node.name,
                "distance": each.node.distance,
                "explanation": each.way,
            }
            for each in one.touches
        ],
    }
