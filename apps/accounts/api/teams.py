"""`teams/` and `teams/{team}/members/`."""

from __future__ import annotations

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.validators import UniqueValidator

from apps.accounts import actions
from apps.accounts.models import Membership, Team, User
from apps.core.actor import Actor
from apps.core.api.fields import FastSerializer
from apps.core.api.viewsets import PartViewSet, RecordViewSet


class TeamSerializer(FastSerializer):
    """People who own configuration items together and can be asked together."""

    slug = serializers.SlugField(max_length=80, validators=[UniqueValidator(Team.objects.all())])
    name = serializers.CharField(max_length=200)
    description = serializers.CharField(required=False, allow_blank=True, max_length=10_000)
    version = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class TeamFilter(filters.FilterSet):
    member = filters.CharFilter("memberships__user__username", label="username of a member")
    updated_after = filters.IsoDateTimeFilter("updated_at", "gte", label="changed at or after")

    class Meta:
        model = Team
        fields = ["slug", "name"]


class TeamViewSet(RecordViewSet):
    scope = "teams"
    queryset = Team.objects.all()
    lookup_field = "slug"
    serializer_class = TeamSerializer
    filterset_class = TeamFilter
    search_fields = ["slug", "name", "description"]
    ordering_fields = ["slug", "name", "created_at", "updated_at"]
    ordering = ["slug"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> Team:
        return actions.create_team(by=by, **data)

    def perform_update(self, obj: Team, data: dict[str, Any], by: Actor) -> Team:
        return actions.change_team(team=obj, by=by, **data)

    def perform_destroy(self, obj: Team, by: Actor) -> None:
        actions.remove_team(team=obj, by=by)


class MemberSerializer(FastSerializer):
    """A person in a team."""

    username = serializers.SlugRelatedField("username", queryset=User.objects.filter(is_active=True), source="user")
    name = serializers.CharField(source="user.get_full_name", read_only=True)
    is_lead = serializers.BooleanField(required=False)
    version = serializers.IntegerField(read_only=True)


@extend_schema_serializer(component_name="MemberChange")
class MemberChangeSerializer(FastSerializer):
    """What can be changed of a membership."""

    is_lead = serializers.BooleanField()


class MemberViewSet(PartViewSet):
    scope = "teams"
    queryset = Membership.objects.select_related("user", "team")
    parent_queryset = Team.objects.all()
    parent_field = "team"
    parent_lookup = "slug"
    lookup_field = "user__username"
    lookup_url_kwarg = "username"
    serializer_class = MemberSerializer
    update_serializer_class = MemberChangeSerializer
    ordering_fields = ["user__username", "created_at"]
    ordering = ["user__username"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> Membership:
        return actions.add_member(team=self.parent, by=by, **data)

    def perform_update(self, obj: Membership, data: dict[str, Any], by: Actor) -> Membership:
        return actions.change_member(membership=obj, by=by, **data)

    def perform_destroy(self, obj: Membership, by: Actor) -> None:
        actions.remove_member(membership=obj, by=by)
