"""`audit/`: the trail for auditors, and the proof that it is whole. `dead-letters/`: deliveries that were given up."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpResponse
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from apps.core import seal
from apps.core.actions.dead_letters import retry_delivery
from apps.core.actor import Door
from apps.core.api.base import JsonAnswer
from apps.core.api.fields import FastSerializer
from apps.core.api.viewsets import RecordViewSet
from apps.core.models import AuditEntry, OutboxDelivery

# The words of apps.accounts.permissions.Role, which stands above this app.
AUDITOR, ADMINISTRATOR = "auditor", "administrator"


class AuditEntrySerializer(FastSerializer):
    """One deed: who did what through which door, and what it changed."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    event = serializers.CharField()
    door = serializers.ChoiceField(choices=Door.choices)
    actor = serializers.CharField(source="actor_name")
    token = serializers.CharField(source="token_name")
    subject_type = serializers.CharField()
    subject = serializers.CharField(source="subject_key")
    root_type = serializers.CharField()
    root = serializers.CharField(source="root_key")
    before = serializers.CharField()
    after = serializers.CharField()
    changes = serializers.DictField()
    data = serializers.DictField()
    note = serializers.CharField()
    request_id = serializers.CharField()


class AuditFilter(filters.FilterSet):
    actor = filters.CharFilter("actor_name", label="username, or the name of a job")
    subject = filters.CharFilter("subject_key", label="public key of the record")
    root = filters.CharFilter("root_key", label="public key of the record it belongs to")
    since = filters.IsoDateTimeFilter("at", "gte", label="at or after")
    until = filters.IsoDateTimeFilter("at", "lt", label="before")

    class Meta:
        model = AuditEntry
        fields = ["event", "door", "subject_type", "root_type", "request_id"]


class VerdictSerializer(FastSerializer):
    """Whether the trail is whole."""

    whole = serializers.BooleanField()
    entries = serializers.IntegerField(help_text="sealed entries that were proved")
    seals = serializers.IntegerField()
    unsealed = serializers.IntegerField(help_text="entries that the next seal will take in")
    head = serializers.CharField(help_text="digest of the last seal; publish it to pin the trail")
    broken = serializers.CharField(help_text="the first fault, in words; empty when there is none")


class AuditViewSet(RecordViewSet):
    scope = "audit"
    read_roles = (AUDITOR, ADMINISTRATOR)
    queryset = AuditEntry.objects.all()
    lookup_field = "id"
    serializer_class = AuditEntrySerializer
    filterset_class = AuditFilter
    ordering_fields = ["id"]
    ordering = ["-id"]

    @extend_schema(request=None, responses={200: VerdictSerializer}, summary="Prove that the audit trail is whole")
    @action(detail=False, methods=["post"], atomic=False, reads_only=True)
    def verify(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Recomputes every seal from the entries themselves."""
        return JsonAnswer(asdict(seal.verify()), tagged=False)


class DeadLetterSerializer(FastSerializer):
    """One event that a consumer could not take, after every attempt."""

    id = serializers.IntegerField()
    event = serializers.CharField(source="event.name")
    subject = serializers.CharField(source="event.subject_key")
    consumer = serializers.CharField()
    attempts = serializers.IntegerField()
    dead_at = serializers.DateTimeField(allow_null=True)
    last_error = serializers.CharField()


class DeadLetterViewSet(RecordViewSet):
    scope = "outbox"
    read_roles = write_roles = (ADMINISTRATOR,)
    queryset = OutboxDelivery.objects.select_related("event").filter(dead_at__isnull=False, done_at__isnull=True)
    lookup_field = "id"
    serializer_class = DeadLetterSerializer
    filterset_fields = ["consumer"]
    ordering_fields = ["id", "dead_at"]
    ordering = ["-id"]

    @extend_schema(request=None, responses=DeadLetterSerializer, summary="Send a dead letter on its way again")
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, **kwargs: Any) -> HttpResponse:
        """The relay takes it with the next batch."""
        letter = self.get_object()
        retried = retry_delivery(delivery=letter, by=self.by)
        retried.event = letter.event
        return self.shown(retried)
