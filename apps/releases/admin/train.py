"""Release trains: their list, their page, and what a release's page says of its train."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Role
from apps.core.actor import Actor
from apps.core.admin import Deed, LifecycleAdmin, Tab, badge, moment
from apps.releases import actions, queries
from apps.releases.admin.standing import STANDING
from apps.releases.forms.trains import (
    TRAIN_STEPS,
    ApproveMembersForm,
    BoardForm,
    LeaveTrainForm,
    MoveTrainForm,
    TakeTrainForm,
)
from apps.releases.lifecycle.words import BEFORE_RELEASING, Status, TrainStatus
from apps.releases.models import Train
from apps.releases.permissions import may_manage, may_read

TRAIN_DEEDS = (
    Deed(
        "board",
        _("Go with a train"),
        TakeTrainForm,
        may_manage,
        _("Its window becomes that of the train. If it is scheduled for another one, its approval falls."),
        shown=lambda release: release.status in BEFORE_RELEASING and release.train_id is None,
    ),
    Deed(
        "leave-train",
        _("Leave its train"),
        LeaveTrainForm,
        may_manage,
        _("It stays behind so that the rest can go. It keeps its window and its approval."),
        shown=lambda release: release.status in BEFORE_RELEASING and release.train_id is not None,
        is_danger=True,
    ),
)


def is_planned(train: Train) -> bool:
    return train.status == TrainStatus.PLANNED


def overview(page: Any, request: HttpRequest, train: Train) -> dict[str, Any]:
    members = queries.departure_of(train)
    may_leave = may_manage(train, request.user) and train.status in (TrainStatus.PLANNED, TrainStatus.DEPARTED)
    return {
        "train": train,
        "members": [(one, _leave_url(one, request) if may_leave and not one.has_gone else "") for one in members],
        "backed_out": [one for one in members if one.is_backed_out],
    }


def _leave_url(member: queries.Member, request: HttpRequest) -> str:
    url = reverse("admin:releases_release_deed", args=[member.release.pk, "leave-train"])
    return f"{url}?next={request.path}"


def approvals(page: Any, request: HttpRequest, train: Train) -> dict[str, Any]:
    asked = queries.questions_for(train, request.user)
    return {
        "train": train,
        "questions": [(one, badge(*STANDING[one.standing])) for one in asked],
        "any_at_once": any(not one.why_alone for one in asked),
        "approve_url": page.deed_url(train, "approve"),
    }


@admin.register(Train)
class TrainAdmin(LifecycleAdmin):
    steps = TRAIN_STEPS
    road = ("planned", "departed", "arrived")
    edit_roles = (Role.RELEASE_MANAGER,)
    delete_roles = ()  # a train is cancelled, never removed
    form_tab_label = _("Edit")
    list_display = ("key", "title", "status_badge", "planned", "aboard", "conductor")
    list_display_links = ("key", "title")
    list_filter = ("status", ("conductor", admin.RelatedOnlyFieldListFilter))
    search_fields = ("key__icontains", "title__icontains", "releases__key__iexact")
    search_help_text = _("Key, title, or the key of a release aboard")
    ordering = ("-id",)
    fields = ("title", "goal", "conductor", "planned_start", "planned_end")
    export_columns = (
        "key", "title", "status", "conductor", "planned_start", "planned_end", "departed_at", "arrived_at",
    )  # fmt: skip
    deeds = (
        Deed(
            "board",
            _("Let a release board"),
            BoardForm,
            may_manage,
            _("Its window becomes that of the train, and it starts together with everybody aboard."),
            shown=is_planned,
        ),
        Deed(
            "move",
            _("Move the train"),
            MoveTrainForm,
            may_manage,
            _("Everybody aboard gets the new window at once."),
            shown=is_planned,
            initial=lambda train: {"planned_start": train.planned_start, "planned_end": train.planned_end},
            template="admin/releases/train_moving.html",
        ),
        Deed(
            "approve",
            _("Approve the chosen"),
            ApproveMembersForm,
            may_read,
            _("Each release chosen gets an answer of its own, bound to the fingerprint shown: all of them, or none."),
            shown=lambda train: False,  # stands on the Approvals tab, for those who are asked
        ),
    )
    tabs = (
        Tab("overview", _("Overview"), "admin/releases/train_overview.html", overview),
        Tab("approvals", _("Approvals"), "admin/releases/train_approvals.html", approvals),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        counted = Count("releases", filter=~Q(releases__status=Status.CANCELLED))
        return super().get_queryset(request).select_related("conductor").annotate(many=counted)

    def editable_fields(self, obj: Train | None) -> Any:
        if obj is None:
            return None
        return {"title", "goal", "conductor"} if obj.status in (TrainStatus.PLANNED, TrainStatus.DEPARTED) else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"conductor": request.user.pk, **super().get_changeform_initial_data(request)}

    def perform_create(self, data: dict[str, Any], by: Actor) -> Train:
        return actions.plan_train(by=by, **data)

    def perform_update(self, obj: Train, data: dict[str, Any], by: Actor) -> Train:
        return actions.change_train(train=obj, by=by, **data)

    @admin.display(description=_("planned start"), ordering="planned_start")
    def planned(self, train: Train) -> Any:
        return moment(train.planned_start)

    @admin.display(description=_("aboard"))
    def aboard(self, train: Train) -> int:
        return train.many
