"""Approaches in the admin: what each is for, what it covers, its versions, and the draft to write in."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Role
from apps.approaches import actions, queries
from apps.approaches.forms import VERSION_STEPS, DraftForm
from apps.approaches.lifecycle import CHAPTERS, EDITABLE, SCOPE
from apps.approaches.models import Approach, ApproachVersion
from apps.approaches.permissions import is_release_manager
from apps.core.actor import Actor
from apps.core.admin import Deed, LifecycleAdmin, RecordAdmin, Tab

EDITORS = (Role.RELEASE_MANAGER,)
MOST_SHOWN = 200


def versions_context(page: Any, request: HttpRequest, approach: Approach) -> dict[str, Any]:
    return {"versions": queries.versions_of(approach)}


@admin.register(Approach)
class ApproachAdmin(RecordAdmin):
    """How the organisation releases, as documents that are reviewed and published."""

    list_display = ("name", "slug", "owner", "in_force", "next_review_on")
    list_filter = ("owner",)
    search_fields = ("name__icontains", "slug__icontains")
    fields = ("name", "slug", "purpose", "owner", "review_every_days", "next_review_on")
    edit_roles = EDITORS
    deeds = (
        Deed(
            "draft",
            _("Begin a new version"),
            DraftForm,
            is_release_manager,
            help=_("The draft begins with what the published version says, which stays in force meanwhile."),
        ),
    )
    tabs = (Tab("versions", _("Versions"), "admin/approaches/versions.html", versions_context),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Approach]:
        return super().get_queryset(request).prefetch_related("versions")

    @admin.display(description=_("version in force"))
    def in_force(self, approach: Approach) -> str:
        return next((str(one.number) for one in approach.versions.all() if one.status == "published"), "–")

    def perform_create(self, data: dict[str, Any], by: Actor) -> Model:
        return actions.create_approach(by=by, **data)

    def perform_update(self, obj: Approach, data: dict[str, Any], by: Actor) -> Model:
        return actions.change_approach(approach=obj, fields=data, by=by)

    def perform_destroy(self, obj: Approach, by: Actor) -> None:
        actions.remove_approach(approach=obj, by=by)


def document_context(page: Any, request: HttpRequest, version: ApproachVersion) -> dict[str, Any]:
    """The chapters, and what the scope comes to in services."""
    covered = queries.services_of(version).select_related("ci_type", "owner").order_by("criticality", "name", "pk")
    shown = list(covered[: MOST_SHOWN + 1])
    return {
        "chapters": [(version._meta.get_field(name).verbose_name, getattr(version, name)) for name in CHAPTERS],
        "is_narrowed": queries.is_narrowed(version),
        "covered": shown[:MOST_SHOWN],
        "count": len(shown) if len(shown) <= MOST_SHOWN else covered.count(),
    }


def changes_context(page: Any, request: HttpRequest, version: ApproachVersion) -> dict[str, Any]:
    others = [one for one in queries.versions_of(version.approach) if one.pk != version.pk]
    asked = request.GET.get("against", "")
    chosen = next((one for one in others if str(one.number) == asked), None)
    against = chosen or next((one for one in others if one.number < version.number), None)
    return {"others": others, "against": against, "changes": queries.diff(against, version) if against else []}


@admin.register(ApproachVersion)
class ApproachVersionAdmin(LifecycleAdmin):
    """What an approach says and for what; a draft is written here, by one, and published by another."""

    steps = VERSION_STEPS
    road = ("draft", "in_review", "published")
    list_display = ("__str__", "status_badge", "author", "published_at", "published_by")
    list_select_related = ("approach", "author", "published_by")
    list_filter = ("status", "approach")
    search_fields = ("approach__name__icontains", "approach__slug__icontains", "summary__icontains")
    fields = ("approach", "summary", *CHAPTERS, *SCOPE)
    edit_roles = EDITORS
    delete_roles = ()
    tabs = (
        Tab("document", _("What it says"), "admin/approaches/document.html", document_context),
        Tab("changes", _("What it changes"), "admin/release_models/changes.html", changes_context),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApproachVersion]:
        return super().get_queryset(request).select_related("approach", "author", "published_by")

    def editable_fields(self, obj: ApproachVersion | None) -> Any:
        return ("approach", *EDITABLE["draft"]) if obj is None else EDITABLE.get(obj.status, ())

    def perform_create(self, data: dict[str, Any], by: Actor) -> Model:
        return actions.draft_version(by=by, **data)

    def perform_update(self, obj: ApproachVersion, data: dict[str, Any], by: Actor) -> Model:
        return actions.change_draft(version=obj, by=by, **data)
