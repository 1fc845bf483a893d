"""The release: its list and its page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Role
from apps.approvals.permissions import may_remark
from apps.core.actor import Actor
from apps.core.admin import Deed, LifecycleAdmin, Tab, badge, moment
from apps.core.models import AuditEntry
from apps.releases import actions, queries
from apps.releases.admin import tabs
from apps.releases.admin.filters import MineFilter, PhaseFilter
from apps.releases.admin.planned import plan
from apps.releases.admin.risk import risk
from apps.releases.admin.standing import STANDING
from apps.releases.admin.train import TRAIN_DEEDS
from apps.releases.admin.when import is_movable, when
from apps.releases.forms import (
    RELEASE_STEPS,
    AnswerForm,
    AssessRiskForm,
    MoveForm,
    NoModelForm,
    PlaceHoldForm,
    ProposePeopleForm,
    RemarkForm,
)
from apps.releases.lifecycle.editing import FIELDS, WINDOW, editable_fields, locked_fields
from apps.releases.lifecycle.words import Risk, Status
from apps.releases.models import Hold, Release, Wait
from apps.releases.permissions import may_edit, may_hold, may_manage, may_read

RISK_TONES = {Risk.HIGH: "bad", Risk.MEDIUM: "warn", Risk.LOW: "good"}


@admin.register(Release)
class ReleaseAdmin(LifecycleAdmin):
    steps = RELEASE_STEPS
    road = (
        "draft",
        "planning",
        "verifying",
        "awaiting_approval",
        "scheduled",
        "releasing",
        "released",
        "in_review",
        "closed",
    )
    danger_steps = ("cancel", "back_out", "withdraw")
    edit_roles = (Role.RELEASE_MANAGER, Role.SERVICE_OWNER)
    delete_roles = ()  # a release is cancelled, never removed
    form_tab_label = _("Edit")

    list_display = (
        "key",
        "title",
        "status_badge",
        "waiting",
        "risk_badge",
        "planned",
        "environment",
        "release_manager",
    )
    list_display_links = ("key", "title")
    list_filter = (PhaseFilter, MineFilter, "status", "type", "risk", "environment", "outcome")
    search_fields = ("key__icontains", "title__icontains", "subject__name__icontains", "subject__key__iexact")
    search_help_text = _("Key, title or service")
    ordering = ("-id",)
    export_columns = (
        "key", "title", "release_version", "subject", "type", "change_kind", "status", "risk", "environment", "release_manager",
        "model_version", "planned_start", "planned_end", "started_at", "released_at", "closed_at", "outcome",
    )  # fmt: skip
    list_select_related = ("subject", "environment", "release_manager", "model_version__model")

    fieldsets = (
        (None, {"fields": ("title", "release_version", "subject", "type", "change_kind", "environment")}),
        (_("When and who"), {"fields": ("planned_start", "planned_end", "release_manager", "risk")}),
        (_("What for, and the way back"), {"fields": ("description", "expected_benefit", "back_out_plan")}),
    )
    deeds = (
        Deed(
            "move",
            _("Move"),
            MoveForm,
            may_edit,
            _("Another window. What was approved is bound to its window: a scheduled release goes back to planning."),
            blockers=lambda release: locked_fields(release, WINDOW),
            shown=is_movable,
        ),
        Deed(
            "assess-risk",
            _("Take over the assessment"),
            AssessRiskForm,
            may_edit,
            _("The risk becomes what the factors give; they are put on record with it."),
            blockers=lambda release: locked_fields(release, {"risk"}),
            shown=lambda release: False,  # stands on the Risk tab
        ),
        Deed(
            "propose-people",
            _("Propose people"),
            ProposePeopleForm,
            may_edit,
            _(
                "Each task that nobody has goes to somebody with its role in the teams that own what is released; "
                "who has least to do at that time comes first."
            ),
            blockers=lambda release: locked_fields(release, {"tasks"}),
            shown=lambda release: False,  # stands on the Plan tab
        ),
        Deed(
            "hold",
            _("Hold"),
            PlaceHoldForm,
            may_hold,
            _(
                "Stop the release: until the hold is lifted it does not start and its tasks do not begin. Backing out stays open."
            ),
            shown=lambda release: not release.is_ended and release.status != Status.DRAFT,
            is_danger=True,
        ),
        Deed(
            "no-model",
            _("No model fits"),
            NoModelForm,
            may_manage,
            _(
                "It is put on record, with the models that come closest, and becomes an improvement action on the models."
            ),
            shown=lambda release: release.status == Status.DRAFT,
        ),
        Deed(
            "remark",
            _("Ask or say something"),
            RemarkForm,
            may_remark,
            _(
                "It is told to everybody who takes part in the approval. It decides nothing, and the time to answer goes on."
            ),
            shown=lambda release: release.is_round_open,
        ),
        Deed(
            "answer",
            _("Answer the request for approval"),
            AnswerForm,
            may_read,
            _("Your answer is bound to exactly what is shown here; if it changes, you are asked again."),
            shown=lambda release: False,  # stands on the Approvals tab, for those who are asked
            initial=lambda release: {"digest": release.round.digest if release.round_id else ""},
            template="admin/releases/approval_brief.html",
            context=tabs.brief,
        ),
        *TRAIN_DEEDS,
    )
    tabs = (
        Tab("overview", _("Overview"), "admin/releases/overview.html", tabs.overview),
        Tab("scope", _("Scope"), "admin/releases/scope.html", tabs.scope),
        Tab("impact", _("Impact"), "admin/releases/impact.html", tabs.impact),
        Tab("model", _("Which model"), "admin/releases/model.html", tabs.model, tabs.is_choosing),
        Tab("plan", _("Plan"), "admin/releases/plan.html", plan),
        Tab("risk", _("Risk"), "admin/releases/risk.html", risk),
        Tab("when", _("When"), "admin/releases/when.html", when),
        Tab("checks", _("Checks"), "admin/releases/checks.html", tabs.checks),
        Tab("approvals", _("Approvals"), "admin/releases/approvals.html", tabs.approvals_tab),
        Tab("deployments", _("Deployments"), "admin/releases/deployments.html", tabs.deployments),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return (
            super()
            .get_queryset(request)
            .select_related(
                "subject__ci_type", "environment", "release_manager", "model_version__model", "round", "train"
            )
            .prefetch_related(
                Prefetch("holds", Hold.objects.in_force().select_related("placed_by"), to_attr="holds_now"),
                Prefetch("waits", Wait.objects.filter(ended_at__isnull=True), to_attr="waits_now"),
            )
        )

    def editable_fields(self, obj: Release | None) -> Any:
        return FIELDS if obj is None else editable_fields(obj)

    def perform_create(self, data: dict[str, Any], by: Actor) -> Release:
        return actions.create_release(by=by, **data)

    def perform_update(self, obj: Release, data: dict[str, Any], by: Actor) -> Release:
        return actions.change_release(release=obj, by=by, **data)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"release_manager": request.user.pk, **super().get_changeform_initial_data(request)}

    def history_entries(self, obj: Release) -> QuerySet[AuditEntry]:
        return queries.timeline(obj).order_by("-id")

    def record_context(self, request: HttpRequest, obj: Release, tab: Tab) -> dict[str, Any]:
        context = super().record_context(request, obj, tab)
        counts, standing = tabs.counts(obj)
        return {
            **context,
            "record_badges": self._badges(obj, standing),
            "record_tab_counts": counts,
            "record_notices_template": "admin/releases/notices.html",
        }

    def _badges(self, obj: Release, standing: str) -> list[Any]:
        found = [badge(_("risk: %s") % obj.get_risk_display().lower(), RISK_TONES.get(obj.risk, "idle"))]
        if obj.status not in (Status.DRAFT, Status.CANCELLED):
            found.append(badge(*STANDING[standing]))
        if obj.outcome:
            found.append(badge(obj.get_outcome_display(), "good" if obj.outcome == "successful" else "warn"))
        return found

    @admin.display(description=_("risk"), ordering="risk")
    def risk_badge(self, release: Release) -> Any:
        return badge(release.get_risk_display(), RISK_TONES.get(release.risk, "idle"))

    @admin.display(description=_("planned start"), ordering="planned_start")
    def planned(self, release: Release) -> Any:
        return moment(release.planned_start)

    @admin.display(description=_("waits for"))
    def waiting(self, release: Release) -> Any:
        facts = [("bad", _("held"))] if release.holds_now else []
        facts += [("warn", wait.get_reason_display()) for wait in release.waits_now]
        return format_html_join("", '<span class="tg-fact" data-tone="{}">{}</span>', facts) or "–"
