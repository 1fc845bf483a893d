"""The OpenAPI document: what the kit does for every operation is described here once, errors and headers included."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.forms.models import ModelChoiceField, ModelMultipleChoiceField
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, append_meta, build_parameter_type
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS

from apps.core.api.base import ApiMixin
from apps.core.api.fields import Fast, FastSerializer
from apps.core.api.pagination import CURSOR, PAGE_SIZE
from apps.core.api.parameters import QueryParameter
from apps.core.api.problems import MEDIA_TYPE
from apps.core.api.transitions import COMMENT
from apps.core.api.viewsets import RecordViewSet

ERRORS = {
    400: "The request is not valid: `errors` says where and how to mend it.",
    401: "No valid token and no session.",
    403: "The scopes of the token or the roles of the user do not allow it.",
    404: "There is no such record, or it may not be seen; also one that a parameter or the body names.",
    406: "Only application/json is spoken here.",
    409: "Not possible now: `blockers` names every reason.",
    412: "If-Match names a version that is no longer the current one.",
    413: "The body is too large.",
    415: "The body is of a type that is not understood here.",
    422: "The Idempotency-Key was used for another request.",
    429: "Too many requests; `Retry-After` says when to come back.",
    503: "The database did not answer; try again shortly.",
}
WRITES_ONLY = {409, 412, 413, 415, 422}
TYPES = {str: {"type": "string"}, int: {"type": "integer"}, float: {"type": "number"}, bool: {"type": "boolean"}}
TYPES |= {date: {"type": "string", "format": "date"}, datetime: {"type": "string", "format": "date-time"}}
VERBS = {
    "list": "List {many}",
    "retrieve": "One {one}",
    "create": "Create: {one}",
    "partial_update": "Change: {one}",
    "destroy": "Remove: {one}",
    "transitions": "Steps possible now: {one}",
    "take_transition": "Take a step: {one}",
}


class BlockerSerializer(FastSerializer):
    """One reason why a step is not possible now."""

    code = serializers.CharField()
    message = serializers.CharField()
    who_can_lift = serializers.CharField()
    until = serializers.DateTimeField(allow_null=True)
    url = serializers.CharField()


class TransitionSerializer(FastSerializer):
    """A step that leads on from here."""

    name = serializers.CharField()
    label = serializers.CharField()
    to = serializers.CharField()
    allowed = serializers.BooleanField()
    blockers = BlockerSerializer(many=True)
    comment = serializers.ChoiceField(choices=["required", "optional", "none"])
    help = serializers.CharField()


class FaultSerializer(FastSerializer):
    """One fault in the input."""

    pointer = serializers.CharField(help_text="JSON Pointer into the body, `?name` of a query parameter, or empty.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(FastSerializer):
    """RFC 9457 problem details."""

    type = serializers.CharField(help_text="`urn:tidegate:problem:…`")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    errors = FaultSerializer(many=True, required=False)
    blockers = BlockerSerializer(many=True, required=False)


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = "apps.accounts.api.bearer.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "tg_…"}


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "apps.core.api.auth.AdminSession"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


class TidegateAutoSchema(AutoSchema):
    """Describes an operation of the kit; `@extend_schema` still overrides what it names."""

    @property
    def _action(self) -> str:
        return getattr(self.view, "action", None) or self.method.lower()

    @property
    def _is_ours(self) -> bool:
        return isinstance(self.view, ApiMixin)

    # In words

    def get_summary(self) -> str | None:
        return super().get_summary() or self._verb() or self._first_line() or self.get_operation_id().replace("_", " ")

    def _verb(self) -> str:
        queryset = getattr(self.view, "queryset", None)
        if queryset is None or self._action not in VERBS:
            return ""
        meta = queryset.model._meta
        return VERBS[self._action].format(one=meta.verbose_name, many=meta.verbose_name_plural)

    def _first_line(self) -> str:
        return self.get_description().partition("\n")[0].rstrip(".")

    def get_description(self) -> str:
        """The docstring of the action, else of the view itself; the kit's own are for developers."""
        handler = getattr(type(self.view), self._action, None)
        if handler is not None and handler.__doc__ and not handler.__name__.startswith("_"):
            return super().get_description()
        return type(self.view).__dict__.get("__doc__") or ""

    # What goes in

    def get_filter_backends(self) -> list[Any]:
        return super().get_filter_backends() if self._action == "list" else []

    def _get_paginator(self) -> Any:
        if self._action == "list" or CURSOR in getattr(self.view, "query_parameters", ()):
            return super()._get_paginator()
        return None

    def _resolve_path_parameters(self, variables: Iterable[str]) -> list[dict[str, Any]]:
        """Every key in a path is a text; what is not one is simply not found."""
        schema = {"type": "string", "minLength": 1}
        return [build_parameter_type(name=name, location="path", schema=schema) for name in variables]

    def _get_parameters(self) -> list[dict[str, Any]]:
        known = super()._get_parameters()
        names = {(one["name"].lower(), one["in"]) for one in known}
        ours = [*self._query_parameters(), *self._headers()] if self._is_ours else []
        return known + [one for one in ours if (one["name"].lower(), one["in"]) not in names]

    def _query_parameters(self) -> Iterable[dict[str, Any]]:
        for one in self.view.query_parameters:
            yield _parameter(one)
        if not isinstance(self.view, RecordViewSet):
            return
        if self._action == "list":
            yield _parameter(PAGE_SIZE)
            yield _parameter(CURSOR)
            yield from self._list_parameters()
        if self._action in ("list", "retrieve"):
            yield _parameter(QueryParameter("fields", description="Members to show, separated by commas."))

    def _list_parameters(self) -> Iterable[dict[str, Any]]:
        if self.view.search_fields:
            yield _parameter(QueryParameter("search", description="Words to look for."))
        if self.view.ordering_fields:
            words = ", ".join(self.view.ordering_fields)
            yield _parameter(QueryParameter("ordering", description=f"Members to order by, `-` to descend: {words}."))

    def _headers(self) -> Iterable[dict[str, Any]]:
        if self.method in SAFE_METHODS:
            yield _header("If-None-Match", "The ETag that the caller already has; answers 304 when it still holds.")
        elif self.view.atomic:
            yield _header(
                "Idempotency-Key", "Names this write: repeating it gives the same answer, without a second effect."
            )
            if self._action != "create" and "{" in self.path:
                yield _header(
                    "If-Match", "The ETag of the record as the caller saw it; answers 412 when it has changed."
                )

    def get_request_serializer(self) -> Any:
        if self._action == "take_transition":
            return {"application/json": step_schema(self.view.steps)}
        return super().get_request_serializer()

    def _map_basic_serializer(self, serializer: Any, direction: str) -> dict[str, Any]:
        if direction == "response":
            self._allow_nulls(serializer)
        schema = super()._map_basic_serializer(serializer, direction)
        if direction == "request" and isinstance(serializer, Fast):
            schema["additionalProperties"] = False
        return schema

    def _map_serializer_field(self, field: Any, direction: str, bypass_extensions: bool = False) -> dict[str, Any]:
        """A related record is named by its public key: a text, or the number of a numbered one."""
        if isinstance(field, serializers.SlugRelatedField):
            known = TYPES[int] if field.slug_field.rpartition("__")[2] == "number" else TYPES[str]
            return append_meta(dict(known), self._get_serializer_field_meta(field, direction))
        return super()._map_serializer_field(field, direction, bypass_extensions)

    # What comes out

    def _allow_nulls(self, serializer: Any) -> None:
        """What a column may leave empty, an answer may too, whether or not the serializer repeats it."""
        queryset = getattr(self.view, "queryset", None)
        if queryset is None or type(serializer) is not getattr(self.view, "serializer_class", None):
            return
        for field in serializer.fields.values():
            if (
                isinstance(field, serializers.Field)
                and not field.allow_null
                and may_be_null(queryset.model, field.source)
            ):
                field.allow_null = True

    def get_response_serializers(self) -> Any:
        if self._action == "transitions":
            return TransitionSerializer(many=True)
        if isinstance(self.view, RecordViewSet) and self._action in ("create", "partial_update", "take_transition"):
            return self.view.serializer_class
        return super().get_response_serializers()

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        if not self._is_ours:
            return bodies
        for code in self._error_codes():
            bodies.setdefault(str(code), self._error(code))
        if self.method == "GET":
            bodies.setdefault("304", {"description": "The caller's copy still holds."})
        return bodies

    def _error_codes(self) -> list[int]:
        codes = set(ERRORS)
        if self.method in SAFE_METHODS:
            codes -= WRITES_ONLY
        if "{" not in self.path:
            codes -= {412}
        return sorted(codes)

    def _error(self, code: int) -> dict[str, Any]:
        """A reference to the shared answer of this status."""
        shared = ResolvedComponent(
            name=f"Problem{code}", type=ResolvedComponent.RESPONSE, object=f"Problem{code}", schema=self._body(code)
        )
        self.registry.register_on_missing(shared)
        return {"$ref": f"#/components/responses/Problem{code}"}

    def _body(self, code: int) -> dict[str, Any]:
        schema = self.resolve_serializer(ProblemSerializer, "response").ref
        return {"description": ERRORS[code], "content": {MEDIA_TYPE: {"schema": schema}}}


