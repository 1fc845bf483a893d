"""Integrations in the admin: where tools report, what they reported, who is told outside, calendar feeds."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Role, has_role
from apps.core.actor import Actor
from apps.core.admin import Deed, LifecycleAdmin, RecordAdmin, badge, moment, record_link
from apps.integrations import actions
from apps.integrations.forms import (
    HOOK_STEPS,
    DropPreviousSecretForm,
    RedeliverForm,
    RevokeFeedForm,
    RotateEndpointSecretForm,
    SendTestForm,
)
from apps.integrations.models import CalendarFeed, HookDelivery, HookEndpoint, WebhookDelivery, WebhookSubscription
from apps.integrations.permissions import CONNECTORS, may_connect, may_subscribe

READERS = (*CONNECTORS, Role.AUDITOR)


class ShowsSecretOnce:
    """A secret made with a record is shown on the one page that answers; nothing keeps it."""

    secret_title: Any = ""
    secret_about: Any = ""

    def response_add(self, request: HttpRequest, obj: Model, post_url_continue: str | None = None) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": self.secret_title,
            "about": self.secret_about,
            "secret": obj.fresh_secret,
            "address": self.secret_address(obj),
            "onward": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"),
        }
        answer = TemplateResponse(request, "admin/integrations/secret.html", context)
        answer["Cache-Control"] = "no-store"
        return answer

    def secret_address(self, obj: Model) -> str:
        return ""


@admin.register(HookEndpoint)
class HookEndpointAdmin(ShowsSecretOnce, RecordAdmin):
    list_display = ("slug", "name", "kind", "is_enabled", "address", "created_at")
    list_filter = ("kind", "is_enabled")
    search_fields = ("slug__istartswith", "name__icontains")
    view_roles = READERS
    edit_roles = CONNECTORS
    secret_title = _("The secret of this endpoint")
    secret_about = _("Give it to the tool: it signs with it what it delivers.")
    deeds = (
        Deed(
            "rotate",
            _("Change the secret"),
            RotateEndpointSecretForm,
            may_connect,
            _("The secret in use counts until it is dropped, so that no event is lost meanwhile."),
        ),
        Deed(
            "drop",
            _("Drop the old secret"),
            DropPreviousSecretForm,
            may_connect,
            _("Only the newest secret counts from then on."),
            shown=lambda endpoint: bool(endpoint.locked_previous),
            is_danger=True,
        ),
    )

    def get_fields(self, request: HttpRequest, obj: HookEndpoint | None = None) -> list[str]:
        asked = ["slug", "name", "kind", "is_enabled", "environments"]
        return asked if obj is None else [*asked, "address"]

    def get_readonly_fields(self, request: HttpRequest, obj: HookEndpoint | None = None) -> list[str]:
        return [] if obj is None else ["slug", "kind", "address"]

    @admin.display(description=_("address"))
    def address(self, endpoint: HookEndpoint) -> str:
        return settings.TIDEGATE_BASE_URL + reverse("hook", args=[endpoint.slug])

    def secret_address(self, obj: Model) -> str:
        return self.address(obj)

    def perform_create(self, data: dict[str, Any], by: Actor) -> HookEndpoint:
        endpoint, endpoint_secret = actions.create_endpoint(**data, by=by)
        endpoint.fresh_secret = endpoint_secret
        return endpoint

    def perform_update(self, obj: HookEndpoint, data: dict[str, Any], by: Actor) -> HookEndpoint:
        return actions.change_endpoint(endpoint=obj, by=by, **data)

    def perform_destroy(self, obj: HookEndpoint, by: Actor) -> None:
        actions.remove_endpoint(endpoint=obj, by=by)


@admin.register(HookDelivery)
class HookDeliveryAdmin(LifecycleAdmin):
    """The inbox: what could not be matched waits here."""

    steps = HOOK_STEPS
    road = ("received", "processed")
    danger_steps = ()
    view_roles = READERS
    list_display = ("received", "endpoint", "event", "status_badge", "result", "deployment_link")
    list_filter = ("status", "endpoint", "event")
    search_fields = ("delivery_id__iexact", "event__istartswith", "result__icontains")
    list_select_related = ("endpoint", "deployment__ci", "deployment__environment")
    fields = ("endpoint", "event", "delivery_id", "received", "result", "deployment_link", "facts")
    readonly_fields = fields

    @admin.display(description=_("received at"), ordering="id")
    def received(self, delivery: HookDelivery) -> Any:
        return moment(delivery.created_at)

    @admin.display(description=_("deployment"))
    def deployment_link(self, delivery: HookDelivery) -> Any:
        return record_link(delivery.deployment)


@admin.register(WebhookSubscription)
class WebhookSubscriptionAdmin(ShowsSecretOnce, RecordAdmin):
    list_display = ("key", "name", "url", "state")
    list_filter = ("is_enabled",)
    search_fields = ("key__istartswith", "name__icontains", "url__icontains")
    fields = ("name", "url", "events", "is_enabled")
    view_roles = READERS
    edit_roles = CONNECTORS
    secret_title = _("The secret of this subscription")
    secret_about = _("Give it to the receiver: messages are signed with it as Standard Webhooks says.")
    deeds = (Deed("test", _("Send a test"), SendTestForm, may_connect, _("A message that means nothing is sent.")),)

    @admin.display(description=_("state"))
    def state(self, subscription: WebhookSubscription) -> Any:
        if subscription.is_enabled:
            return badge(_("enabled"), "good")
        return badge(subscription.disabled_reason or _("disabled"), "bad" if subscription.disabled_reason else "idle")

    def perform_create(self, data: dict[str, Any], by: Actor) -> WebhookSubscription:
        subscription, subscription_secret = actions.subscribe(**data, by=by)
        subscription.fresh_secret = subscription_secret
        return subscription

    def perform_update(self, obj: WebhookSubscription, data: dict[str, Any], by: Actor) -> WebhookSubscription:
        return actions.change_subscription(subscription=obj, by=by, **data)

    def perform_destroy(self, obj: WebhookSubscription, by: Actor) -> None:
        actions.remove_subscription(subscription=obj, by=by)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(RecordAdmin):
    """The log of what was told outside."""

    view_roles = READERS
    list_display = ("sent", "subscription", "event", "status", "attempts", "http_status", "detail", "next_attempt_at")
    list_filter = ("status", "subscription", "event")
    search_fields = ("message_id__iexact", "event__istartswith")
    fields = (
        "subscription",
        "event",
        "message_id",
        "status",
        "attempts",
        "attempted_at",
        "next_attempt_at",
        "http_status",
        "detail",
        "payload",
    )
    readonly_fields = fields
    deeds = (
        Deed(
            "redeliver",
            _("Send again"),
            RedeliverForm,
            may_connect,
            _("The same message under the same webhook-id: a receiver that has it already can tell."),
            shown=lambda delivery: delivery.status != "pending",
        ),
    )

    @admin.display(description=_("since"), ordering="id")
    def sent(self, delivery: WebhookDelivery) -> Any:
        return moment(delivery.created_at)


@admin.register(CalendarFeed)
class CalendarFeedAdmin(ShowsSecretOnce, RecordAdmin):
    list_display = ("key", "name", "owner", "state", "created_at")
    list_filter = ("revoked_at",)
    search_fields = ("key__istartswith", "name__icontains", "owner__username__istartswith")
    fields = ("name", "team", "value_stream", "is_mine_only")
    add_roles = tuple(Role)
    delete_roles = ()
    secret_title = _("The address of this calendar")
    secret_about = _("Give it to your calendar program, and to nobody else: who has it can read.")
    deeds = (
        Deed(
            "revoke",
            _("Revoke"),
            RevokeFeedForm,
            may_subscribe,
            _("Whoever has the address reads nothing any more. This cannot be undone."),
            shown=lambda feed: feed.is_live,
            is_danger=True,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[CalendarFeed]:
        feeds = super().get_queryset(request).select_related("owner")
        return feeds if has_role(request.user, Role.ADMINISTRATOR) else feeds.filter(owner=request.user)

    @admin.display(description=_("state"))
    def state(self, feed: CalendarFeed) -> Any:
        return badge(_("live"), "good") if feed.is_live else badge(_("revoked"), "bad")

    def perform_create(self, data: dict[str, Any], by: Actor) -> CalendarFeed:
        feed, token = actions.open_feed(owner=by.user, by=by, **data)
        feed.fresh_secret = settings.TIDEGATE_BASE_URL + reverse("calendar-feed", args=[token])
        return feed
