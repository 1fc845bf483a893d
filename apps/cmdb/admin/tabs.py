"""The tabs of an item's page: what it hangs together with, what it touches, what is live of it, who knows it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.cmdb.admin.past import asked_moment, overview_then
from apps.cmdb.described import titles_of
from apps.cmdb.models import ConfigurationItem, ImportLine, Relationship
from apps.cmdb.picture import MOST_BOXES, shown
from apps.cmdb.queries import AFFECTED, DEPENDENCIES, drift, impact, reach, versions_of
from apps.cmdb.queries.impact import DEEPEST, USUAL_DEPTH
from apps.core.admin import Tab
from apps.core.errors import NotFound

SHOWN_EDGES = 100
SHOWN_LINES = 50


def overview_context(page: Any, request: HttpRequest, ci: ConfigurationItem) -> dict[str, Any]:
    asked = asked_moment(request)
    return {"asked": asked, **(_overview(ci) if asked.at is None else overview_then(ci, asked.at))}


def _overview(ci: ConfigurationItem) -> dict[str, Any]:
    outgoing = _edges(Q(source=ci))
    incoming = _edges(Q(target=ci))
    return {
        "ci": ci,
        "value_streams": ci.value_streams.all(),
        "attributes": _titled(ci),
        "outgoing": outgoing[:SHOWN_EDGES],
        "incoming": incoming[:SHOWN_EDGES],
        "edges_left_out": max(0, outgoing.count() - SHOWN_EDGES) + max(0, incoming.count() - SHOWN_EDGES),
        "parties": ci.service_relationships.select_related("party").order_by("party__name"),
        "unresolved": ci.unresolved_references.all()[:SHOWN_EDGES],
    }


def _titled(ci: ConfigurationItem) -> list[tuple[str, str, Any]]:
    """Title, name and value of each attribute, by the title that the type gives it."""
    titles = titles_of(ci.ci_type.attribute_schema) if ci.ci_type_id else {}
    return sorted((titles.get(name, name), name, value) for name, value in ci.attributes.items())


def _edges(which: Q) -> QuerySet[Relationship]:
    rows = Relationship.objects.filter(which).select_related("source", "target", "type")
    return rows.order_by("type__name", "source__name", "target__name", "pk")


def impact_context(page: Any, request: HttpRequest, ci: ConfigurationItem) -> dict[str, Any]:
    """Both directions are links; the depth is asked in the address, so that a view of it can be passed on."""
    direction = DEPENDENCIES if request.GET.get("direction") == DEPENDENCIES else AFFECTED
    asked = request.GET.get("depth", "")
    depth = min(int(asked), DEEPEST) if asked.isdecimal() and len(asked) < 4 else USUAL_DEPTH
    asked_for = asked_moment(request)
    known = {
        "asked": asked_for,
        "depth": depth,
        "depths": (1, 2, 3, USUAL_DEPTH, DEEPEST),
        "direction": direction,
        "is_affected": direction == AFFECTED,
    }
    try:
        found = impact(ci, direction, depth, MOST_BOXES, asked_for.at)
    except NotFound:
        return {**known, "was_not_there": True}
    address = reverse("configuration-items-impact-picture", args=[ci.key])
    asked_too = f"&at={quote(asked_for.iso)}" if asked_for.at else ""
    return {
        **known,
        **shown(found, f"{address}?direction={direction}&depth={depth}{asked_too}"),
        "reach": reach(ci, found) if direction == AFFECTED and asked_for.at is None else None,
    }


def installed_context(page: Any, request: HttpRequest, ci: ConfigurationItem) -> dict[str, Any]:
    return {"installed": versions_of(ci), "drift": drift(ci)}


def sources_context(page: Any, request: HttpRequest, ci: ConfigurationItem) -> dict[str, Any]:
    lines = ImportLine.objects.filter(ci_key=ci.key).select_related("run").order_by("-id")
    return {"identifiers": ci.identifiers.all(), "lines": lines[:SHOWN_LINES]}


OVERVIEW = Tab("overview", _("Overview"), "admin/cmdb/overview.html", overview_context)
IMPACT = Tab("impact", _("Impact"), "admin/cmdb/impact.html", impact_context)
INSTALLED = Tab("installed", _("Installed versions"), "admin/cmdb/installed.html", installed_context)
SOURCES = Tab("sources", _("Sources"), "admin/cmdb/sources.html", sources_context)
