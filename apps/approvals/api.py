"""`my-approvals/`: what waits for my answer. `delegations/`: voices lent. Answers are given where the subject is."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from apps.accounts.models import User
from apps.accounts.permissions import Role, has_role
from apps.approvals import actions
from apps.approvals.models import Ask, Delegation
from apps.approvals.queries import waiting_for
from apps.core.actor import Actor
from apps.core.api.fields import FastSerializer
from apps.core.api.viewsets import RecordViewSet

READS_ALL = (Role.AUDITOR, Role.RELEASE_MANAGER, Role.ADMINISTRATOR)


class MyApprovalSerializer(FastSerializer):
    """A question that waits for my answer. Send `digest` back with the answer: it says what was shown."""

    round = serializers.CharField(source="round.key")
    title = serializers.CharField(source="round.title")
    url = serializers.CharField(source="round.url")
    digest = serializers.CharField(source="round.digest")
    group = serializers.CharField()
    on_behalf_of = serializers.SlugRelatedField("username", read_only=True)
    requester = serializers.CharField(source="round.requester.username", allow_null=True)
    asked_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(source="round.expires_at", allow_null=True)


class MyApprovalViewSet(RecordViewSet):
    scope = "approvals"
    queryset = Ask.objects.all()
    lookup_field = "round__key"
    lookup_url_kwarg = "round"
    serializer_class = MyApprovalSerializer
    ordering_fields = ["asked_at"]
    ordering = ["asked_at"]

    def get_queryset(self) -> QuerySet[Ask]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return waiting_for(self.request.user).order_by()


class DelegationSerializer(FastSerializer):
    """A voice lent for a time: the taker answers on behalf of the giver."""

    key = serializers.CharField(read_only=True)
    giver = serializers.SlugRelatedField("username", read_only=True)
    taker = serializers.SlugRelatedField("username", read_only=True)
    round = serializers.SlugRelatedField("key", read_only=True)
    from_at = serializers.DateTimeField()
    until_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(read_only=True)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=300)
    version = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)


class DelegationCreateSerializer(FastSerializer):
    """The two people by their usernames, looked up together."""

    giver = serializers.CharField(
        max_length=150,
        required=False,
        help_text="You, when left out. Only an administrator names somebody else, with a reason.",
    )
    taker = serializers.CharField(max_length=150)
    from_at = serializers.DateTimeField()
    until_at = serializers.DateTimeField()
    reason = serializers.CharField(required=False, allow_blank=True, max_length=300)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        named = {name: data[name] for name in ("giver", "taker") if name in data}
        known = User.objects.filter(is_active=True).in_bulk([*named.values()], field_name="username")
        unknown = {
            name: ErrorDetail(_("Nobody at work here is called “%s”.") % username, code="does_not_exist")
            for name, username in named.items()
            if username not in known
        }
        if unknown:
            raise serializers.ValidationError(unknown)
        return {**data, **{name: known[username] for name, username in named.items()}}


class DelegationFilter(filters.FilterSet):
    giver = filters.CharFilter("giver__username", label="username of the giver")
    taker = filters.CharFilter("taker__username", label="username of the taker")
    at = filters.IsoDateTimeFilter(method="in_force", label="in force at this moment")

    class Meta:
        model = Delegation
        fields: list[str] = []

    def in_force(self, rows: QuerySet[Delegation], name: str, at: Any) -> QuerySet[Delegation]:
        return rows.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=at), from_at__lte=at, until_at__gt=at)


class DelegationViewSet(RecordViewSet):
    """Yours, given and taken; auditors and release managers see all. DELETE ends one now; it stays on record."""

    scope = "approvals"
    queryset = Delegation.objects.select_related("giver", "taker", "round")
    serializer_class = DelegationSerializer
    create_serializer_class = DelegationCreateSerializer
    filterset_class = DelegationFilter
    ordering_fields = ["from_at", "until_at", "key"]
    ordering = ["-from_at"]

    def get_queryset(self) -> QuerySet[Delegation]:
        rows = super().get_queryset()
        user = self.request.user
        if getattr(self, "swagger_fake_view", False) or has_role(user, *READS_ALL):
            return rows
        return rows.filter(Q(giver=user) | Q(taker=user))

    def perform_create(self, data: dict[str, Any], by: Actor) -> Delegation:
        return actions.create_delegation(**{"giver": by.user, **data}, by=by)

    def perform_destroy(self, obj: Delegation, by: Actor) -> None:
        actions.end_delegation(delegation=obj, by=by)
