"""`messages/`: what was sent to whom, and why."""

from __future__ import annotations

from django_filters import rest_framework as filters
from rest_framework import serializers

from apps.accounts.permissions import Role
from apps.core.api.fields import FastSerializer
from apps.core.api.viewsets import RecordViewSet
from apps.notifications.forms import MESSAGE_STEPS
from apps.notifications.lifecycle import MessageStatus
from apps.notifications.models import Message


class MessageSerializer(FastSerializer):
    """One mail to one reader. Personal links are never shown: they exist only in the mail that left."""

    id = serializers.IntegerField(read_only=True)
    event = serializers.CharField(read_only=True)
    about = serializers.CharField(source="record_key", read_only=True)
    to_user = serializers.CharField(source="to_user.username", read_only=True, allow_null=True)
    to_address = serializers.CharField(read_only=True)
    reason = serializers.CharField(read_only=True)
    subject = serializers.CharField(read_only=True)
    text = serializers.CharField(read_only=True)
    status = serializers.ChoiceField(choices=MessageStatus.choices, read_only=True)
    attempts = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    sent_at = serializers.DateTimeField(read_only=True)
    message_id = serializers.CharField(read_only=True)
    last_error = serializers.CharField(read_only=True)
    record_version = serializers.IntegerField(source="version", read_only=True)


class MessageFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=MessageStatus.choices)
    event = filters.CharFilter("event")
    about = filters.CharFilter("record_key", label="key of the record it is about")
    to_user = filters.CharFilter("to_user__username", label="username")
    sent_after = filters.IsoDateTimeFilter("sent_at", "gte", label="sent at or after")


class MessageViewSet(RecordViewSet):
    scope = "notifications"
    read_roles = (Role.RELEASE_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR)
    queryset = Message.objects.select_related("to_user")
    lookup_field = "pk"
    lookup_url_kwarg = "id"
    serializer_class = MessageSerializer
    filterset_class = MessageFilter
    search_fields = ["subject", "to_address", "record_key"]
    ordering_fields = ["created_at", "sent_at"]
    ordering = ["-pk"]
    steps = MESSAGE_STEPS
