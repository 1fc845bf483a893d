"""An admin of its own for the kit's tests: gates in dykes, the teams that mend them, and nothing else."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import path
from unfold.sites import UnfoldAdminSite

from apps.accounts.models import Membership, Team, User
from apps.core import moves
from apps.core.actor import Actor
from apps.core.admin import AuditEntryAdmin, LifecycleAdmin, OutboxDeliveryAdmin, RecordAdmin, RecordInline
from apps.core.errors import Invalid
from apps.core.models import AuditEntry, OutboxDelivery
from apps.core.steps import StepForm
from tests.charts.models import Sluice


def turn_up(*, sluice: Sluice, by: Actor, note: str = "", how_far: int | None = None) -> Sluice:
    return moves.move(sluice, "turn_up", by=by, note=note, change={"turns": how_far or 1})


def turn_down(*, sluice: Sluice, by: Actor, note: str = "") -> Sluice:
    return moves.move(sluice, "turn_down", by=by, note=note)


class TurnUpForm(StepForm):
    action = staticmethod(turn_up)
    subject_name = "sluice"
    how_far = forms.IntegerField(required=False)


class TurnDownForm(StepForm):
    action = staticmethod(turn_down)
    subject_name = "sluice"
    note_required = True


class SluiceAdmin(LifecycleAdmin):
    steps = {"turn_up": TurnUpForm, "turn_down": TurnDownForm}
    road = ("shut", "open")
    list_display = ("key", "status_badge", "oiled", "upstream")
    search_fields = ("key",)
    edit_roles = ("release_manager",)

    def editable_fields(self, obj: Any) -> Any:
        return ("key", "weeds", "turns", "oiled", "upstream") if obj is None or obj.status == "shut" else ("weeds",)

    def perform_update(self, obj: Any, data: dict[str, Any], by: Actor) -> Any:
        if data.get("weeds", 0) > 50:
            raise Invalid.field("weeds", "too_many", "So much weed nobody can count.")
        return super().perform_update(obj, data, by)


class MembershipInline(RecordInline):
    model = Membership
    edit_roles = ("release_manager",)


class TeamAdmin(RecordAdmin):
    list_display = ("slug", "name", "description")
    search_fields = ("slug",)
    edit_roles = ("release_manager",)
    inlines = (MembershipInline,)


class UserAdmin(RecordAdmin):
    search_fields = ("username",)
    fields = ("username",)


site = UnfoldAdminSite(name="admin")
site.register(Sluice, SluiceAdmin)
site.register(Team, TeamAdmin)
site.register(User, UserAdmin)
site.register(AuditEntry, AuditEntryAdmin)
site.register(OutboxDelivery, OutboxDeliveryAdmin)

urlpatterns = [path("admin/", site.urls)]
