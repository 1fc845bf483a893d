"""Relationships and environments."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.cmdb import actions
from apps.cmdb.forms import ConfirmForm
from apps.cmdb.models import Environment, Relationship
from apps.cmdb.permissions import FRAME_EDITORS, ITEM_EDITORS, may_edit_items
from apps.core.actor import Actor
from apps.core.admin import Deed, RecordAdmin, badge, moment


class MissingFilter(admin.SimpleListFilter):
    title = _("still reported")
    parameter_name = "missing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("Its source names it")), ("yes", _("Its source names it no more"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(missing_since__isnull=self.value() == "no")


@admin.register(Relationship)
class RelationshipAdmin(RecordAdmin):
    """An edge is made, confirmed and removed; another edge is another record."""

    list_display = ("source", "type", "target", "reported_by", "confirmed", "state")
    list_select_related = ("source", "type", "target")
    list_filter = ("type", MissingFilter)
    search_fields = ("source__key__istartswith", "target__key__istartswith")
    ordering = ("id",)
    fields = ("source", "type", "target")
    add_roles = ITEM_EDITORS
    delete_roles = ITEM_EDITORS
    deeds = (Deed("confirm", _("Confirm"), ConfirmForm, may_edit_items, _("Somebody has looked: it is still so.")),)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("source", "type", "target")

    @admin.display(description=_("reported by"), ordering="origin")
    def reported_by(self, edge: Relationship) -> Any:
        return edge.origin or _("a person")

    @admin.display(description=_("last confirmed"), ordering="last_confirmed_at")
    def confirmed(self, edge: Relationship) -> Any:
        return moment(edge.last_confirmed_at, empty=str(_("never")))

    @admin.display(description=_("state"))
    def state(self, edge: Relationship) -> Any:
        return badge(_("missing"), "warn") if edge.missing_since else badge(_("stands"), "good")

    def perform_create(self, data: dict[str, Any], by: Actor) -> Relationship:
        return actions.create_relationship(**data, by=by)

    def perform_destroy(self, obj: Relationship, by: Actor) -> None:
        actions.remove_relationship(relationship=obj, by=by)


@admin.register(Environment)
class EnvironmentAdmin(RecordAdmin):
    list_display = ("name", "slug", "order", "is_production")
    search_fields = ("slug__istartswith", "name__icontains")
    ordering = ("order", "id")
    fields = ("name", "slug", "order", "is_production")
    edit_roles = FRAME_EDITORS

    def perform_create(self, data: dict[str, Any], by: Actor) -> Environment:
        return actions.create_environment(**data, by=by)

    def perform_update(self, obj: Environment, data: dict[str, Any], by: Actor) -> Environment:
        return actions.change_environment(environment=obj, by=by, **data)

    def perform_destroy(self, obj: Environment, by: Actor) -> None:
        actions.remove_environment(environment=obj, by=by)
