"""`hook-endpoints/`, `hook-deliveries/`, `webhooks/`, `webhooks/{webhook}/deliveries/`, `calendar-feeds/`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from apps.accounts.models import Team
from apps.accounts.permissions import Role, has_role
from apps.cmdb.models import ValueStream
from apps.core.actor import Actor
from apps.core.api.base import JsonAnswer
from apps.core.api.fields import FastSerializer
from apps.core.api.viewsets import PartViewSet, RecordViewSet
from apps.integrations import actions
from apps.integrations.forms import HOOK_STEPS
from apps.integrations.lifecycle import HookStatus, OutboundStatus
from apps.integrations.models import (
    CalendarFeed,
    HookDelivery,
    HookEndpoint,
    HookKind,
    WebhookDelivery,
    WebhookSubscription,
)
from apps.integrations.permissions import CONNECTORS


class HookEndpointSerializer(FastSerializer):
    """An address at which a tool reports."""

    slug = serializers.SlugField(max_length=80)
    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    kind = serializers.ChoiceField(choices=HookKind.choices, required=False)
    is_enabled = serializers.BooleanField(required=False)
    environments = serializers.DictField(child=serializers.CharField(max_length=120), required=False)
    secret = serializers.CharField(
        write_only=True, required=False, min_length=16, max_length=200, help_text="Left out, one is made."
    )
    version = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class HookEndpointChangeSerializer(FastSerializer):
    """What can be changed of an endpoint."""

    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    is_enabled = serializers.BooleanField(required=False)
    environments = serializers.DictField(child=serializers.CharField(max_length=120), required=False)


class SecretSerializer(FastSerializer):
    """A secret, shown this once."""

    secret = serializers.CharField(read_only=True)


class NewSecretSerializer(FastSerializer):
    """The next secret; left out, one is made."""

    secret = serializers.CharField(required=False, min_length=16, max_length=200)


class ShowsSecretOnce:
    """For viewsets whose creation answers with the record and the secret that belongs to it, this once."""

    shown_as = "secret"
    _secret: str | None = None

    def after(self, obj: Any, status: int = 200) -> JsonAnswer:
        answer = super().after(obj, status)
        if self.action != "create":
            return answer
        shown = JsonAnswer({**answer.data, self.shown_as: self._secret}, status, getattr(obj, "version", None))
        shown["Cache-Control"] = "no-store"
        return shown


def _secret_answer(secret: str) -> JsonAnswer:
    answer = JsonAnswer({"secret": secret}, tagged=False)
    answer["Cache-Control"] = "no-store"
    return answer


class HookEndpointViewSet(ShowsSecretOnce, RecordViewSet):
    scope = "hooks"
    read_roles = (*CONNECTORS, Role.AUDITOR)
    write_roles = CONNECTORS
    queryset = HookEndpoint.objects.all()
    lookup_field = "slug"
    serializer_class = HookEndpointSerializer
    update_serializer_class = HookEndpointChangeSerializer
    filterset_fields = ["kind", "is_enabled"]
    search_fields = ["slug", "name"]
    ordering_fields = ["slug", "created_at"]
    ordering = ["slug"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> HookEndpoint:
        endpoint, self._secret = actions.create_endpoint(by=by, **data)
        return endpoint

    def perform_update(self, obj: HookEndpoint, data: dict[str, Any], by: Actor) -> HookEndpoint:
        return actions.change_endpoint(endpoint=obj, by=by, **data)

    def perform_destroy(self, obj: HookEndpoint, by: Actor) -> None:
        actions.remove_endpoint(endpoint=obj, by=by)

    @extend_schema(request=NewSecretSerializer, responses=SecretSerializer, summary="Change the secret: hook endpoint")
    @action(detail=True, methods=["post"])
    def rotate_secret(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """A new secret; the one before it counts until it is dropped."""
        data = self.validated(NewSecretSerializer)
        return _secret_answer(actions.rotate_endpoint_secret(endpoint=self.get_object(), by=self.by, **data)[1])

    @extend_schema(request=None, responses=HookEndpointSerializer, summary="Drop the old secret: hook endpoint")
    @action(detail=True, methods=["post"])
    def drop_previous_secret(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Only the newest secret counts from now on."""
        return self.after(actions.drop_previous_secret(endpoint=self.get_object(), by=self.by))


class HookDeliverySerializer(FastSerializer):
    """One event that a tool delivered, and what came of it."""

    id = serializers.IntegerField(source="pk", read_only=True)
    endpoint = serializers.CharField(source="endpoint.slug", read_only=True)
    delivery_id = serializers.CharField(read_only=True)
    event = serializers.CharField(read_only=True)
    status = serializers.ChoiceField(choices=HookStatus.choices, read_only=True)
    facts = serializers.JSONField(read_only=True)
    result = serializers.CharField(read_only=True)
    deployment = serializers.CharField(source="deployment.key", read_only=True, allow_null=True)
    version = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class HookDeliveryFilter(filters.FilterSet):
    endpoint = filters.CharFilter("endpoint__slug", label="slug of the endpoint")

    class Meta:
        model = HookDelivery
        fields = ["status", "event", "delivery_id"]


class HookDeliveryViewSet(RecordViewSet):
    """The inbox. What could not be matched stays here until somebody has it matched again, or sets it aside."""

    scope = "hooks"
    read_roles = (*CONNECTORS, Role.AUDITOR)
    write_roles = CONNECTORS
    queryset = HookDelivery.objects.select_related("endpoint", "deployment")
    lookup_field = "pk"
    lookup_url_kwarg = "id"
    lookup_value_regex = "[0-9]{1,18}"
    serializer_class = HookDeliverySerializer
    filterset_class = HookDeliveryFilter
    ordering_fields = ["created_at"]
    ordering = ["-pk"]
    steps = HOOK_STEPS


