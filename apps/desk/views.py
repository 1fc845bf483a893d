"""The pages people work at that span apps."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.permissions import may_read
from apps.core.clock import now
from apps.desk.forms import CalendarForm
from apps.desk.queries.adoption import adoption as adoption_of
from apps.desk.queries.calendar import MOST, month_of
from apps.metrics.forms import PeriodForm


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """One month of releases, windows and freezes; `?month=2026-11` and filters in the address."""
    if not may_read(None, request.user):
        raise PermissionDenied
    form = CalendarForm(request.GET or None)
    filters = form.filters()
    month = month_of(request.user, form.first_day(timezone.localdate()), filters, now())
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Calendar"),
        "month": month,
        "most": MOST,
        "form": form,
        "kept": form.kept(),
        "weekdays": [day.on for day in month.weeks[0]],
        "today": date.isoformat(timezone.localdate())[:7],
    }
    return TemplateResponse(request, "admin/desk/calendar.html", context)


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
        **adoption_of(request.user, form.period, now()),
    }
    return TemplateResponse(request, "admin/desk/adoption.html", context)
