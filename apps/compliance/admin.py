"""Findings and the register of break-glass acts in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Role
from apps.compliance import actions, queries
from apps.compliance.forms import FINDING_STEPS, ApproveBreakGlassForm, BringUnderManagementForm, LeaveUnmanagedForm
from apps.compliance.lifecycle import FindingStatus
from apps.compliance.models import BY_AUDITOR, BreakGlass, Finding, Severity
from apps.compliance.permissions import may_answer_bypass, may_approve_break_glass
from apps.core.actor import Actor
from apps.core.admin import Deed, LifecycleAdmin, RecordAdmin, Tab, badge, moment, offer_tab, record_link
from apps.incidents.models import Incident

TONES = {Severity.HIGH: "bad", Severity.MEDIUM: "warn", Severity.LOW: "idle"}
RAISED = ("control", "title", "detail", "severity", "release", "occurred_at", "due_on")


@admin.register(Finding)
class FindingAdmin(LifecycleAdmin):
    """Breaches found by the controls, and what auditors found."""

    steps = FINDING_STEPS
    road = ("open", "closed")
    add_roles = (Role.AUDITOR, Role.RELEASE_MANAGER, Role.SERVICE_OWNER)
    delete_roles = ()
    list_display = ("key", "title", "status_badge", "severity_badge", "control", "release", "due", "raised")
    list_display_links = ("key", "title")
    list_filter = ("status", "control", "severity", "due_on")
    search_fields = ("key__istartswith", "title__icontains", "subject_key__iexact", "release__key__icontains")
    list_select_related = ("release",)
    autocomplete_fields = ("release",)
    deeds = (
        Deed(
            "bring",
            _("Bring this under management"),
            BringUnderManagementForm,
            may_answer_bypass,
            _("A release of the same version is drafted for you to plan and prove, and the finding is closed with it."),
            shown=queries.is_open_bypass,
        ),
        Deed(
            "leave",
            _("Not in scope"),
            LeaveUnmanagedForm,
            may_answer_bypass,
            _("The item is no longer release managed, and its deployments are no bypasses from now on."),
            shown=queries.is_open_bypass,
        ),
    )
    fields = (
        "control", "severity", "title", "detail", "release_page", "subject_key", "occurred_at", "raised_at", "raised_by",
        "due_on", "closed_at", "closed_by", "close_note",
    )  # fmt: skip
    readonly_fields = ("release_page", "raised_by", "closed_at", "closed_by", "close_note")

    def get_fields(self, request: HttpRequest, obj: Finding | None = None) -> list[str]:
        return list(RAISED) if obj is None else list(self.fields)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("release", "raised_by", "closed_by")

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "control":
            kwargs["choices"] = [(one.value, one.label) for one in BY_AUDITOR]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    @admin.display(description=_("release"))
    def release_page(self, finding: Finding) -> Any:
        return record_link(finding.release) if finding.release else "–"

    @admin.display(description=_("severity"), ordering="severity")
    def severity_badge(self, finding: Finding) -> Any:
        return badge(finding.get_severity_display(), TONES[finding.severity])

    @admin.display(description=_("due on"), ordering="due_on")
    def due(self, finding: Finding) -> Any:
        is_late = finding.status == FindingStatus.OPEN and queries.is_overdue(finding)
        return badge(finding.due_on, "bad") if is_late else finding.due_on

    @admin.display(description=_("raised at"), ordering="raised_at")
    def raised(self, finding: Finding) -> Any:
        return moment(finding.raised_at)

    def perform_create(self, data: dict[str, Any], by: Actor) -> Finding:
        return actions.raise_finding(by=by, **data)


@admin.register(BreakGlass)
class BreakGlassAdmin(RecordAdmin):
    """Every time that somebody went ahead without the approval the rules ask for."""

    edit_roles = ()
    add_roles = (Role.RELEASE_MANAGER,)
    list_display = ("key", "release", "person", "incident", "passed_over", "happened", "approved")
    list_filter = ("at", "approved_at")
    search_fields = ("key__istartswith", "release__key__icontains", "reason__icontains")
    list_select_related = ("release", "person", "approved_by")
    autocomplete_fields = ("release",)
    deeds = (
        Deed(
            "approve",
            _("Approve afterwards"),
            ApproveBreakGlassForm,
            may_approve_break_glass,
            _("Say that going ahead was right."),
            shown=lambda act: act.approved_at is None,
        ),
    )

    def get_fields(self, request: HttpRequest, obj: BreakGlass | None = None) -> list[str]:
        entered = ["release", "reason", "incident", "passed_over"]
        known = ["incident_link", "person", "at", "approval_due_at", "approved_at", "approved_by"]
        return entered if obj is None else [*entered, *known]

    @admin.display(description=_("the incident here"))
    def incident_link(self, act: BreakGlass) -> Any:
        return record_link(Incident.objects.filter(key=act.incident).first() if act.incident else None)

    @admin.display(description=_("at"), ordering="at")
    def happened(self, act: BreakGlass) -> Any:
        return moment(act.at)

    @admin.display(description=_("approved afterwards"), boolean=True)
    def approved(self, act: BreakGlass) -> bool:
        return act.approved_at is not None

    def perform_create(self, data: dict[str, Any], by: Actor) -> BreakGlass:
        return actions.register_break_glass(by=by, **data)


offer_tab(
    "releases.release",
    Tab(
        "findings",
        _("Findings"),
        "admin/compliance/of_release.html",
        lambda owner, request, release: queries.compliance_of(release),
    ),
)