class WebhookSerializer(FastSerializer):
    """An address outside that is told of events."""

    key = serializers.CharField(read_only=True)
    name = serializers.CharField(max_length=200)
    url = serializers.CharField(max_length=1000)
    events = serializers.ListField(child=serializers.CharField(max_length=120), min_length=1, max_length=50)
    is_enabled = serializers.BooleanField(required=False)
    disabled_reason = serializers.CharField(read_only=True)
    version = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class WebhookDeliverySerializer(FastSerializer):
    """One message to one subscriber, and what became of it."""

    key = serializers.CharField(read_only=True)
    message_id = serializers.CharField(read_only=True, help_text="The webhook-id: the same at every attempt.")
    event = serializers.CharField(read_only=True)
    status = serializers.ChoiceField(choices=OutboundStatus.choices, read_only=True)
    attempts = serializers.IntegerField(read_only=True)
    attempted_at = serializers.DateTimeField(read_only=True, allow_null=True)
    next_attempt_at = serializers.DateTimeField(read_only=True, allow_null=True)
    http_status = serializers.IntegerField(read_only=True, allow_null=True)
    detail = serializers.CharField(read_only=True)
    payload = serializers.JSONField(read_only=True)
    version = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class WebhookViewSet(ShowsSecretOnce, RecordViewSet):
    scope = "webhooks"
    read_roles = (*CONNECTORS, Role.AUDITOR)
    write_roles = CONNECTORS
    queryset = WebhookSubscription.objects.all()
    serializer_class = WebhookSerializer
    filterset_fields = ["is_enabled"]
    search_fields = ["key", "name", "url"]
    ordering_fields = ["key", "name", "created_at"]
    ordering = ["key"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> WebhookSubscription:
        subscription, self._secret = actions.subscribe(by=by, **data)
        return subscription

    def perform_update(self, obj: WebhookSubscription, data: dict[str, Any], by: Actor) -> WebhookSubscription:
        return actions.change_subscription(subscription=obj, by=by, **data)

    def perform_destroy(self, obj: WebhookSubscription, by: Actor) -> None:
        actions.remove_subscription(subscription=obj, by=by)

    @extend_schema(request=None, responses=SecretSerializer, summary="Change the secret: webhook subscription")
    @action(detail=True, methods=["post"])
    def rotate_secret(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """A new secret; messages are signed with both until the next change."""
        return _secret_answer(actions.rotate_subscription_secret(subscription=self.get_object(), by=self.by)[1])

    @extend_schema(
        request=None, responses={201: WebhookDeliverySerializer}, summary="Send a test: webhook subscription"
    )
    @action(detail=True, methods=["post"])
    def test(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """A message that means nothing, to see whether it arrives."""
        sent = actions.send_test(subscription=self.get_object(), by=self.by)
        return JsonAnswer(WebhookDeliverySerializer().to_representation(sent), 201)


class WebhookDeliveryViewSet(PartViewSet):
    scope = "webhooks"
    read_roles = (*CONNECTORS, Role.AUDITOR)
    write_roles = CONNECTORS
    queryset = WebhookDelivery.objects.select_related("subscription")
    parent_queryset = WebhookSubscription.objects.all()
    parent_field = "subscription"
    parent_lookup = {"webhook": "key"}
    serializer_class = WebhookDeliverySerializer
    filterset_fields = ["status", "event", "message_id"]
    ordering_fields = ["created_at"]
    ordering = ["-pk"]

    @extend_schema(request=None, responses={201: WebhookDeliverySerializer}, summary="Send again: webhook delivery")
    @action(detail=True, methods=["post"])
    def redeliver(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """The same message under the same webhook-id, as a new delivery."""
        return self.after(actions.redeliver(delivery=self.get_object(), by=self.by), status=201)


class CalendarFeedSerializer(FastSerializer):
    """A secret address at which a calendar program reads releases, windows and freezes."""

    key = serializers.CharField(read_only=True)
    name = serializers.CharField(max_length=200)
    owner = serializers.CharField(source="owner.username", read_only=True)
    team = serializers.SlugRelatedField("slug", queryset=Team.objects.all(), required=False, allow_null=True)
    value_stream = serializers.SlugRelatedField(
        "slug", queryset=ValueStream.objects.all(), required=False, allow_null=True
    )
    is_mine_only = serializers.BooleanField(required=False)
    revoked_at = serializers.DateTimeField(read_only=True, allow_null=True)
    version = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class CalendarFeedViewSet(ShowsSecretOnce, RecordViewSet):
    """One's own feeds; an administrator sees everybody's."""

    scope = "calendar-feeds"
    shown_as = "address"
    queryset = CalendarFeed.objects.select_related("owner", "team", "value_stream")
    serializer_class = CalendarFeedSerializer
    ordering_fields = ["key", "created_at"]
    ordering = ["key"]

    def get_queryset(self) -> QuerySet[CalendarFeed]:
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False) or has_role(self.request.user, Role.ADMINISTRATOR):
            return rows
        return rows.filter(owner=self.request.user)

    def perform_create(self, data: dict[str, Any], by: Actor) -> CalendarFeed:
        feed, token = actions.open_feed(owner=by.user, by=by, **data)
        self._secret = f"{settings.TIDEGATE_BASE_URL}/calendar/{token}.ics"
        return feed

    def perform_destroy(self, obj: CalendarFeed, by: Actor) -> None:
        actions.revoke_feed(feed=obj, by=by)
