"""Incidents in the admin: what happened, which releases it may come from, and what people found."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.admin import LifecycleAdmin, Tab, badge, moment, record_link
from apps.core.admin.tabs import offer_tab
from apps.core.lifecycle import available_steps
from apps.incidents import actions
from apps.incidents.forms import INCIDENT_STEPS, LINK_STEPS
from apps.incidents.models import CausalLink, Incident, Severity
from apps.incidents.permissions import REPORTERS
from apps.releases.models import Release

SEVERITY_TONES = {Severity.CRITICAL: "bad", Severity.HIGH: "bad", Severity.MODERATE: "warn"}


def causes(admin_of: Any, request: HttpRequest, incident: Incident) -> dict[str, Any]:
    """The releases an incident may come from, each with the steps this person may take."""
    return {"links": _rows(request, incident.links.select_related("release", "incident")), "incident": incident}


def consequences(admin_of: Any, request: HttpRequest, release: Release) -> dict[str, Any]:
    """The incidents a release may have caused."""
    return {"links": _rows(request, release.incident_links.select_related("incident", "release")), "release": release}


def _rows(request: HttpRequest, links: Any) -> list[dict[str, Any]]:
    pages = admin.site._registry[CausalLink]
    return [
        {
            "link": link,
            "steps": [
                (step.label, pages.step_url(link, step.name))
                for step in available_steps(link, request.user)
                if step.allowed
            ],
        }
        for link in links
    ]


@admin.register(Incident)
class IncidentAdmin(LifecycleAdmin):
    steps = INCIDENT_STEPS
    road = ("open", "resolved")
    edit_roles = REPORTERS
    delete_roles = ()
    list_display = ("key", "title", "severity_badge", "status_badge", "opened", "environment")
    list_display_links = ("key", "title")
    list_filter = ("status", "severity", "environment", "source")
    search_fields = ("key__icontains", "title__icontains", "external_id__iexact")
    fields = (
        "title",
        "description",
        "severity",
        "services",
        "environment",
        "opened_at",
        "resolved_at",
        "source",
        "external_id",
        "url",
    )
    readonly_fields = ("resolved_at",)
    tabs = (Tab("causes", _("Causes"), "admin/incidents/causes.html", causes),)
    form_tab_label = _("Incident")

    @admin.display(description=_("severity"), ordering="severity")
    def severity_badge(self, incident: Incident) -> Any:
        return badge(incident.get_severity_display(), SEVERITY_TONES.get(incident.severity, "idle"))

    @admin.display(description=_("opened at"), ordering="opened_at")
    def opened(self, incident: Incident) -> Any:
        return moment(incident.opened_at)

    def perform_create(self, data: dict[str, Any], by: Actor) -> Incident:
        return actions.report_incident(**data, by=by)

    def perform_update(self, obj: Incident, data: dict[str, Any], by: Actor) -> Incident:
        return actions.change_incident(incident=obj, by=by, **data)


@admin.register(CausalLink)
class CausalLinkAdmin(LifecycleAdmin):
    """Links are made by the correlator and judged by people; nothing of them is edited."""

    steps = LINK_STEPS
    road = ("suspected", "confirmed")
    danger_steps = ()
    list_display = ("incident_link", "release_link", "status_badge", "because")
    list_display_links = None
    list_filter = ("status", "incident__severity")
    search_fields = ("incident__key__icontains", "release__key__icontains", "incident__title__icontains")
    list_select_related = ("incident", "release")
    fields = ("incident_link", "release_link", "because", "found")
    readonly_fields = fields

    @admin.display(description=_("incident"), ordering="incident__key")
    def incident_link(self, link: CausalLink) -> Any:
        return record_link(link.incident)

    @admin.display(description=_("release"), ordering="release__key")
    def release_link(self, link: CausalLink) -> Any:
        return record_link(link.release)

    @admin.display(description=_("reasons"))
    def because(self, link: CausalLink) -> Any:
        return format_html_join(" ", "{}", ((reason,) for reason in link.reasons))


offer_tab("releases.release", Tab("incidents", _("Incidents"), "admin/incidents/consequences.html", consequences))
