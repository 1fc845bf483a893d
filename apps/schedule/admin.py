"""The schedule in the admin: windows, freezes, and exceptions from freezes."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from apps.accounts.permissions import Role
from apps.core.actor import Actor
from apps.core.admin import Deed, LifecycleAdmin, RecordAdmin, Tab, actor_of, badge, page_of
from apps.core.admin.forms import RecordForm, sentences_of
from apps.core.clock import now
from apps.core.errors import Refusal
from apps.schedule import actions
from apps.schedule.forms import EXCEPTION_STEPS, DaysField, ImportFreezesForm, LeaveOutForm
from apps.schedule.models import MODEL_KINDS, Freeze, FreezeException, Timed, Window
from apps.schedule.permissions import is_release_manager

EDITORS = (Role.RELEASE_MANAGER,)
ASKERS = (Role.RELEASE_MANAGER, Role.CONTRIBUTOR, Role.SERVICE_OWNER)
SHOWN = 12
SCOPE = ("environments", "services", "value_streams")


def occurrences_context(page: Any, request: HttpRequest, row: Timed) -> dict[str, Any]:
    at, zone = now(), ZoneInfo(row.time_zone)
    ahead = islice(row.recurrence.between(at, at + timedelta(days=400)), SHOWN)
    may_leave_out = bool(row.rrule) and is_release_manager(row, request.user)
    back = page_of(row, "occurrences")
    return {
        "occurrences": [
            (one, page.deed_url(row, "leave-out", on=one.starts_at.astimezone(zone).date(), next=back)) for one in ahead
        ],
        "may_leave_out": may_leave_out,
        "left_out": row.recurrence.exclusions(),
        "in_force": row.occurrence_at(at),
    }


OCCURRENCES = Tab("occurrences", _("Next times"), "admin/schedule/occurrences.html", occurrences_context)


class TimedForm(RecordForm):
    """Days that are left out stand one a line."""

    excluded_on = DaysField(
        required=False,
        label=_("Not on"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Days in its time zone on which it would begin and does not, one a line: 2026-12-24."),
    )


class TimedAdmin(RecordAdmin):
    form = TimedForm
    deeds = (
        Deed(
            "leave-out",
            _("Leave one out"),
            LeaveOutForm,
            is_release_manager,
            _("The others stay as they are."),
            shown=lambda row: bool(row.rrule),
        ),
    )
    search_fields = ("key__istartswith", "name__icontains")
    list_filter = ("environments",)
    edit_roles = EDITORS
    tabs = (OCCURRENCES,)

    @admin.display(description=_("in force now"))
    def in_force(self, row: Timed) -> Any:
        return badge(_("now"), "active") if row.occurrence_at(now()) else "–"


@admin.register(Window)
class WindowAdmin(TimedAdmin):
    list_display = ("key", "name", "starts_at", "ends_at", "rrule", "time_zone", "in_force")
    fields = ("name", "description", "starts_at", "ends_at", "rrule", "time_zone", "excluded_on", *SCOPE)

    def perform_create(self, data: dict[str, Any], by: Actor) -> Model:
        return actions.create_window(by=by, **data)

    def perform_update(self, obj: Window, data: dict[str, Any], by: Actor) -> Model:
        return actions.change_window(window=obj, fields=data, by=by)

    def perform_destroy(self, obj: Window, by: Actor) -> None:
        actions.remove_window(window=obj, by=by)


class FreezeForm(TimedForm):
    """Kinds of model are chosen, not typed."""

    excepted_model_kinds = forms.MultipleChoiceField(
        required=False,
        label=_("Excepted kinds of model"),
        choices=[(kind, kind.capitalize()) for kind in MODEL_KINDS],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("Only a soft freeze excepts kinds of model."),
    )


@admin.register(Freeze)
class FreezeAdmin(TimedAdmin):
    form = FreezeForm
    change_list_template = "admin/schedule/freezes.html"
    list_display = ("key", "name", "kind", "starts_at", "ends_at", "rrule", "in_force", "lifted_at")
    list_filter = ("kind", "environments", "source")
    fields = (
        "name",
        "kind",
        "description",
        "starts_at",
        "ends_at",
        "rrule",
        "time_zone",
        "excluded_on",
        *SCOPE,
        "party",
        "excepted_model_kinds",
    )
    actions = ("lift_now",)

    @admin.action(description=_("Lift now, for everybody"))
    def lift_now(self, request: HttpRequest, rows: QuerySet[Freeze]) -> None:
        for freeze in rows:
            actions.lift_freeze(freeze=freeze, by=actor_of(request))
        messages.success(request, _("Lifted."))

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.import_view)
        return [path("import/", view, name="schedule_freeze_import"), *super().get_urls()]

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """A file is sent, and what came of each of its events is shown."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ImportFreezesForm(request.POST or None, request.FILES or None)
        found = None
        if request.method == "POST" and form.is_valid():
            said = dict(form.cleaned_data)
            try:
                found = actions.import_freezes(data=said.pop("file").read(), by=actor_of(request), **said)
            except Refusal as refusal:
                for name, sentence in sentences_of(refusal, form.fields):
                    form.add_error(name, sentence)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Import freezes"),
            "form": form,
            "found": found,
        }
        status = 400 if form.errors else 200
        return TemplateResponse(request, "admin/schedule/import.html", context, status=status)

    def perform_create(self, data: dict[str, Any], by: Actor) -> Model:
        return actions.create_freeze(by=by, **data)

    def perform_update(self, obj: Freeze, data: dict[str, Any], by: Actor) -> Model:
        return actions.change_freeze(freeze=obj, fields=data, by=by)

    def perform_destroy(self, obj: Freeze, by: Actor) -> None:
        actions.remove_freeze(freeze=obj, by=by)


@admin.register(FreezeException)
class FreezeExceptionAdmin(LifecycleAdmin):
    steps = EXCEPTION_STEPS
    road = ("requested", "granted")
    danger_steps = ("deny",)
    list_display = ("key", "release_key", "freeze", "status_badge", "requester", "until", "decided_by")
    list_filter = ("status",)
    search_fields = ("key__istartswith", "release_key__istartswith", "freeze__name__icontains")
    fields = ("freeze", "release_key", "digest", "reason", "until")
    add_roles = ASKERS

    def perform_create(self, data: dict[str, Any], by: Actor) -> Model:
        return actions.request_exception(by=by, **data)
