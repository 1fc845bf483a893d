"""The pages people work at that span apps."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.permissions import may_read
from apps.cmdb.queries import HEALTH_LISTS, health
from apps.core.admin.export import lines_of
from apps.core.clock import now
from apps.desk.forms import NARROWED_BY, VIEWS, CalendarForm, DriftForm
from apps.desk.queries.adoption import adoption as adoption_of
from apps.desk.queries.calendar import KINDS, month_of, timeline_of, week_of
from apps.desk.queries.calendar.events import MOST
from apps.desk.queries.drift import drift_cells, drift_page
from apps.metrics.forms import PeriodForm
from apps.releases.queries import DriftKind, drift_lists

DRIFT_COLUMNS = (
    "key",
    "name",
    "owner",
    "environment",
    "live version",
    "expected version",
    "release",
    "since",
    "what differs",
    "what to do",
)


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """A month, a week or four weeks as lines: `?view=week&day=2026-11-24` and filters in the address."""
    if not may_read(None, request.user):
        raise PermissionDenied
    form = CalendarForm(request.GET or None)
    today, at = timezone.localdate(), now()
    view, day = form.chosen_view, form.chosen_day(today)
    filters = form.filters()
    shown = {
        "month": lambda: month_of(day, filters, at),
        "week": lambda: week_of(day, filters, at),
        "timeline": lambda: timeline_of(day, filters, at, form.grouping),
    }[view]()
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Calendar"),
        "view": view,
        "views": VIEWS,
        "shown": shown,
        "cut": [KINDS[kind] for kind in shown.held.cut],
        "most": MOST,
        "form": form,
        "day": day,
        "kept": form.kept("kind", *NARROWED_BY, "group"),
        "is_narrowed": bool(form.kept("kind", *NARROWED_BY)),
        "today": today,
        "zone": timezone.get_current_timezone_name(),
    }
    return TemplateResponse(request, f"admin/desk/calendar_{view}.html", context)


@require_safe
def adoption(request: HttpRequest) -> HttpResponse:
    """How much goes through the practice, what went past it, and what to bring under it next."""
    if not may_read(None, request.user):
        raise PermissionDenied
    form = PeriodForm(request.GET)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Adoption"),
        "form": form,
        "period": form.period,
        **adoption_of(request.user, form.period, now(), request.GET.get("approach", "")),
    }
    return TemplateResponse(request, "admin/desk/adoption.html", context)


@require_safe
def health_of_cmdb(request: HttpRequest) -> HttpResponse:
    """What is wrong with the map: each list with how long it is, why it matters, and where it is worked through."""
    if not may_read(None, request.user):
        raise PermissionDenied
    counts = health()
    items = reverse("admin:cmdb_configurationitem_changelist")
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Health of the CMDB"),
        "lists": [
            (
                one,
                counts[one.slug],
                f"{reverse(one.worked_at)}?status__exact=proposed" if one.worked_at else f"{items}?health={one.slug}",
            )
            for one in HEALTH_LISTS
        ],
    }
    return TemplateResponse(request, "admin/desk/health.html", context)


@require_safe
def drift(request: HttpRequest) -> HttpResponse:
    """Where what is live and what was released do not agree: three lists to work through."""
    if not may_read(None, request.user):
        raise PermissionDenied
    form = DriftForm(request.GET)
    lists = drift_lists(form.narrowed)
    counts = {kind: len(one) for kind, one in lists.items()}
    kind = form.chosen(counts)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Drift"),
        "form": form,
        "kind": kind,
        "kinds": [(one.value, one.label, counts[one]) for one in DriftKind],
        **drift_page(request.user, lists[kind], request.GET.get("p")),
    }
    return TemplateResponse(request, "admin/desk/drift.html", context)


@require_safe
def drift_export(request: HttpRequest) -> HttpResponse:
    """Every row of one list, as narrowed, for a spreadsheet."""
    if not may_read(None, request.user):
        raise PermissionDenied
    form = DriftForm(request.GET)
    lists = drift_lists(form.narrowed)
    kind = form.chosen({kind: len(one) for kind, one in lists.items()})
    response = StreamingHttpResponse(
        lines_of(DRIFT_COLUMNS, drift_cells(lists[kind])), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="drift-{kind}-{timezone.localdate():%Y-%m-%d}.csv"'
    return response
