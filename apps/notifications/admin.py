"""The record of messages in the admin: read, filtered, sent again; never written by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Role
from apps.core.admin import LifecycleAdmin, Tab, actor_of, moment, offer_tab
from apps.notifications import actions, queries
from apps.notifications.forms import MESSAGE_STEPS
from apps.notifications.models import Message
from apps.notifications.permissions import may_read_messages, may_resend

READ = ("subject", "to_user", "to_address", "reason", "event", "record_key", "text")
DELIVERY = ("sent_at", "attempts", "last_error", "message_id", "resends")


@admin.register(Message)
class MessageAdmin(LifecycleAdmin):
    """To whom, when, why, delivered or not. A personal link or code is not kept here: it exists only in the mail."""

    steps = MESSAGE_STEPS
    road = ("pending", "sent")
    view_roles = (Role.RELEASE_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR)
    list_display = ("subject", "to_address", "status_badge", "event", "record_key", "created", "sent")
    list_filter = ("status", "event", "created_at")
    search_fields = ("subject__icontains", "to_address__icontains", "record_key__iexact")
    search_help_text = _("Subject, address or key of the record")
    ordering = ("-id",)
    fieldsets = ((None, {"fields": READ}), (_("Delivery"), {"fields": DELIVERY}))
    actions = ("resend",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("to_user")

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return may_resend(None, request.user)

    @admin.action(description=_("Send again"), permissions=["resend"])
    def resend(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        for message in queryset:
            actions.resend_message(message=message, by=actor_of(request))
        self.message_user(request, _("They are on their way again."), messages.SUCCESS)

    @admin.display(description=_("written at"), ordering="created_at")
    def created(self, message: Message) -> Any:
        return moment(message.created_at)

    @admin.display(description=_("sent at"), ordering="sent_at")
    def sent(self, message: Message) -> Any:
        return moment(message.sent_at) if message.sent_at else "–"


def messages_of_release(owner: Any, request: HttpRequest, release: Any) -> dict[str, Any]:
    return {"sent_messages": list(queries.messages_about_release(release.key)[:200])}


offer_tab(
    "releases.release",
    Tab(
        "messages",
        _("Messages"),
        "admin/notifications/of_release.html",
        messages_of_release,
        shown=lambda owner, request, release: may_read_messages(release, request.user),
    ),
)
