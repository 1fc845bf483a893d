"""Fields that several resources of the CMDB share."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.accounts.models import Team
from apps.cmdb.models import CIType, ConfigurationItem, RelationshipType, ValueStream
from apps.cmdb.naming import slug_from
from apps.core.api.fields import FastSerializer

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


class TypeSlugField(serializers.SlugRelatedField):
    """A type by its slug; “depends on” and “depends_on” mean `depends-on`."""

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(slug_from(data.replace("_", "-")) if isinstance(data, str) else data)


class StampedSerializer(FastSerializer):
    """What every record says of itself."""

    version = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


def a_ci_type(**options: Any) -> serializers.SlugRelatedField:
    return TypeSlugField("slug", queryset=CIType.objects.all(), **options)


def a_relationship_type(**options: Any) -> serializers.SlugRelatedField:
    return TypeSlugField("slug", queryset=RelationshipType.objects.all(), **options)


def an_item(**options: Any) -> serializers.SlugRelatedField:
    return serializers.SlugRelatedField("key", queryset=ConfigurationItem.objects.all(), **options)


def a_team(**options: Any) -> serializers.SlugRelatedField:
    return serializers.SlugRelatedField("slug", queryset=Team.objects.all(), required=False, allow_null=True, **options)


class ManyBySlug(serializers.ManyRelatedField):
    """Several records by their slugs, looked up together."""

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list) or not all(isinstance(one, str) for one in data):
            return super().to_internal_value(data)
        child = self.child_relation
        rows = child.get_queryset().filter(**{f"{child.slug_field}__in": data})
        known = {getattr(row, child.slug_field): row for row in rows}
        for one in data:
            if one not in known:
                child.fail("does_not_exist", slug_name=child.slug_field, value=one)
        return [known[one] for one in dict.fromkeys(data)]


def value_streams(**options: Any) -> ManyBySlug:
    child = serializers.SlugRelatedField("slug", queryset=ValueStream.objects.all())
    return ManyBySlug(child_relation=child, required=False, **options)
