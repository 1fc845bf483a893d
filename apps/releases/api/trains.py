"""`trains/`: releases that go together, who is aboard, in which order they depart, and the answer to many at once."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from apps.core.actor import Actor
from apps.core.api.base import JsonAnswer
from apps.core.api.fields import FastSerializer
from apps.core.api.schema import BlockerSerializer
from apps.core.api.viewsets import PartViewSet, RecordViewSet
from apps.releases import actions
from apps.releases.api.serializers import PEOPLE, TEXT, ReleaseRowSerializer
from apps.releases.forms.trains import TRAIN_STEPS
from apps.releases.lifecycle import words
from apps.releases.models import Release, Train
from apps.releases.queries import departure_of, questions_for


class TrainSerializer(FastSerializer):
    """Several releases under one window, that start together or not at all."""

    key = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)
    goal = serializers.CharField(read_only=True)
    status = serializers.ChoiceField(choices=words.TrainStatus.choices, read_only=True)
    conductor = serializers.CharField(source="conductor.username", read_only=True, allow_null=True)
    planned_start = serializers.DateTimeField(read_only=True)
    planned_end = serializers.DateTimeField(read_only=True)
    departed_at = serializers.DateTimeField(read_only=True, allow_null=True)
    arrived_at = serializers.DateTimeField(read_only=True, allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class TrainInputSerializer(FastSerializer):
    """A train as it is planned."""

    title = serializers.CharField(max_length=200)
    goal = serializers.CharField(**TEXT)
    conductor = serializers.SlugRelatedField("username", queryset=PEOPLE, required=False, allow_null=True)
    planned_start = serializers.DateTimeField()
    planned_end = serializers.DateTimeField()


class TrainChangeSerializer(FastSerializer):
    """What can be said better of a train. Its window is moved at `move/`."""

    title = serializers.CharField(max_length=200)
    goal = serializers.CharField(**TEXT)
    conductor = serializers.SlugRelatedField("username", queryset=PEOPLE, required=False, allow_null=True)


class MoveTrainSerializer(FastSerializer):
    planned_start = serializers.DateTimeField()
    planned_end = serializers.DateTimeField()
    reason = serializers.CharField(max_length=2000, help_text="Approvers of the old window are told.")


class TrainMemberSerializer(FastSerializer):
    """A release aboard, in its place in the departure."""

    release = serializers.CharField(source="release.key")
    title = serializers.CharField(source="release.title")
    status = serializers.ChoiceField(choices=words.Status.choices, source="release.status")
    needs = serializers.SerializerMethodField(help_text="Fellows that come before it.")
    follows = serializers.SerializerMethodField(help_text="Fellows that must be released before it starts.")
    has_gone = serializers.BooleanField()
    is_backed_out = serializers.BooleanField()
    loses_approval = serializers.BooleanField(help_text="Moving the train sends it back to planning.")
    blockers = serializers.SerializerMethodField(help_text="What keeps it, and with it the train.")

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_needs(self, member: Any) -> list[str]:
        return [need.needs.key for need in member.needs]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_follows(self, member: Any) -> list[str]:
        return [need.needs.key for need in member.follows]

    @extend_schema_field(BlockerSerializer(many=True))
    def get_blockers(self, member: Any) -> list[dict[str, Any]]:
        return [blocker.as_dict() for blocker in member.blockers]


class TrainQuestionSerializer(FastSerializer):
    """A release aboard that waits for my answer. Send `digest` back with the answer: it says what was shown."""

    release = serializers.CharField(source="release.key")
    title = serializers.CharField(source="release.title")
    risk = serializers.ChoiceField(choices=words.Risk.choices, source="release.risk")
    round = serializers.CharField(source="asked.key")
    digest = serializers.CharField()
    has_approved_before = serializers.BooleanField()
    changed = serializers.ListField(child=serializers.CharField(), help_text="Since I last approved it.")
    verification = serializers.CharField(source="standing")
    why_alone = serializers.CharField(help_text="Why it is answered by itself; empty when it may be approved here.")


class ChosenReleaseSerializer(FastSerializer):
    release = serializers.CharField(max_length=40)
    digest = serializers.CharField(max_length=80)


class ApproveMembersSerializer(FastSerializer):
    """Yes to each of these, on the digest that was shown: all of them, or none."""

    releases = ChosenReleaseSerializer(many=True, allow_empty=False)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000)


class BoardTrainSerializer(FastSerializer):
    key = serializers.SlugRelatedField(
        "key", queryset=Release.objects.all(), source="release", help_text="The release that boards."
    )
    comment = serializers.CharField(source="note", required=False, allow_blank=True, max_length=4000)


class LeaveTrainSerializer(FastSerializer):
    reason = serializers.CharField(max_length=2000)


class TrainFilter(filters.FilterSet):
    conductor = filters.CharFilter("conductor__username", label="username of the conductor")
    planned_from = filters.IsoDateTimeFilter("planned_end", "gte", label="ends at or after")
    planned_until = filters.IsoDateTimeFilter("planned_start", "lt", label="starts before")

    class Meta:
        model = Train
        fields = ["status"]


class TrainViewSet(RecordViewSet):
    scope = "releases"
    queryset = Train.objects.select_related("conductor")
    serializer_class = TrainSerializer
    create_serializer_class = TrainInputSerializer
    update_serializer_class = TrainChangeSerializer
    filterset_class = TrainFilter
    search_fields = ["key", "title"]
    ordering_fields = ["key", "planned_start", "created_at"]
    ordering = ["-created_at"]
    steps = TRAIN_STEPS

    def perform_create(self, data: dict[str, Any], by: Actor) -> Train:
        return actions.plan_train(by=by, **data)

    def perform_update(self, obj: Train, data: dict[str, Any], by: Actor) -> Train:
        return actions.change_train(train=obj, by=by, **data)

    @extend_schema(request=MoveTrainSerializer, responses=TrainSerializer, summary="Give a train another window")
    @action(detail=True, methods=["post"])
    def move(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Everybody aboard moves with it; who was approved for the old window, or is being asked, is planned again."""
        data = self.validated(MoveTrainSerializer)
        return self.after(actions.move_train(train=self.get_object(), by=self.by, note=data.pop("reason"), **data))

    @extend_schema(
        responses=TrainMemberSerializer(many=True), summary="Who departs in which order, and what keeps each"
    )
    @action(detail=True)
    def departure(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Everybody aboard, each after the fellows that it needs."""
        serializer = TrainMemberSerializer()
        return JsonAnswer([serializer.to_representation(member) for member in departure_of(self.get_object())])

    @extend_schema(responses=TrainQuestionSerializer(many=True), summary="What of a train waits for my approval")
    @action(detail=True)
    def approvals(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Each with the digest to send back, and with the reason where it must be read by itself."""
        serializer = TrainQuestionSerializer()
        asked = questions_for(self.get_object(), request.user)
        return JsonAnswer([serializer.to_representation(one) for one in asked])

    @extend_schema(
        request=ApproveMembersSerializer, responses=TrainSerializer, summary="Approve several releases of a train"
    )
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, **kwargs: Any) -> HttpResponse:
        """One act, an answer of its own for each release; 409 with every reason when one of them is refused."""
        data = self.validated(ApproveMembersSerializer)
        chosen = [(one["release"], one["digest"]) for one in data["releases"]]
        train = self.get_object()
        actions.approve_members(train=train, chosen=chosen, by=self.by, reason=data.get("reason", ""))
        return self.after(train)


class TrainReleaseViewSet(PartViewSet):
    """Who is aboard. POST boards a release; it leaves with a reason."""

    scope = "releases"
    queryset = Release.objects.as_rows()
    parent_queryset = Train.objects.select_related("conductor")
    parent_field = "train"
    lookup_url_kwarg = "release"
    serializer_class = ReleaseRowSerializer
    create_serializer_class = BoardTrainSerializer
    ordering_fields = ["key", "status"]
    ordering = ["key"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> Release:
        return actions.board_train(train=self.parent, by=by, **data)

    @extend_schema(request=LeaveTrainSerializer, responses=ReleaseRowSerializer, summary="Leave a release behind")
    @action(detail=True, methods=["post"])
    def leave(self, request: Request, **kwargs: Any) -> HttpResponse:
        """It keeps its window and its approval, and goes on alone."""
        reason = self.validated(LeaveTrainSerializer)["reason"]
        return self.after(actions.leave_train(release=self.get_object(), by=self.by, note=reason))
