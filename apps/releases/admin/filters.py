"""What a release manager narrows the list down to."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.core.clock import now
from apps.releases.lifecycle.words import BEFORE_RELEASING, ENDED, Status

UNDER_WAY = (
    Status.VERIFYING, Status.AWAITING_APPROVAL, Status.SCHEDULED, Status.RELEASING, Status.RELEASED, Status.BACKING_OUT,
)  # fmt: skip


class PhaseFilter(admin.SimpleListFilter):
    title = _("where it stands")
    parameter_name = "phase"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("under_way", _("Under way")),
            ("preparing", _("Draft or planning")),
            ("held", _("Held")),
            ("overdue", _("Overdue")),
            ("open", _("Not ended")),
            ("ended", _("Ended")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(WHERE[self.value()]()) if self.value() in WHERE else queryset


WHERE = {
    "under_way": lambda: Q(status__in=UNDER_WAY),
    "preparing": lambda: Q(status__in=(Status.DRAFT, Status.PLANNING)),
    "held": lambda: (
        Q(holds__lifted_at__isnull=True, holds__id__isnull=False)
        & (Q(holds__until__isnull=True) | Q(holds__until__gt=now()))
    ),
    "overdue": lambda: Q(status__in=BEFORE_RELEASING, planned_end__lt=now()),
    "open": lambda: ~Q(status__in=ENDED),
    "ended": lambda: Q(status__in=ENDED),
}


class MineFilter(admin.SimpleListFilter):
    title = _("whose")
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("mine", _("I manage it")), ("task", _("I have a task in it")), ("nobody", _("Nobody manages it"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "mine":
            return queryset.filter(release_manager=request.user)
        if self.value() == "task":
            return queryset.filter(tasks__assignee=request.user).distinct()
        if self.value() == "nobody":
            return queryset.filter(release_manager__isnull=True)
        return queryset
