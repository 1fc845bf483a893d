"""Value streams, parties, and what ties parties to services."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from apps.cmdb import actions
from apps.cmdb.models import Party, ServiceRelationship, ValueStream
from apps.cmdb.permissions import ITEM_EDITORS
from apps.core.actor import Actor
from apps.core.admin import RecordAdmin, RecordInline


class ServiceRelationshipInline(RecordInline):
    """The services a party is tied to."""

    model = ServiceRelationship
    fields = ("service", "role", "notice_hours")
    autocomplete_fields = ("service",)
    edit_roles = ITEM_EDITORS

    def perform_create(self, data: dict[str, Any], by: Actor) -> ServiceRelationship:
        return actions.create_service_relationship(**data, by=by)

    def perform_update(self, obj: ServiceRelationship, data: dict[str, Any], by: Actor) -> ServiceRelationship:
        return actions.change_service_relationship(service_relationship=obj, by=by, **data)

    def perform_destroy(self, obj: ServiceRelationship, by: Actor) -> None:
        actions.remove_service_relationship(service_relationship=obj, by=by)


@admin.register(Party)
class PartyAdmin(RecordAdmin):
    list_display = ("name", "kind", "email", "contact")
    list_filter = ("kind",)
    search_fields = ("slug__istartswith", "name__icontains", "contact__icontains")
    ordering = ("name", "id")
    fields = ("name", "slug", "kind", "email", "contact")
    inlines = (ServiceRelationshipInline,)
    edit_roles = ITEM_EDITORS

    def perform_create(self, data: dict[str, Any], by: Actor) -> Party:
        return actions.create_party(**data, by=by)

    def perform_update(self, obj: Party, data: dict[str, Any], by: Actor) -> Party:
        return actions.change_party(party=obj, by=by, **data)

    def perform_destroy(self, obj: Party, by: Actor) -> None:
        actions.remove_party(party=obj, by=by)


@admin.register(ServiceRelationship)
class ServiceRelationshipAdmin(RecordAdmin):
    list_display = ("party", "service", "role", "notice_hours")
    list_filter = ("party__kind",)
    search_fields = ("party__name__icontains", "service__key__istartswith", "service__name__icontains")
    ordering = ("id",)
    fields = ("party", "service", "role", "notice_hours")
    edit_roles = ITEM_EDITORS

    def perform_create(self, data: dict[str, Any], by: Actor) -> ServiceRelationship:
        return actions.create_service_relationship(**data, by=by)

    def perform_update(self, obj: ServiceRelationship, data: dict[str, Any], by: Actor) -> ServiceRelationship:
        return actions.change_service_relationship(service_relationship=obj, by=by, **data)

    def perform_destroy(self, obj: ServiceRelationship, by: Actor) -> None:
        actions.remove_service_relationship(service_relationship=obj, by=by)


@admin.register(ValueStream)
class ValueStreamAdmin(RecordAdmin):
    list_display = ("name", "slug", "owner")
    search_fields = ("slug__istartswith", "name__icontains")
    ordering = ("name", "id")
    fields = ("name", "slug", "description", "owner")
    edit_roles = ITEM_EDITORS

    def perform_create(self, data: dict[str, Any], by: Actor) -> ValueStream:
        return actions.create_value_stream(**data, by=by)

    def perform_update(self, obj: ValueStream, data: dict[str, Any], by: Actor) -> ValueStream:
        return actions.change_value_stream(value_stream=obj, by=by, **data)

    def perform_destroy(self, obj: ValueStream, by: Actor) -> None:
        actions.remove_value_stream(value_stream=obj, by=by)
