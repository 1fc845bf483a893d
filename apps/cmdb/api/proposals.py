"""`proposed-relationships/`: what the map may be missing. `transitions/` accepts or dismisses."""

from __future__ import annotations

from typing import Any

from django_filters import rest_framework as filters
from rest_framework import serializers

from apps.cmdb.forms import PROPOSED_STEPS
from apps.cmdb.lifecycle import ProposalStatus
from apps.cmdb.models import ProposedRelationship
from apps.cmdb.queries.proposals import in_words
from apps.core.api.fields import FastSerializer
from apps.core.api.viewsets import RecordViewSet


class ProposedRelationshipSerializer(FastSerializer):
    """Two items that seem to hang together and have no relationship."""

    key = serializers.CharField()
    status = serializers.ChoiceField(choices=ProposalStatus.choices)
    source = serializers.CharField(source="source.key", help_text="In the direction that the evidence suggests.")
    target = serializers.CharField(source="target.key")
    type = serializers.CharField(source="type.slug")
    said = serializers.SerializerMethodField(help_text="What speaks for it, one sentence for each kind of evidence.")
    evidence = serializers.ListField(child=serializers.DictField(), help_text="The figures behind the sentences.")
    times = serializers.FloatField(help_text="As often as by chance, at the least (95 %).")
    support = serializers.IntegerField(help_text="How many cases speak for it.")
    judged_at = serializers.DateTimeField(help_text="As of when.")
    decided_by = serializers.CharField(source="decided_by.username", allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(help_text="Why it was dismissed, or what was noted when it was accepted.")
    relationship = serializers.UUIDField(source="relationship.uid", allow_null=True, help_text="What it became.")
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_said(self, proposal: ProposedRelationship) -> list[str]:
        return in_words(proposal)


class ProposedRelationshipFilter(filters.FilterSet):
    status = filters.ChoiceFilter("status", choices=ProposalStatus.choices)
    source = filters.CharFilter("source__key", label="key of the item it begins at")
    target = filters.CharFilter("target__key", label="key of the item it ends at")
    times_min = filters.NumberFilter("times", "gte", label="at least so many times as often as by chance")

    class Meta:
        model = ProposedRelationship
        fields: list[str] = []


class ProposedRelationshipViewSet(RecordViewSet):
    """The strongest first."""

    scope = "relationships"
    http_method_names = ["get", "post", "head", "options"]
    queryset = ProposedRelationship.objects.select_related("source", "target", "type", "decided_by", "relationship")
    serializer_class: Any = ProposedRelationshipSerializer
    filterset_class = ProposedRelationshipFilter
    ordering_fields = ["times", "support", "created_at"]
    ordering = ["-times"]
    steps = PROPOSED_STEPS
