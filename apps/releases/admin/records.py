"""Deployments, evidence and holds."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Role
from apps.core.actor import Actor
from apps.core.admin import Deed, PartPages, RecordAdmin, badge, moment, status_badge
from apps.releases import actions
from apps.releases.forms import LiftHoldForm
from apps.releases.models import Deployment, Evidence, Hold
from apps.releases.permissions import may_lift

REPORTERS = (Role.RELEASE_MANAGER, Role.CONTRIBUTOR)


@admin.register(Deployment)
class DeploymentAdmin(RecordAdmin):
    """Technical moves, reported by tools or by hand. They are facts: added and linked, never rewritten."""

    list_display = ("key", "ci", "deployed_version", "environment", "badge", "moved_at", "source", "linked")
    list_filter = ("status", "environment", "source")
    search_fields = ("key__istartswith", "ci__key__icontains", "deployed_version__icontains", "digest__istartswith")
    ordering = ("-id",)
    add_roles = REPORTERS
    fields = (
        "key", "ci", "environment", "deployed_version", "digest", "badge", "source", "external_id", "moved_at",
        "finished_at", "url", "linked",
    )  # fmt: skip
    readonly_fields = ("key", "badge", "moved_at", "linked")
    add_fieldsets = (
        (
            None,
            {
                "fields": (
                    "ci",
                    "environment",
                    "deployed_version",
                    "digest",
                    "status",
                    "source",
                    "external_id",
                    "at",
                    "url",
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("ci", "environment").prefetch_related("releases")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("status"), ordering="status")
    def badge(self, deployment: Deployment) -> Any:
        return status_badge(deployment)

    @admin.display(description=_("began at"), ordering="at")
    def moved_at(self, deployment: Deployment) -> Any:
        return moment(deployment.at)

    @admin.display(description=_("releases"))
    def linked(self, deployment: Deployment) -> str:
        return ", ".join(release.key for release in deployment.releases.all()) or str(_("none: a shadow release?"))

    def perform_create(self, data: dict[str, Any], by: Actor) -> Deployment:
        return actions.record_deployment(version=data.pop("deployed_version"), by=by, **data)


@admin.register(Evidence)
class EvidenceAdmin(PartPages, RecordAdmin):
    """Files brought as proof. They are kept as they came."""

    parent_name = "release"
    parent_tab = "checks"
    list_display = ("__str__", "release", "kind", "component", "size", "filename")
    list_filter = ("kind",)
    search_fields = ("sha256__istartswith", "release__key__icontains", "filename__icontains")
    ordering = ("-id",)
    fields = ("release", "number", "kind", "component", "filename", "media_type", "size", "sha256", "understood")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("release", "component__ci", "component__release")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.download_view)
        return [path("<path:object_id>/file/", view, name="releases_evidence_file"), *super().get_urls()]

    def download_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The bytes, as an attachment that no browser runs."""
        evidence = self.get_object(request, unquote(object_id))
        if evidence is None:
            raise Http404
        if not self.has_view_permission(request, evidence):
            raise PermissionDenied
        response = HttpResponse(bytes(evidence.file.content), content_type="application/octet-stream")
        response["Content-Disposition"] = f'attachment; filename="{evidence.kind}-{evidence.sha256[:12]}"'
        response["X-Content-Type-Options"] = "nosniff"
        return response


@admin.register(Hold)
class HoldAdmin(PartPages, RecordAdmin):
    """Who stopped which release, why, and until when."""

    parent_name = "release"
    parent_tab = "overview"
    list_display = ("release", "state", "reason", "placed_by", "placed", "ends")
    search_fields = ("release__key__icontains", "reason__icontains")
    ordering = ("-id",)
    fields = ("release", "state", "reason", "placed_by", "placed", "ends", "lifted_by")
    readonly_fields = fields
    deeds = (
        Deed(
            "lift",
            _("Lift the hold"),
            LiftHoldForm,
            may_lift,
            _("Let the release go on."),
            shown=lambda hold: hold.is_in_force,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("release", "placed_by", "lifted_by")

    @admin.display(description=_("state"))
    def state(self, hold: Hold) -> Any:
        return badge(_("in force"), "bad") if hold.is_in_force else badge(_("ended"), "idle")

    @admin.display(description=_("placed at"), ordering="placed_at")
    def placed(self, hold: Hold) -> Any:
        return moment(hold.placed_at)

    @admin.display(description=_("until"))
    def ends(self, hold: Hold) -> Any:
        return moment(hold.lifted_at or hold.until)
