"""`releases/{key}/approvals/`: the rounds in which approval was asked, and answering."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.approvals.models import Decision, Round, RoundStatus
from apps.approvals.queries import who_is_needed
from apps.core.actor import Actor
from apps.core.api.fields import FastSerializer
from apps.releases import actions
from apps.releases.api.plan import ReleasePartViewSet
from apps.releases.api.serializers import PEOPLE
from apps.releases.models import Release
from apps.releases.queries import rounds_of


class GivenAnswerSerializer(FastSerializer):
    """What one person said."""

    person = serializers.CharField(source="person.username")
    on_behalf_of = serializers.CharField(source="on_behalf_of.username", allow_null=True)
    decision = serializers.ChoiceField(choices=Decision.choices)
    reason = serializers.CharField()
    digest = serializers.CharField()
    door = serializers.CharField()
    at = serializers.DateTimeField()


class NeedSerializer(FastSerializer):
    """What one group still lacks, and who could give it."""

    group = serializers.CharField()
    needed = serializers.IntegerField()
    approvals = serializers.IntegerField()
    objections = serializers.IntegerField()
    is_open = serializers.BooleanField()
    is_met = serializers.BooleanField()
    people = serializers.SerializerMethodField()
    who = serializers.CharField(source="words")

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_people(self, need: Any) -> list[str]:
        return [person.username for person in need.people]


class NotAskedSerializer(FastSerializer):
    """A group that is not asked."""

    name = serializers.CharField()
    why = serializers.CharField()


class ApprovalRoundSerializer(FastSerializer):
    """One asking of approval for one content, known by its digest."""

    key = serializers.CharField()
    title = serializers.CharField()
    status = serializers.ChoiceField(choices=RoundStatus.choices)
    digest = serializers.CharField()
    content = serializers.DictField()
    requester = serializers.CharField(source="requester.username", allow_null=True)
    opened_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    closed_reason = serializers.CharField()
    answers = GivenAnswerSerializer(many=True)
    needed = serializers.SerializerMethodField()
    not_asked = serializers.SerializerMethodField(
        help_text="Groups of the model whose conditions do not hold, and why."
    )

    @extend_schema_field(NotAskedSerializer(many=True))
    def get_not_asked(self, asked: Round) -> list[dict[str, str]]:
        return asked.rules.get("left_out") or []

    @extend_schema_field(NeedSerializer(many=True))
    def get_needed(self, asked: Round) -> list[dict[str, Any]]:
        if asked.status != RoundStatus.PENDING:
            return []
        serializer = NeedSerializer()
        return [serializer.to_representation(need) for need in who_is_needed(asked)]


class AnswerSerializer(FastSerializer):
    """An answer to the round that is open, on the digest that was shown."""

    decision = serializers.ChoiceField(choices=Decision.choices)
    digest = serializers.CharField(max_length=80)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    on_behalf_of = serializers.SlugRelatedField("username", queryset=PEOPLE, required=False, allow_null=True)
    delegate_to = serializers.SlugRelatedField("username", queryset=PEOPLE, required=False, allow_null=True)
    condition = serializers.DictField(required=False)


class ApprovalViewSet(ReleasePartViewSet):
    queryset = Round.objects.all()
    lookup_field = "key"
    lookup_url_kwarg = "round"
    serializer_class = ApprovalRoundSerializer
    create_serializer_class = AnswerSerializer
    ordering_fields = ["opened_at"]
    ordering = ["opened_at"]

    def get_queryset(self) -> QuerySet:
        if getattr(self, "swagger_fake_view", False):
            return Round.objects.all()
        return rounds_of(self.parent).select_related("requester")

    def perform_create(self, data: dict[str, Any], by: Actor) -> Round:
        release: Release = actions.answer_approval(release=self.parent, by=by, **data)
        return release.round
