"""Serializers that read fast: one compiled getter per field, made once per class; orjson does the rest.

DRF's own way costs a method call chain per field and row. Writing keeps DRF's validation whole, and refuses members it
does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

Getter = Callable[[Any, Any], Any]
AS_THEY_ARE = (
    serializers.CharField,
    serializers.EmailField,
    serializers.SlugField,
    serializers.URLField,
    serializers.IntegerField,
    serializers.FloatField,
    serializers.BooleanField,
    serializers.UUIDField,
    serializers.DateField,
    serializers.ChoiceField,
    serializers.JSONField,
    serializers.DictField,
    serializers.ReadOnlyField,
)


class Fast:
    """Mixed into a serializer class: reading by compiled getters, `only` in the context trims the members."""

    _plan: tuple[tuple[str, Getter], ...] | None = None

    @classmethod
    def plan(cls) -> tuple[tuple[str, Getter], ...]:
        """(member, getter) pairs, compiled at the first use of the class."""
        if "_plan" not in cls.__dict__ or cls._plan is None:
            readable = ((name, field) for name, field in cls().fields.items() if not field.write_only)
            cls._plan = tuple((name, _getter(field)) for name, field in readable)
        return cls._plan

    def to_representation(self, instance: Any) -> dict[str, Any]:
        only = self._context.get("only") if self.parent is None else None
        if only is not None:
            return {name: get(self, instance) for name, get in self.plan() if name in only}
        return {name: get(self, instance) for name, get in self.plan()}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [str(name) for name in data if name not in self.fields]
            if unknown:
                known = ", ".join(name for name, field in self.fields.items() if not field.read_only)
                detail = ErrorDetail(f"This member is not known here. Known: {known}.", code="unknown_field")
                raise serializers.ValidationError({name: [detail] for name in unknown})
        return super().to_internal_value(data)


class FastSerializer(Fast, serializers.Serializer):
    """Declared fields, read fast."""


class FastModelSerializer(Fast, serializers.ModelSerializer):
    """Fields taken from a model (`Meta.model`, `Meta.fields`), read fast."""


def _getter(field: serializers.Field) -> Getter:
    if isinstance(field, serializers.SerializerMethodField):
        name = field.method_name
        return lambda serializer, obj: getattr(serializer, name)(obj)
    read = _reader(field.source)
    if isinstance(field, serializers.ManyRelatedField):
        return _many_related(field, read)
    if isinstance(field, serializers.SlugRelatedField):
        return _one(_reader(f"{field.source}.{field.slug_field}"))
    if isinstance(field, serializers.ListSerializer):
        child = field.child.to_representation
        return lambda serializer, obj: [child(one) for one in _all(read(obj))]
    if isinstance(field, serializers.BaseSerializer):
        return _converted(read, field.to_representation)
    if type(field) is serializers.DateTimeField:
        return _converted(read, _in_utc)
    if type(field) in AS_THEY_ARE:
        return _one(read)
    return _converted(read, field.to_representation)


def _reader(source: str) -> Callable[[Any], Any]:
    """Follow a dotted source; a relation that is None on the way gives None."""
    if source == "*":
        return lambda obj: obj
    get = attrgetter(source)
    if "." not in source:
        return get

    def follow(obj: Any) -> Any:
        try:
            return get(obj)
        except AttributeError:
            return _step_by_step(obj, source.split("."))

    return follow


def _step_by_step(obj: Any, names: list[str]) -> Any:
    for name in names:
        obj = getattr(obj, name)
        if obj is None:
            return None
    return obj


def _one(read: Callable[[Any], Any]) -> Getter:
    def get(serializer: Any, obj: Any) -> Any:
        value = read(obj)
        return value() if callable(value) else value

    return get


def _converted(read: Callable[[Any], Any], convert: Callable[[Any], Any]) -> Getter:
    def get(serializer: Any, obj: Any) -> Any:
        value = read(obj)
        if callable(value):
            value = value()
        return None if value is None else convert(value)

    return get


def _many_related(field: serializers.ManyRelatedField, read: Callable[[Any], Any]) -> Getter:
    child = field.child_relation
    if isinstance(child, serializers.SlugRelatedField):
        slug = _reader(child.slug_field)
        return lambda serializer, obj: [slug(one) for one in _all(read(obj))]
    return lambda serializer, obj: [child.to_representation(one) for one in _all(read(obj))]


def _all(value: Any) -> Any:
    if value is None:
        return ()
    return value.all() if hasattr(value, "all") else value


def _in_utc(value: datetime) -> datetime:
    return value if value.tzinfo is UTC or value.tzinfo is None else value.astimezone(UTC)
