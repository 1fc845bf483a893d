"""Types of items, with the attributes that their items have; types of relationships, with what they mean for impact."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from apps.cmdb import actions
from apps.cmdb.described import Description, description_of
from apps.cmdb.forms import AttributesEditor
from apps.cmdb.forms.attributes import KINDS
from apps.cmdb.models import CIType, RelationshipType
from apps.cmdb.permissions import FRAME_EDITORS
from apps.cmdb.queries.fitting import unfit_items
from apps.core.actor import Actor
from apps.core.admin import RecordAdmin, Tab, actor_of, page_of
from apps.core.errors import Refusal, Stale


def attributes_context(page: Any, request: HttpRequest, ci_type: CIType) -> dict[str, Any]:
    described = description_of(ci_type.attribute_schema)
    words = dict(KINDS)
    return {
        "described": described,
        "listed": [(one, words[one.kind]) for one in described.attributes] if described else [],
        "may_edit": page.has_change_permission(request, ci_type),
        "editor": AttributesEditor(described or Description(), ci_type.version),
        "editor_url": page.editor_url(ci_type),
        "unfit": unfit_items(ci_type),
    }


ATTRIBUTES = Tab("attributes", _("Attributes"), "admin/cmdb/attributes.html", attributes_context)


@admin.register(CIType)
class CITypeAdmin(RecordAdmin):
    list_display = ("name", "slug", "description")
    search_fields = ("slug__istartswith", "name__icontains")
    ordering = ("name", "id")
    fields = ("name", "slug", "description", "attribute_schema")
    edit_roles = FRAME_EDITORS
    tabs = (ATTRIBUTES,)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.editor_view)
        return [path("<path:object_id>/attributes/", view, name="cmdb_citype_attributes"), *super().get_urls()]

    def editor_url(self, ci_type: CIType) -> str:
        return reverse(f"{self.admin_site.name}:cmdb_citype_attributes", args=[ci_type.pk])

    def editor_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take the rows: all of them, or none and every fault beside its field."""
        ci_type = self.get_object(request, unquote(object_id))
        described = description_of(ci_type.attribute_schema) if ci_type else None
        if ci_type is None:
            raise Http404
        if not self.has_change_permission(request, ci_type):
            raise PermissionDenied
        if request.method != "POST" or described is None:
            return HttpResponseRedirect(page_of(ci_type, ATTRIBUTES.slug))
        editor = AttributesEditor(described, ci_type.version, request.POST)
        if not editor.is_valid():
            return self._editor_page(request, ci_type, editor, 400)
        try:
            self._write(ci_type, editor, actor_of(request))
        except Refusal as refusal:
            editor.faults.append(refusal.detail)
            return self._editor_page(request, ci_type, editor, refusal.status)
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(page_of(ci_type, ATTRIBUTES.slug))

    def _write(self, ci_type: CIType, editor: AttributesEditor, by: Actor) -> None:
        if editor.record_version != ci_type.version:
            raise Stale(_("Somebody else changed this type in the meantime. Load it again, then repeat your changes."))
        actions.change_ci_type(ci_type=ci_type, attribute_schema=editor.schema(), by=by)

    def _editor_page(
        self, request: HttpRequest, ci_type: CIType, editor: AttributesEditor, status: int
    ) -> HttpResponse:
        known = {**attributes_context(self, request, ci_type), "editor": editor}
        head = self.record_context(request, ci_type, ATTRIBUTES) | known
        response = self._tab_page(request, ci_type, replace(ATTRIBUTES, context=lambda *_known: {}), head)
        response.status_code = status
        return response

    def perform_create(self, data: dict[str, Any], by: Actor) -> CIType:
        return actions.create_ci_type(**data, by=by)

    def perform_update(self, obj: CIType, data: dict[str, Any], by: Actor) -> CIType:
        return actions.change_ci_type(ci_type=obj, by=by, **data)

    def perform_destroy(self, obj: CIType, by: Actor) -> None:
        actions.remove_ci_type(ci_type=obj, by=by)


def meaning_context(page: Any, request: HttpRequest, kind: RelationshipType) -> dict[str, Any]:
    return {"count": kind.relationships.count()}


@admin.register(RelationshipType)
class RelationshipTypeAdmin(RecordAdmin):
    list_display = ("name", "reverse_name", "impact_flows")
    search_fields = ("slug__istartswith", "name__icontains", "reverse_name__icontains")
    ordering = ("name", "id")
    fields = ("name", "reverse_name", "slug", "impact_flows")
    edit_roles = FRAME_EDITORS
    tabs = (Tab("meaning", _("What it means"), "admin/cmdb/meaning.html", meaning_context),)

    def perform_create(self, data: dict[str, Any], by: Actor) -> RelationshipType:
        return actions.create_relationship_type(**data, by=by)

    def perform_update(self, obj: RelationshipType, data: dict[str, Any], by: Actor) -> RelationshipType:
        return actions.change_relationship_type(relationship_type=obj, by=by, **data)

    def perform_destroy(self, obj: RelationshipType, by: Actor) -> None:
        actions.remove_relationship_type(relationship_type=obj, by=by)
