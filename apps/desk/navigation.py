"""The sidebar: what there is, in the order of the work, and only what the person may see."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

# (title, icon, "app.model" or the name of a page of the desk)
SECTIONS: list[tuple[Any, list[tuple[Any, str, str]]]] = [
    (
        _("Desk"),
        [
            (_("Home"), "home", "admin:index"),
            (_("Calendar"), "calendar_month", "desk:calendar"),
        ],
    ),
    (
        _("Releases"),
        [
            (_("Releases"), "rocket_launch", "releases.release"),
            (_("Release trains"), "train", "releases.train"),
            (_("Tasks"), "task_alt", "releases.task"),
            (_("Checks"), "verified", "releases.check"),
            (_("Approvals"), "how_to_reg", "approvals.round"),
            (_("Deployments"), "move_down", "releases.deployment"),
            (_("Incidents"), "emergency", "incidents.incident"),
        ],
    ),
    (
        _("Learn"),
        [
            (_("Reviews"), "rate_review", "reviews.releasereview"),
            (_("Model reviews"), "fact_check", "reviews.modelreview"),
            (_("Approach reviews"), "travel_explore", "reviews.approachreview"),
            (_("Improvement actions"), "trending_up", "reviews.improvementaction"),
            (_("Metrics"), "monitoring", "metrics:list"),
            (_("Adoption"), "verified_user", "desk:adoption"),
            (_("Findings"), "policy", "compliance.finding"),
            (_("Break-glass acts"), "emergency_home", "compliance.breakglass"),
        ],
    ),
    (
        _("Plan"),
        [
            (_("Release approaches"), "explore", "approaches.approach"),
            (_("Release models"), "account_tree", "release_models.releasemodel"),
            (_("Windows"), "event_available", "schedule.window"),
            (_("Freezes"), "ac_unit", "schedule.freeze"),
        ],
    ),
    (
        _("CMDB"),
        [
            (_("Configuration items"), "deployed_code", "cmdb.configurationitem"),
            (_("Relationships"), "share", "cmdb.relationship"),
            (_("Proposed relationships"), "lightbulb", "cmdb.proposedrelationship"),
            (_("Health"), "health_and_safety", "desk:health"),
            (_("Drift"), "difference", "desk:drift"),
            (_("Environments"), "layers", "cmdb.environment"),
            (_("Value streams"), "waves", "cmdb.valuestream"),
            (_("Parties"), "handshake", "cmdb.party"),
            (_("Imports"), "upload_file", "cmdb.importrun"),
            (_("Column mappings"), "table_chart", "cmdb.columnmapping"),
            (_("CI types"), "category", "cmdb.citype"),
            (_("Relationship types"), "conversion_path", "cmdb.relationshiptype"),
        ],
    ),
    (
        _("House"),
        [
            (_("People"), "person", "accounts.user"),
            (_("Teams"), "groups", "accounts.team"),
            (_("Messages"), "mail", "notifications.message"),
            (_("Hooks"), "webhook", "integrations.hookendpoint"),
            (_("Inbox of hooks"), "move_to_inbox", "integrations.hookdelivery"),
            (_("Webhooks"), "send", "integrations.webhooksubscription"),
            (_("Calendar feeds"), "rss_feed", "integrations.calendarfeed"),
            (_("Trusted keys"), "key", "verification.trustedkey"),
            (_("Deliveries"), "outbox", "core.outboxdelivery"),
            (_("Audit trail"), "history", "core.auditentry"),
        ],
    ),
]


def sections(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar's groups for this person."""
    groups = []
    for title, entries in SECTIONS:
        items = [item for entry in entries if (item := _item(request, *entry))]
        if items:
            groups.append({"title": title, "items": items, "separator": False})
    return groups


def _item(request: HttpRequest, title: Any, icon: str, target: str) -> dict[str, Any] | None:
    link = _page(target) if ":" in target else _list_of(request, target)
    if not link:
        return None
    active = request.path == link if target == "admin:index" else request.path.startswith(link)
    return {"title": title, "icon": icon, "link": link, "active": active}


def _page(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _list_of(request: HttpRequest, label: str) -> str:
    """The list page of a kind of record, when it is in the admin and this person may see it."""
    for model, model_admin in admin.site._registry.items():
        if model._meta.label_lower == label and model_admin.has_view_permission(request):
            return _page(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return ""


def environment(request: HttpRequest) -> list[str] | None:
    """A label beside the title wherever it is not the real thing."""
    if settings.TIDEGATE_ENV == "production":
        return None
    return [_("Demo"), "info"]
