"""What the API asks about impact, and how it says the answer: as JSON and as a picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rest_framework import serializers

from apps.cmdb.picture import MOST_BOXES
from apps.cmdb.queries import Impact, ImpactNode, Reach
from apps.cmdb.queries.impact import AFFECTED, DEEPEST, DIRECTIONS, LARGEST, USUAL_DAYS, USUAL_DEPTH, USUAL_LIMIT
from apps.core.api.fields import FastSerializer
from apps.core.api.parameters import QueryParameter

DIRECTION = QueryParameter(
    "direction", default=AFFECTED, choices=DIRECTIONS, description="Who is affected by it, or what it depends on."
)
DEPTH = QueryParameter(
    "depth", int, default=USUAL_DEPTH, minimum=0, maximum=DEEPEST, description="How many steps to follow."
)
LIMIT = QueryParameter(
    "limit", int, default=USUAL_LIMIT, minimum=1, maximum=LARGEST, description="How many items at most, nearest first."
)
OLDER_THAN = QueryParameter(
    "older_than_days",
    int,
    default=USUAL_DAYS,
    minimum=0,
    maximum=36500,
    description="After how many days without confirmation a relationship counts as stale.",
)


EXPLAIN = QueryParameter("explain", bool, default=False, description="Say the shortest way to each item as a sentence.")
SHOWN = QueryParameter(
    "limit", int, default=MOST_BOXES, minimum=1, maximum=2000, description="How many items at most, nearest first."
)


class ImpactNodeSerializer(FastSerializer):
    """An item in the answer."""

    key = serializers.CharField()
    name = serializers.CharField()
    ci_type = serializers.CharField()
    criticality = serializers.IntegerField()
    distance = serializers.IntegerField(help_text="Steps from the root, on the shortest way.")
    via = serializers.CharField(help_text="The item before it on that way.")
    via_type = serializers.CharField(help_text="The type of the relationship between the two.")
    explanation = serializers.CharField(required=False, help_text="The whole way as a sentence, when asked for.")


class ImpactEdgeSerializer(FastSerializer):
    """A relationship between two items of the answer."""

    source = serializers.CharField()
    target = serializers.CharField()
    type = serializers.CharField()


class ConfidenceSerializer(FastSerializer):
    """How far the answer can be relied on."""

    edges = serializers.IntegerField()
    stale_edges = serializers.IntegerField(help_text="Not confirmed for `older_than_days`.")
    stale_share = serializers.FloatField(allow_null=True)
    older_than_days = serializers.IntegerField()
    proposed_relationships = serializers.IntegerField(
        help_text="Undecided, and touching these items: what the map may be missing."
    )
    unresolved_references = serializers.IntegerField(help_text="They name what no source has brought yet.")


class ImpactSerializer(FastSerializer):
    """Who is affected by a change of the item, or what it depends on."""

    root = serializers.CharField()
    direction = serializers.ChoiceField(choices=DIRECTIONS)
    nodes = ImpactNodeSerializer(many=True)
    edges = ImpactEdgeSerializer(many=True)
    truncated = serializers.BooleanField(help_text="Cut at `limit`; the furthest are left out.")
    weight = serializers.IntegerField(
        help_text="Each item by its criticality: 1 counts 8, 2 counts 4, 3 counts 2, 4 counts 1."
    )
    withstood = ImpactNodeSerializer(many=True, help_text="Reached, but enough of what they need still works.")
    confidence = ConfidenceSerializer()


class TiedPartySerializer(FastSerializer):
    """A consumer or partner, and the service that ties it."""

    party = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    service = serializers.CharField()
    role = serializers.CharField()
    notice_hours = serializers.IntegerField()


class NamedSerializer(FastSerializer):
    """A record by its key and name."""

    key = serializers.CharField()
    name = serializers.CharField()


class ReachSerializer(FastSerializer):
    """Whom a change of the item concerns."""

    root = serializers.CharField()
    services = NamedSerializer(many=True)
    value_streams = NamedSerializer(many=True)
    owners = NamedSerializer(many=True, help_text="Teams to ask.")
    approvers = serializers.ListField(
        child=serializers.CharField(), help_text="Usernames: people of those teams who may approve."
    )
    parties = TiedPartySerializer(many=True, help_text="Consumers and partners to inform.")
    longest_notice_hours = serializers.IntegerField()
    truncated = serializers.BooleanField()


def impact_shown(found: Impact, days: int, *, explained: bool) -> dict[str, Any]:
    """The answer of the API."""
    edges = [{"source": one.source, "target": one.target, "type": one.type} for one in found.edges]
    named = found.explain if explained else None
    stale = len(found.stale_edges(days))
    return {
        "root": found.root,
        "direction": found.direction,
        "nodes": [_node(one, named) for one in found.nodes],
        "edges": edges,
        "truncated": found.truncated,
        "weight": found.weight,
        "withstood": [_node(one, named) for one in found.withstood],
        "confidence": {
            "edges": len(edges),
            "stale_edges": stale,
            "stale_share": round(stale / len(edges), 4) if edges else None,
            "older_than_days": days,
            "proposed_relationships": found.proposed,
            "unresolved_references": found.unresolved,
        },
    }


def _node(one: ImpactNode, explain: Callable[[str], str] | None) -> dict[str, Any]:
    said = {
        "key": one.key,
        "name": one.name,
        "ci_type": one.ci_type,
        "criticality": one.criticality,
        "distance": one.distance,
        "via": one.via,
        "via_type": one.via_type,
    }
    return {**said, "explanation": explain(one.key)} if explain else said


def reach_shown(found: Reach) -> dict[str, Any]:
    """The answer of the API."""
    tied = [
        {
            "party": one.party.slug,
            "name": one.party.name,
            "kind": one.party.kind,
            "service": one.service.key,
            "role": one.role,
            "notice_hours": one.notice_hours,
        }
        for one in found.service_relationships
    ]
    return {
        "root": found.impact.root,
        "services": [{"key": one.key, "name": one.name} for one in found.services],
        "value_streams": [{"key": one.slug, "name": one.name} for one in found.value_streams],
        "owners": [{"key": one.slug, "name": one.name} for one in found.owners],
        "approvers": [one.username for one in found.approvers],
        "parties": tied,
        "longest_notice_hours": found.longest_notice_hours,
        "truncated": found.impact.truncated,
    }
