"""`releases/{key}/conflicts/`, `…/what-if/` and `…/slots/`: what gets in the way of a window, and which one would be free."""

from __future__ import annotations

from datetime import UTC, datetime

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from apps.core.api.base import ApiView, JsonAnswer
from apps.core.api.fields import FastSerializer
from apps.core.api.parameters import QueryParameter
from apps.core.api.schema import BlockerSerializer
from apps.core.api.viewsets import one_of
from apps.core.errors import FieldError, Invalid
from apps.releases.lifecycle.words import ConflictKind, Severity
from apps.releases.models import Release
from apps.releases.models.release import LONG
from apps.releases.queries import conflicts_of, free_slots, what_if

MOST = 20


class ConflictSerializer(FastSerializer):
    """Something else that is planned and gets in the way."""

    kind = serializers.ChoiceField(choices=ConflictKind.choices)
    severity = serializers.ChoiceField(choices=Severity.choices)
    message = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    release = serializers.CharField(allow_null=True, help_text="Key of the other release, where it is one.")
    item = serializers.CharField(allow_null=True, help_text="Key of the configuration item that both want.")
    person = serializers.CharField(allow_null=True, help_text="User name of whoever is booked twice.")
    who_can_lift = serializers.CharField()
    url = serializers.CharField()


class WhatIfSerializer(FastSerializer):
    """One window that was tried."""

    planned_start = serializers.DateTimeField()
    planned_end = serializers.DateTimeField()
    is_free = serializers.BooleanField(help_text="Nothing blocks it; warnings may remain.")
    blockers = BlockerSerializer(many=True, help_text="Freezes and the plan's own limits.")
    conflicts = ConflictSerializer(many=True)
    consequences = serializers.ListField(child=serializers.CharField(), help_text="What else would follow, in words.")
    solved = serializers.ListField(child=serializers.CharField(), help_text="What stands in the way now and would not.")


class SlotSerializer(FastSerializer):
    """A window that is free."""

    planned_start = serializers.DateTimeField()
    planned_end = serializers.DateTimeField()
    window = serializers.CharField(allow_null=True, help_text="Name of the release window in which it lies.")
    passed_over = serializers.ListField(child=serializers.CharField(), help_text="Why it is not earlier, in words.")


class SlotsSerializer(FastSerializer):
    """Free windows, soonest first."""

    minutes = serializers.IntegerField(help_text="The length that was looked for.")
    until = serializers.DateTimeField(help_text="How far ahead was looked.")
    slots = SlotSerializer(many=True)
    passed_over = serializers.ListField(
        child=serializers.CharField(), help_text="Release windows into which it does not fit, and why."
    )


class OfRelease(ApiView):
    """A question about one release."""

    scope = "releases"
    queryset = Release.objects.with_people_and_subject()

    def release(self, key: str) -> Release:
        return one_of(self.queryset.all(), {"key": key})


class ConflictsView(OfRelease):
    """What gets in the way of the window as planned."""

    queryset = Release.objects.select_related("environment").defer(*LONG)

    @extend_schema(
        operation_id="releases_conflicts_list",
        responses=ConflictSerializer(many=True),
        summary="What else is planned that gets in its way",
    )
    def get(self, request: Request, release: str) -> JsonAnswer:
        """The gravest first. Those with the severity `blocking` keep the release from being verified."""
        return JsonAnswer([one.as_dict() for one in conflicts_of(self.release(release))])


class WhatIfView(OfRelease):
    """Another window, tried."""

    query_parameters = (
        QueryParameter("planned_start", datetime, description="When the window would begin; as planned, if left out."),
        QueryParameter("planned_end", datetime, description="When it would end; as planned, if left out."),
    )

    @extend_schema(
        operation_id="releases_what_if_retrieve", responses=WhatIfSerializer, summary="Try another window for it"
    )
    def get(self, request: Request, release: str) -> JsonAnswer:
        """Nothing is written: to take the window, PATCH the release."""
        found = self.release(release)
        window = {name: self.query[name] or getattr(found, name) for name in ("planned_start", "planned_end")}
        missing = [name for name, moment in window.items() if moment is None]
        if missing:
            raise Invalid(
                FieldError(f"?{name}", "required", f"The release has no {name} yet: name one.") for name in missing
            )
        return JsonAnswer(what_if(found, *window.values()).as_dict())


class SlotsView(OfRelease):
    """The next free windows."""

    query_parameters = (
        QueryParameter("after", datetime, description="Not before this moment; now, if left out."),
        QueryParameter("count", int, default=5, minimum=1, maximum=MOST, description="How many are wanted."),
    )

    @extend_schema(
        operation_id="releases_slots_retrieve", responses=SlotsSerializer, summary="The next free windows for it"
    )
    def get(self, request: Request, release: str) -> JsonAnswer:
        """Of the length that is planned, in the release windows it may use, clear of freezes and of other releases."""
        found = free_slots(self.release(release), self.query["after"], self.query["count"])
        return JsonAnswer(
            {
                "minutes": int(found.length.total_seconds() // 60),
                "until": found.until.astimezone(UTC),
                "slots": [one.as_dict() for one in found.found],
                "passed_over": [one.why for one in found.passed_over],
            }
        )
