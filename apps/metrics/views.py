"""The pages of the metrics: what each says now, and one of them whole, down to its rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.core.admin.export import lines_of
from apps.core.errors import NotFound, Refusal
from apps.metrics import queries
from apps.metrics.definitions import Part
from apps.metrics.definitions.practice import DIMENSIONS
from apps.metrics.figures import Row
from apps.metrics.forms import MetricForm, PeriodForm
from apps.metrics.permissions import may_read
from apps.metrics.queries import Answer

ROWS_A_PAGE = 50
COLUMNS = ("key", "label", "at", "numerator", "denominator", "value", "group", "excluded", "note")


@require_safe
def metric_list(request: HttpRequest) -> HttpResponse:
    """Every metric with its headline figure and its trend."""
    _refuse_strangers(request)
    form = PeriodForm(request.GET)
    answers = queries.answer_all(form.period)
    context = {
        **admin.site.each_context(request),
        "title": _("Metrics"),
        "form": form,
        "period": form.period,
        "practice": [_card(one) for one in answers if not one.metric.is_dora],
        "dora": [_card(one) for one in answers if one.metric.is_dora],
        "asked": request.GET.urlencode(),
    }
    return TemplateResponse(request, "metrics/list.html", context)


@require_safe
def metric_page(request: HttpRequest, metric: str) -> HttpResponse:
    """One metric: its figures, trend, breakdown, and the rows behind each."""
    _refuse_strangers(request)
    form = MetricForm(request.GET)
    found = _answer(metric, form)
    part, rows = _part_rows(found, form.asked("part"))
    by = form.asked("by")
    context = {
        **admin.site.each_context(request),
        "title": f"{found.metric.id} {found.metric.title}" if not found.metric.is_dora else str(found.metric.title),
        "form": form,
        "metric": found.metric,
        "period": found.period,
        "parts": [_part_line(found, one) for one in found.metric.parts],
        "part": part,
        "figure": found.figure(part),
        "trend": found.trend(part),
        "by": by,
        "by_words": DIMENSIONS.get(by, ""),
        "breakdown": found.breakdown(part, by) if by else [],
        "splits": [(one, found.split(one)) for one in found.metric.parts if one.split],
        "rows": Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("p")),
        "asked": request.GET.urlencode(),
        "as_of": found.question.as_of,
    }
    return TemplateResponse(request, "metrics/metric.html", context)


@require_safe
def metric_rows(request: HttpRequest, metric: str) -> HttpResponse:
    """The rows behind a part as CSV, safe to open in a spreadsheet."""
    _refuse_strangers(request)
    form = MetricForm(request.GET)
    found = _answer(metric, form)
    part, rows = _part_rows(found, form.asked("part"))
    header = [*COLUMNS, *(name for name in DIMENSIONS if name != "month")]
    response = StreamingHttpResponse(lines_of(header, _cells(rows)), content_type="text/csv; charset=utf-8")
    name = f"{found.metric.id}-{part.slug}-{found.period.first}-{found.period.after}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _cells(rows: list[Row]) -> Iterator[list[Any]]:
    for row in rows:
        dimensions = [" ".join(row.dimensions.get(name, ())) for name in DIMENSIONS if name != "month"]
        yield [*(getattr(row, column) for column in COLUMNS), *dimensions]


def _refuse_strangers(request: HttpRequest) -> None:
    if not may_read(None, request.user):
        raise PermissionDenied


def _answer(metric: str, form: MetricForm) -> Answer:
    try:
        return queries.answer(metric, form.period, only=form.only)
    except NotFound as refusal:
        raise Http404(refusal.detail) from refusal


def _part_rows(found: Answer, slug: str) -> tuple[Part, list[Row]]:
    try:
        return queries.part_rows(found, slug)
    except Refusal as refusal:
        raise Http404(refusal.detail) from refusal


def _card(found: Answer) -> dict[str, Any]:
    part = found.metric.headline
    return {"metric": found.metric, "part": part, "figure": found.headline, "trend": found.trend(part)}


def _part_line(found: Answer, part: Part) -> dict[str, Any]:
    return {"part": part, "figure": found.figure(part), "rows": len(found.rows_inside(part))}