def may_be_null(model: type[Model], source: str | None) -> bool:
    """Whether a dotted source meets a nullable column or relation on its way."""
    for name in (source or "").split("."):
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist:
            return False
        if not field.concrete or field.many_to_many:
            return False
        if field.null:
            return True
        if field.related_model is None:
            return False
        model = field.related_model
    return False


def _parameter(one: QueryParameter) -> dict[str, Any]:
    schema = dict(TYPES[one.type])
    if one.choices:
        schema["enum"] = list(one.choices)
    if one.minimum is not None:
        schema["minimum"] = one.minimum
    if one.maximum is not None:
        schema["maximum"] = one.maximum
    if one.default is not None:
        schema["default"] = one.default
    described = {"description": one.description} if one.description else {}
    required = {"required": True} if one.required else {}
    return {"in": "query", "name": one.name, "schema": schema, **described, **required}


def _header(name: str, description: str) -> dict[str, Any]:
    return {"in": "header", "name": name, "schema": {"type": "string"}, "description": description}


def step_schema(steps: Any) -> dict[str, Any]:
    """The body of a step: its name, a comment, and what any of the steps' forms asks for."""
    properties: dict[str, Any] = {
        "name": {"type": "string", "enum": list(steps)},
        COMMENT: {"type": "string", "description": "Why; some steps require it."},
    }
    for name, form in steps.items():
        for field_name, field in form.base_fields.items():
            if field_name != "note":
                asked = properties.setdefault(field_name, {**_form_field(field), "description": "Asked for by:"})
                asked["description"] += f" {name}" + (" (required)" if field.required else "")
    return {"type": "object", "required": ["name"], "properties": properties, "additionalProperties": False}


def _form_field(field: forms.Field) -> dict[str, Any]:
    if isinstance(field, forms.JSONField) or getattr(field, "takes_many", False):
        return {}
    if isinstance(field, forms.MultipleChoiceField | ModelMultipleChoiceField):
        return {"type": "array", "items": {"type": "string"}}
    if isinstance(field, ModelChoiceField):
        return {"type": "string"}
    if isinstance(field, forms.ChoiceField):
        return {"type": "string", "enum": [str(value) for value, _ in field.choices if not isinstance(value, list)]}
    return dict(_plain_form_field(field))


def _plain_form_field(field: forms.Field) -> dict[str, Any]:
    if isinstance(field, forms.BooleanField):
        return TYPES[bool]
    if isinstance(field, forms.FloatField | forms.DecimalField):
        return TYPES[float]
    if isinstance(field, forms.IntegerField):
        return TYPES[int]
    if isinstance(field, forms.DateTimeField):
        return TYPES[datetime]
    return TYPES[date] if isinstance(field, forms.DateField) else TYPES[str]
