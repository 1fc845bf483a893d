"""Release models in the admin: what each is for, its versions, and the button that begins a new one."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Role
from apps.core.actor import Actor
from apps.core.admin import Deed, RecordAdmin, Tab
from apps.release_models import actions
from apps.release_models.forms import BeginForm
from apps.release_models.models import ReleaseModel
from apps.release_models.permissions import is_release_manager
from apps.release_models.queries import versions_of

EDITORS = (Role.RELEASE_MANAGER,)


def versions_context(page: Any, request: HttpRequest, model: ReleaseModel) -> dict[str, Any]:
    return {"versions": versions_of(model)}


@admin.register(ReleaseModel)
class ReleaseModelAdmin(RecordAdmin):
    list_display = ("name", "slug", "kind", "owner", "serving", "next_review_on")
    list_filter = ("kind", "owner")
    search_fields = ("name__icontains", "slug__icontains")
    fields = ("name", "slug", "kind", "purpose", "owner", "review_every_days", "next_review_on")
    edit_roles = EDITORS
    deeds = (
        Deed(
            "begin",
            _("Begin a new version"),
            BeginForm,
            is_release_manager,
            help=_("The draft is edited while the published version keeps serving."),
        ),
    )
    tabs = (Tab("versions", _("Versions"), "admin/release_models/versions.html", versions_context),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReleaseModel]:
        return super().get_queryset(request).prefetch_related("versions")

    @admin.display(description=_("serving version"))
    def serving(self, model: ReleaseModel) -> str:
        return next((str(one.number) for one in model.versions.all() if one.status == "published"), "–")

    def perform_create(self, data: dict[str, Any], by: Actor) -> Model:
        return actions.create_model(by=by, **data)

    def perform_update(self, obj: ReleaseModel, data: dict[str, Any], by: Actor) -> Model:
        return actions.change_model(model=obj, fields=data, by=by)

    def perform_destroy(self, obj: ReleaseModel, by: Actor) -> None:
        actions.remove_model(model=obj, by=by)
