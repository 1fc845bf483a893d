"""The past of an item: what changed, and what stood at a moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from apps.cmdb.queries.history import Entry, Tie, changes_of, history_of, item_known_as, relationships_of
from apps.core.api.base import JsonAnswer
from apps.core.api.fields import FastSerializer
from apps.core.api.pagination import PAGE_PARAMETERS
from apps.core.api.parameters import QueryParameter
from apps.core.clock import now
from apps.core.errors import FieldError, Invalid

AT = QueryParameter(
    "at", datetime, description="The map as of this moment, such as 2026-10-03T12:00:00Z; left out: as it is now."
)


def not_to_come(at: datetime | None) -> datetime | None:
    """A moment that has been. Nobody can say what the map will be."""
    if at is not None and at > now():
        raise Invalid([FieldError("?at", "in_the_future", "This moment is still to come. Ask for one that has been.")])
    return at


class ValueChangeSerializer(FastSerializer):
    """One value before and after, in words."""

    field = serializers.CharField(help_text="`owner`, `attributes.tier`, `relationships`…")
    label = serializers.CharField()
    before = serializers.CharField(help_text="Empty: there was nothing.")
    after = serializers.CharField(help_text="Empty: there is nothing any more.")
    other = serializers.CharField(help_text="Of a relationship: the key of the other item.")


class HistoryEntrySerializer(FastSerializer):
    """What one deed changed about the item."""

    at = serializers.DateTimeField()
    by = serializers.CharField()
    door = serializers.CharField()
    source = serializers.CharField(help_text="The import source; empty: no import.")
    import_run = serializers.IntegerField(allow_null=True, help_text="Under `imports/`.")
    kind = serializers.ChoiceField(["beginning", "change", "end"])
    changes = ValueChangeSerializer(many=True)
    left_out = serializers.IntegerField(help_text="So many more relationships changed.")
    note = serializers.CharField()


class StoodSerializer(FastSerializer):
    """A relationship as it stood then."""

    type = serializers.CharField()
    key = serializers.CharField(help_text="The other item.")
    name = serializers.CharField(help_text="As it was called then.")
    origin = serializers.CharField(help_text="The import source that answered for it; empty: a person.")
    since = serializers.DateTimeField()


class RelationshipsOfItemSerializer(FastSerializer):
    """What an item hung together with at a moment."""

    root = serializers.CharField()
    at = serializers.DateTimeField()
    outgoing = StoodSerializer(many=True)
    incoming = StoodSerializer(many=True)


class ThePast:
    """Mixed into the items: what was removed keeps its past under its key."""

    @extend_schema(responses=HistoryEntrySerializer(many=True), summary="What changed, when, and by whose deed")
    @action(detail=True, query_parameters=PAGE_PARAMETERS)
    def history(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Values and relationships, the newest first; an import is one entry."""
        item = item_known_as(self.kwargs["key"])
        self.ordering = ["-id"]
        entries = history_of(item, self.paginate_queryset(changes_of(item)))
        return JsonAnswer(self.paginator.page([_entry(one) for one in entries]))

    @extend_schema(responses=RelationshipsOfItemSerializer, summary="What it hung together with")
    @action(detail=True, query_parameters=[AT])
    def relationships(self, request: Request, **kwargs: Any) -> JsonAnswer:
        """From it and to it, as they stood at a moment."""
        at = not_to_come(self.query["at"]) or now()
        item = item_known_as(self.kwargs["key"], at)
        return JsonAnswer(
            {
                "root": self.kwargs["key"],
                "at": at,
                "outgoing": [_tie(one) for one in relationships_of(item, at)],
                "incoming": [_tie(one) for one in relationships_of(item, at, incoming=True)],
            }
        )


def _entry(one: Entry) -> dict[str, Any]:
    return {
        "at": one.at,
        "by": one.change.actor_name,
        "door": one.change.door,
        "source": one.change.run.source if one.change.run else "",
        "import_run": one.change.run_id,
        "kind": "beginning" if one.is_beginning else "end" if one.is_end else "change",
        "changes": [
            {"field": line.field, "label": line.label, "before": line.before, "after": line.after, "other": line.other}
            for line in one.lines
        ],
        "left_out": one.left_out,
        "note": one.change.note,
    }


def _tie(one: Tie) -> dict[str, Any]:
    return {"type": one.type.slug, "key": one.key, "name": one.name, "origin": one.origin, "since": one.since}
