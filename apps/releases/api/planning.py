"""`releases/{key}/plan/`: the plan in time."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from apps.core.api.base import JsonAnswer
from apps.core.api.fields import FastSerializer
from apps.releases.api.conflicts import OfRelease
from apps.releases.lifecycle.words import Phase
from apps.releases.models import Release
from apps.releases.queries import Plan, Planned, plan_of

SHARES = (50, 85, 95)


class MeasuredSerializer(FastSerializer):
    """How long a step took in the past."""

    times = serializers.IntegerField(help_text="How often it was done.")
    median_minutes = serializers.IntegerField()
    p85_minutes = serializers.IntegerField(help_text="It took no longer in 85 of 100 times.")
    of_this_service = serializers.BooleanField(
        help_text="Only releases of the same service count; else all of the model."
    )


class PlannedTaskSerializer(FastSerializer):
    """A task in its place. Starts and ends are minutes from the window's start; on the way back, from the decision."""

    slug = serializers.CharField()
    title = serializers.CharField()
    phase = serializers.ChoiceField(choices=Phase.choices)
    assignee = serializers.CharField(allow_null=True)
    role = serializers.CharField()
    minutes = serializers.IntegerField(help_text="As planned.")
    start = serializers.IntegerField(allow_null=True)
    end = serializers.IntegerField(allow_null=True)
    slack = serializers.IntegerField(allow_null=True, help_text="Minutes it may slip without delaying its phase.")
    is_critical = serializers.BooleanField()
    depends_on = serializers.ListField(child=serializers.CharField())
    takes_back = serializers.ListField(child=serializers.CharField())
    measured = MeasuredSerializer(allow_null=True)


class FinishSerializer(FastSerializer):
    """By when the work is done in so many per cent of the runs."""

    per_cent = serializers.IntegerField()
    minutes = serializers.IntegerField(help_text="From the start of the window.")
    at = serializers.DateTimeField(allow_null=True)


class ForecastSerializer(FastSerializer):
    """The execution run many times with durations as they were in the past."""

    finishes = FinishSerializer(many=True)
    chance_within_window = serializers.FloatField(allow_null=True, help_text="Share of the runs, from 0 to 1.")
    steps = serializers.IntegerField()
    measured = serializers.IntegerField(
        help_text="Steps that drew from their past; the others take their plan −20 % to +50 %."
    )
    runs = serializers.IntegerField()


class PlanSerializer(FastSerializer):
    """The plan in time. Work and way back are reckoned from the past where it is known."""

    planned_start = serializers.DateTimeField(allow_null=True)
    planned_end = serializers.DateTimeField(allow_null=True)
    tasks = PlannedTaskSerializer(many=True)
    work_minutes = serializers.IntegerField(allow_null=True)
    way_back_minutes = serializers.IntegerField(allow_null=True)
    point_of_no_return = serializers.DateTimeField(
        allow_null=True, help_text="After it, backing out no longer ends within the window."
    )
    missing_for_work = serializers.IntegerField(
        allow_null=True, help_text="Minutes; above zero it blocks verification."
    )
    missing = serializers.IntegerField(
        allow_null=True, help_text="Minutes by which work and way back exceed the window."
    )
    forecast = ForecastSerializer(allow_null=True)


class PlanView(OfRelease):
    """The plan in time."""

    @extend_schema(operation_id="releases_plan_retrieve", responses=PlanSerializer, summary="The plan in time")
    def get(self, request: Request, release: str) -> JsonAnswer:
        """Every task in its place with its slack and its past; whether work and way back fit; when it will be done."""
        return JsonAnswer(plan_as_told(plan_of(self.release(release))))


def plan_as_told(plan: Plan) -> dict[str, Any]:
    """The plan as programs read it."""
    release: Release = plan.release
    fit, rehearsed = plan.fit, plan.rehearsed
    return {
        "planned_start": release.planned_start,
        "planned_end": release.planned_end,
        "tasks": [_task(one) for one in plan.tasks],
        "work_minutes": rehearsed.work if rehearsed else None,
        "way_back_minutes": rehearsed.back_out if rehearsed else None,
        "point_of_no_return": fit.point_of_no_return if fit and plan.has_way_back else None,
        "missing_for_work": fit.missing_for_work if fit else None,
        "missing": fit.missing if fit else None,
        "forecast": _forecast(plan),
    }


def _task(one: Planned) -> dict[str, Any]:
    task, placed, measured = one.task, one.placed, one.measured
    return {
        "slug": task.slug,
        "title": task.title,
        "phase": task.phase,
        "assignee": task.assignee.username if task.assignee else None,
        "role": task.role,
        "minutes": task.duration_minutes,
        "start": placed.start if placed else None,
        "end": placed.end if placed else None,
        "slack": placed.slack if placed else None,
        "is_critical": one.is_critical,
        "depends_on": sorted(need.slug for need in task.depends_on.all()),
        "takes_back": sorted(step.slug for step in task.takes_back.all()),
        "measured": measured
        and {
            "times": measured.times,
            "median_minutes": measured.median,
            "p85_minutes": measured.p85,
            "of_this_service": measured.is_of_subject,
        },
    }


def _forecast(plan: Plan) -> dict[str, Any] | None:
    found = plan.forecast
    if found is None:
        return None
    return {
        "finishes": [
            {"per_cent": share, "minutes": found.minutes[share], "at": plan.finish(share)} for share in SHARES
        ],
        "chance_within_window": found.chance,
        "steps": found.steps,
        "measured": found.measured,
        "runs": found.runs,
    }
