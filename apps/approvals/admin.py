"""Approvals in the admin: rounds and answers to look at, delegations to give and end. Answers are given at the subject."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Role, has_role
from apps.approvals import actions
from apps.approvals.models import Delegation, Round
from apps.approvals.queries import who_is_needed
from apps.core.actor import Actor
from apps.core.admin import LifecycleAdmin, RecordAdmin, Tab, actor_of, record_link

GIVERS = (Role.RELEASE_MANAGER, Role.APPROVER, Role.CONTRIBUTOR, Role.SERVICE_OWNER)


def answers_context(page: Any, request: HttpRequest, round: Round) -> dict[str, Any]:
    answers = list(round.answers.select_related("person", "on_behalf_of").order_by("-pk"))
    return {
        "answers": answers,
        "in_effect": {one.pk for one in round.answers_in_effect()},
        "needs": who_is_needed(round),
        "asks": round.asks.select_related("person", "on_behalf_of"),
        "barred": round.barred.all(),
    }


@admin.register(Round)
class RoundAdmin(LifecycleAdmin):
    list_display = ("key", "title", "status_badge", "requester", "opened_at", "expires_at", "closed_at")
    list_filter = ("status",)
    search_fields = ("key__istartswith", "title__icontains")
    fields = (
        "key",
        "title",
        "url",
        "requester",
        "opened_at",
        "expires_at",
        "closed_at",
        "closed_reason",
        "email_code_allowed",
        "digest",
        "rules",
        "content",
    )
    road = ("pending", "approved")
    tabs = (Tab("answers", _("Answers"), "admin/approvals/answers.html", answers_context),)


@admin.register(Delegation)
class DelegationAdmin(RecordAdmin):
    """Yours, given and taken; auditors and release managers see all."""

    list_display = ("key", "giver", "taker", "from_at", "until_at", "ended_at", "only_for")
    list_select_related = ("giver", "taker", "round")
    fields = ("giver", "taker", "from_at", "until_at", "reason")
    edit_roles = (*GIVERS, Role.ADMINISTRATOR)
    actions = ("end_now",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delegation]:
        rows = super().get_queryset(request).select_related("giver", "taker", "round")
        if has_role(request.user, Role.AUDITOR, Role.RELEASE_MANAGER, Role.ADMINISTRATOR):
            return rows
        return rows.filter(Q(giver=request.user) | Q(taker=request.user))

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """One lends one's own voice; only an administrator enters it for another."""
        named = super().get_fields(request, obj)
        asks_for_giver = obj is not None or has_role(request.user, Role.ADMINISTRATOR)
        return named if asks_for_giver else [name for name in named if name != "giver"]

    def editable_fields(self, obj: Model | None) -> Any:
        return None if obj is None else ()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.display(description=_("only for"))
    def only_for(self, lent: Delegation) -> Any:
        return record_link(lent.round, lent.round.key) if lent.round else _("every round")

    @admin.action(description=_("End now"))
    def end_now(self, request: HttpRequest, rows: QuerySet[Delegation]) -> None:
        for lent in rows:
            actions.end_delegation(delegation=lent, by=actor_of(request))
        messages.success(request, _("Ended. What was answered meanwhile stands."))

    def perform_create(self, data: dict[str, Any], by: Actor) -> Model:
        return actions.create_delegation(**{"giver": by.user, **data}, by=by)
