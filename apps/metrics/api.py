"""`metrics/`, `metrics/{id}/`, `metrics/{id}/rows/`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from apps.core.api.base import ApiView, JsonAnswer
from apps.core.api.fields import FastSerializer
from apps.core.api.parameters import QueryParameter
from apps.metrics import queries
from apps.metrics.definitions import Metric, Part
from apps.metrics.definitions.practice import DIMENSIONS
from apps.metrics.figures import Figure, Row
from apps.metrics.periods import Period, period_between
from apps.metrics.queries import Answer

LARGEST_PAGE = 500
PERIOD = (
    QueryParameter("from", date, description="first day of the period, in the organisation's time zone"),
    QueryParameter("to", date, description="first day after the period"),
    QueryParameter("as_of", datetime, description="what was known at this moment; now when left out"),
)
NARROWED = (
    *(QueryParameter(name, description=f"only this {words}") for name, words in DIMENSIONS.items() if name != "month"),
    QueryParameter("approach", description="only what this release approach covers, by its slug"),
)
BY = QueryParameter("by", choices=tuple(DIMENSIONS), description="break the figure down by this")
PART = QueryParameter("part", description="a part of the metric; its headline when left out")


class FigureSerializer(FastSerializer):
    """A value with everything that is needed to judge it. No data is null, never 0 or 100 %."""

    value = serializers.FloatField(allow_null=True)
    unit = serializers.CharField()
    numerator = serializers.FloatField(allow_null=True)
    denominator = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()
    interval = serializers.ListField(child=serializers.FloatField(), allow_null=True, help_text="95 %")
    excluded = serializers.DictField(
        child=serializers.IntegerField(), help_text="how many rows do not count, by reason"
    )
    enough_data = serializers.BooleanField(help_text="false when there is no data, or fewer than five records")
    small = serializers.BooleanField(help_text="there is data, of fewer than five records")
    as_of = serializers.DateTimeField()
    definition_version = serializers.IntegerField()


class PartFigureSerializer(FigureSerializer):
    id = serializers.CharField()
    title = serializers.CharField()


class MonthFigureSerializer(FigureSerializer):
    month = serializers.CharField()


class GroupFigureSerializer(FigureSerializer):
    key = serializers.CharField(allow_blank=True, help_text="empty for records that have none")


class PeriodSerializer(FastSerializer):
    first = serializers.DateField()
    after = serializers.DateField()
    time_zone = serializers.CharField()


class MetricSummarySerializer(FigureSerializer):
    """A metric and its headline figure."""

    id = serializers.CharField()
    title = serializers.CharField()
    question = serializers.CharField()
    period = PeriodSerializer()


class MetricSerializer(MetricSummarySerializer):
    """A metric whole: every part, the trend of the headline, the breakdown asked for, how rows divide."""

    parts = PartFigureSerializer(many=True)
    trend = MonthFigureSerializer(many=True)
    by = serializers.CharField(allow_null=True)
    breakdown = GroupFigureSerializer(many=True)
    split = serializers.DictField(child=GroupFigureSerializer(many=True), help_text="how the rows of a part divide")
    notes = serializers.ListField(child=serializers.CharField())


class MetricListSerializer(FastSerializer):
    results = MetricSummarySerializer(many=True)


class RowSerializer(FastSerializer):
    """One record behind a figure."""

    key = serializers.CharField()
    label = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True, help_text="the defining time")
    numerator = serializers.FloatField()
    denominator = serializers.FloatField()
    value = serializers.FloatField(allow_null=True)
    group = serializers.CharField(allow_blank=True)
    excluded = serializers.CharField(allow_blank=True, help_text="why it does not count; empty when it does")
    note = serializers.CharField(allow_blank=True)
    url = serializers.CharField(allow_blank=True)
    dimensions = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))


class RowPageSerializer(FastSerializer):
    id = serializers.CharField()
    part = serializers.CharField()
    figure = FigureSerializer()
    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = RowSerializer(many=True)


class MetricsView(ApiView):
    """Every metric with its headline figure."""

    scope = "metrics"
    query_parameters = PERIOD

    @extend_schema(
        operation_id="metrics_list", summary="Every metric with its headline figure", responses=MetricListSerializer
    )
    def get(self, request: Request) -> HttpResponse:
        answers = queries.answer_all(self._period(), as_of=self.query["as_of"])
        return JsonAnswer({"results": [_summary(one) for one in answers], "next": None, "previous": None}, tagged=False)

    def _period(self) -> Period:
        return period_between(self.query["from"], self.query["to"])


class MetricView(ApiView):
    """One metric whole."""

    scope = "metrics"
    query_parameters = (*PERIOD, BY, *NARROWED)

    @extend_schema(
        operation_id="metrics_retrieve",
        summary="One metric: figures, trend, breakdown",
        parameters=[OpenApiParameter("id", str, OpenApiParameter.PATH, description="M1 to M9, or a metric of DORA")],
        responses=MetricSerializer,
    )
    def get(self, request: Request, id: str) -> HttpResponse:
        found = _asked(id, self.query)
        headline, by = found.metric.headline, self.query["by"]
        body = _summary(found) | {
            "parts": [_part(part) | figure.as_dict() for part, figure in found.figures()],
            "trend": [{"month": _month(month)} | figure.as_dict() for month, figure in found.trend(headline)],
            "by": by,
            "breakdown": _groups(found.breakdown(headline, by)) if by else [],
            "split": {part.slug: _groups(found.split(part)) for part in found.metric.parts if part.split},
            "notes": [str(note) for note in found.metric.notes],
        }
        return JsonAnswer(body, tagged=False)


class MetricRowsView(ApiView):
    """The rows behind a figure: they give it again."""

    scope = "metrics"
    query_parameters = (
        *PERIOD,
        *NARROWED,
        PART,
        QueryParameter("page_size", int, default=100, minimum=1, maximum=LARGEST_PAGE),
        QueryParameter("after", int, default=0, minimum=0, description="skip this many rows"),
    )

    @extend_schema(
        operation_id="metrics_rows",
        summary="The rows behind a figure",
        parameters=[OpenApiParameter("id", str, OpenApiParameter.PATH, description="M1 to M9, or a metric of DORA")],
        responses=RowPageSerializer,
    )
    def get(self, request: Request, id: str) -> HttpResponse:
        found = _asked(id, self.query)
        part, rows = queries.part_rows(found, self.query["part"] or "")
        size, after = self.query["page_size"], self.query["after"]
        body = {
            "id": found.metric.id,
            "part": part.slug,
            "figure": found.figure(part).as_dict(),
            "count": len(rows),
            "next": _link(request, after + size) if after + size < len(rows) else None,
            "previous": _link(request, max(after - size, 0)) if after else None,
            "results": [shown_row(row) for row in rows[after : after + size]],
        }
        return JsonAnswer(body, tagged=False)


def shown_row(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in RowSerializer._declared_fields} | {
        "dimensions": {name: list(values) for name, values in row.dimensions.items()}
    }


def _asked(metric_id: str, query: dict[str, Any]) -> Answer:
    only = {one.name: query[one.name] for one in NARROWED if query[one.name]}
    return queries.answer(metric_id, period_between(query["from"], query["to"]), as_of=query["as_of"], only=only)


def _summary(found: Answer) -> dict[str, Any]:
    metric: Metric = found.metric
    period = found.period
    return {
        "id": metric.id,
        "title": str(metric.title),
        "question": str(metric.question),
        "period": {"first": period.first, "after": period.after, "time_zone": str(period.zone)},
    } | found.headline.as_dict()


def _part(part: Part) -> dict[str, Any]:
    return {"id": part.slug, "title": str(part.title)}


def _groups(groups: list[tuple[str, Figure]]) -> list[dict[str, Any]]:
    return [{"key": key} | figure.as_dict() for key, figure in groups]


def _month(month: Period) -> str:
    return month.first.strftime("%Y-%m")


def _link(request: Request, after: int) -> str:
    given = request.query_params.copy()
    given["after"] = str(after)
    return request.build_absolute_uri(f"{request.path}?{given.urlencode()}")
