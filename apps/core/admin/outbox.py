"""What the outbox could not deliver, and the button that sends it again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.core.actions.dead_letters import retry_delivery
from apps.core.admin.access import actor_of
from apps.core.admin.records import RecordAdmin
from apps.core.display import badge, moment
from apps.core.models import OutboxDelivery


class DeliveryState(admin.SimpleListFilter):
    """Dead letters first: they are what staff come for."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("dead", _("Given up")), ("waiting", _("On its way")), ("done", _("Delivered"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "dead":
            return queryset.filter(dead_at__isnull=False)
        if self.value() == "waiting":
            return queryset.filter(dead_at__isnull=True, done_at__isnull=True)
        if self.value() == "done":
            return queryset.filter(done_at__isnull=False)
        return queryset


@admin.register(OutboxDelivery)
class OutboxDeliveryAdmin(RecordAdmin):
    """One event on its way to one consumer. Only the retry of a dead letter is done by hand."""

    list_display = ("id", "what", "consumer", "state", "attempts", "available", "last_error")
    list_select_related = ("event",)
    list_filter = (DeliveryState, "consumer")
    search_fields = ("event__subject_key__istartswith", "event__name__istartswith", "consumer__istartswith")
    ordering = ("-id",)
    view_roles = ("administrator", "auditor")
    actions = ("retry",)
    fields = ("what", "consumer", "state", "attempts", "available", "last_error")
    readonly_fields = fields

    @admin.display(description=_("event"), ordering="event__name")
    def what(self, delivery: OutboxDelivery) -> str:
        return str(delivery.event)

    @admin.display(description=_("state"))
    def state(self, delivery: OutboxDelivery) -> Any:
        if delivery.done_at:
            return badge(_("Delivered"), "good")
        return badge(_("Given up"), "bad") if delivery.dead_at else badge(_("On its way"), "active")

    @admin.display(description=_("next attempt"), ordering="available_at")
    def available(self, delivery: OutboxDelivery) -> Any:
        return "–" if delivery.done_at or delivery.dead_at else moment(delivery.available_at)

    @admin.action(description=_("Send again"), permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet) -> None:
        count = 0
        for delivery in queryset.filter(dead_at__isnull=False):
            retry_delivery(delivery=delivery, by=actor_of(request))
            count += 1
        said = ngettext("%d delivery goes again.", "%d deliveries go again.", count) % count
        self.message_user(request, said, messages.SUCCESS if count else messages.WARNING)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return "administrator" in request.user.roles
