"""`column-mappings/`."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.validators import UniqueValidator

from apps.cmdb import actions
from apps.cmdb.api.fields import StampedSerializer
from apps.cmdb.models import ColumnMapping, Meaning
from apps.core.actor import Actor
from apps.core.api.fields import FastSerializer
from apps.core.api.viewsets import RecordViewSet


class MappedColumnSerializer(FastSerializer):
    """What one column of the table says; without a header every row has the fallback."""

    header = serializers.CharField(max_length=200, required=False, allow_blank=True)
    meaning = serializers.ChoiceField(choices=Meaning.choices)
    target = serializers.CharField(
        max_length=100,
        required=False,
        allow_blank=True,
        help_text="Name of the attribute, the source or the relationship type.",
    )
    fallback = serializers.CharField(max_length=200, required=False, allow_blank=True)
    prefix = serializers.CharField(max_length=60, required=False, allow_blank=True, trim_whitespace=False)
    separator = serializers.CharField(max_length=3, required=False, allow_blank=True, trim_whitespace=False)
    values = serializers.DictField(
        child=serializers.CharField(max_length=200), required=False, help_text="What words stand for."
    )


class ColumnMappingSerializer(StampedSerializer):
    """How tables of one shape are read."""

    slug = serializers.SlugField(max_length=60, validators=[UniqueValidator(ColumnMapping.objects.all())])
    name = serializers.CharField(max_length=200)
    delimiter = serializers.ChoiceField(
        choices=ColumnMapping.Delimiter.choices, required=False, allow_blank=True, help_text="Empty: detected."
    )
    encoding = serializers.ChoiceField(
        choices=ColumnMapping.Encoding.choices, required=False, allow_blank=True, help_text="Empty: UTF-8."
    )
    comment = serializers.CharField(max_length=5, required=False, allow_blank=True)
    sheet = serializers.CharField(max_length=100, required=False, allow_blank=True)
    columns = MappedColumnSerializer(many=True, required=False)


class ColumnMappingViewSet(RecordViewSet):
    scope = "imports"
    queryset = ColumnMapping.objects.prefetch_related("columns")
    lookup_field = "slug"
    serializer_class = ColumnMappingSerializer
    filterset_fields = ["slug"]
    search_fields = ["slug", "name"]
    ordering_fields = ["slug", "name"]
    ordering = ["slug"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> ColumnMapping:
        return actions.create_mapping(by=by, **data)

    def perform_update(self, obj: ColumnMapping, data: dict[str, Any], by: Actor) -> ColumnMapping:
        return actions.change_mapping(mapping=obj, by=by, **data)

    def perform_destroy(self, obj: ColumnMapping, by: Actor) -> None:
        actions.remove_mapping(mapping=obj, by=by)
