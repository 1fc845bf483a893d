"""Verification in the admin: whose signatures count."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Role
from apps.core.actor import Actor
from apps.core.admin import Deed, RecordAdmin, actor_of, offer_deed
from apps.releases.permissions import may_prove
from apps.verification import actions
from apps.verification.forms import EvidenceForm
from apps.verification.models import PipelineRun, TrustedKey


@admin.register(TrustedKey)
class TrustedKeyAdmin(RecordAdmin):
    list_display = ("slug", "name", "is_trusted", "created_at")
    search_fields = ("slug__istartswith", "name__icontains")
    fields = ("slug", "name", "public_key", "retired_at")
    readonly_fields = ("retired_at",)
    edit_roles = (Role.ADMINISTRATOR,)
    actions = ("retire",)

    @admin.display(description=_("trusted"), boolean=True)
    def is_trusted(self, key: TrustedKey) -> bool:
        return key.is_live

    @admin.action(description=_("Retire: signatures of these keys count no longer"), permissions=["change"])
    def retire(self, request: HttpRequest, queryset: QuerySet[TrustedKey]) -> None:
        for key in queryset:
            actions.retire_key(key=key, by=actor_of(request))
        messages.success(request, _("Their signatures count no longer."))

    def perform_create(self, data: dict[str, Any], by: Actor) -> TrustedKey:
        return actions.trust_key(**data, by=by)

    def perform_update(self, obj: TrustedKey, data: dict[str, Any], by: Actor) -> TrustedKey:
        return actions.change_key(key=obj, by=by, **data)

    def perform_destroy(self, obj: TrustedKey, by: Actor) -> None:
        actions.remove_key(key=obj, by=by)


@admin.register(PipelineRun)
class PipelineRunAdmin(RecordAdmin):
    """What CI reported; nothing of it is edited here."""

    list_display = ("name", "ci", "commit", "ref", "conclusion", "attempt", "at")
    list_filter = ("conclusion", "source")
    search_fields = ("name__icontains", "commit__istartswith", "ci__key__iexact")
    fields = ("ci", "name", "commit", "ref", "conclusion", "attempt", "at", "source", "external_id", "url")
    readonly_fields = fields


offer_deed(
    "releases.release",
    Deed(
        "evidence",
        _("Add evidence"),
        EvidenceForm,
        may_prove,
        _(
            "Bring a file that proves something: an SBOM, a test report, an attestation. Checks that waited for it run again."
        ),
        shown=lambda release: not release.is_ended,
    ),
)
