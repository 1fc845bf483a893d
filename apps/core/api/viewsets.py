"""Resources: a record addressed by its public key, and a part addressed within its parent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from django.db.models import Model, QuerySet
from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from apps.core.api import etags
from apps.core.api.base import ApiMixin, JsonAnswer
from apps.core.api.filters import filter_names
from apps.core.api.transitions import Steps, steps_for, take_step
from apps.core.errors import FieldError, Invalid, NotFound

HOOKS = {"perform_create": "create", "perform_update": "partial_update", "perform_destroy": "destroy"}
LIST_PARAMETERS = {"page_size", "cursor", "ordering", "fields"}


def one_of(rows: QuerySet, lookup: Mapping[str, Any]) -> Model:
    """The row of this public key. What no column can hold is simply not there."""
    shown = " / ".join(str(value) for value in lookup.values()).replace("\0", "")[:100]
    try:
        found = None if any("\0" in str(value) for value in lookup.values()) else rows.filter(**lookup).first()
    except (ValueError, OverflowError):
        found = None
    if found is None:
        raise NotFound(f"There is no {rows.model._meta.verbose_name} “{shown}”.")
    return found


class RecordViewSet(ApiMixin, GenericViewSet):
    """List and detail; a `perform_…` hook opens each write, `steps` opens the transitions (see the package's docstring)."""

    lookup_field = "key"
    lookup_value_regex = "[^/]+"
    create_serializer_class: type | None = None
    update_serializer_class: type | None = None
    steps: ClassVar[Steps] = {}
    search_fields: ClassVar[list[str]] = []
    ordering_fields: ClassVar[list[str]] = []
    ordering: ClassVar[list[str]] = ["pk"]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for hook, method in HOOKS.items():
            if hasattr(cls, hook) and not hasattr(cls, method):
                setattr(cls, method, getattr(cls, f"_{method}"))

    @classmethod
    def get_extra_actions(cls) -> list[Any]:
        return [one for one in super().get_extra_actions() if cls.steps or one.__name__ != "transitions"]

    # What is read

    def known_parameters(self) -> set[str]:
        known = super().known_parameters()
        if self.action == "list":
            searches = {"search"} if self.search_fields else set()
            return known | LIST_PARAMETERS | searches | filter_names(self)
        return known | {"fields"} if self.action == "retrieve" else known

    def list(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.page_of(self.filter_queryset(self.get_queryset()), self.serializer_class)

    def page_of(self, rows: QuerySet, serializer_class: type) -> HttpResponse:
        """One page of any queryset; an action that uses it lists PAGE_PARAMETERS among its query parameters."""
        serializer = self._reader(serializer_class)
        found = self.paginate_queryset(rows)
        return JsonAnswer(self.paginator.page([serializer.to_representation(row) for row in found]))

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.shown(self.get_object())

    def get_object(self) -> Any:
        """The record of this address; for a write, checked against If-Match under its lock."""
        name = self.lookup_url_kwarg or self.lookup_field
        obj = one_of(self.get_queryset(), {self.lookup_field: self.kwargs[name]})
        self.check_object_permissions(self.request, obj)
        if self.request.method not in SAFE_METHODS:
            etags.check_current(self.request, obj)
        return obj

    def shown(self, obj: Any, status: int = 200) -> JsonAnswer:
        """The record as the API shows it, with its ETag."""
        return JsonAnswer(
            self._reader(self.serializer_class).to_representation(obj), status, getattr(obj, "version", None)
        )

    def after(self, obj: Any, status: int = 200) -> JsonAnswer:
        """The record after a write, read anew: related rows come with it in a constant number of queries."""
        return self.shown(self.get_queryset().filter(pk=obj.pk).first() or obj, status)

    def _reader(self, serializer_class: type) -> Any:
        context = self.get_serializer_context()
        if self.action in ("list", "retrieve") and self.request.query_params.get("fields"):
            context["only"] = self._trimmed(serializer_class)
        return serializer_class(context=context)

    def _trimmed(self, serializer_class: type) -> set[str]:
        asked = {name.strip() for name in self.request.query_params["fields"].split(",") if name.strip()}
        known = [name for name, _ in serializer_class.plan()]
        unknown = sorted(asked - set(known))
        if unknown:
            detail = f"“{unknown[0][:60]}” is not a member. Known: {', '.join(known)}."
            raise Invalid([FieldError("?fields", "unknown_field", detail)])
        return asked

    # What is written

    def validated(self, serializer_class: type, **options: Any) -> dict[str, Any]:
        """The body as the serializer accepts it. Raises with every fault at once."""
        serializer = serializer_class(data=self.request.data, context=self.get_serializer_context(), **options)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def get_serializer_class(self) -> type:
        """Used by the schema: what a body of this action looks like."""
        named = {"create": self.create_serializer_class, "partial_update": self.update_serializer_class}
        return named.get(self.action) or self.serializer_class

    def _create(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        data = self.validated(self.create_serializer_class or self.serializer_class)
        answer = self.after(self.perform_create(data, self.by), status=201)
        answer["Location"] = f"{request.path}{quote(self._address(answer), safe='')}/"
        return answer

    def _address(self, answer: JsonAnswer) -> str:
        name = self.lookup_url_kwarg or self.lookup_field
        return str(answer.data.get(name, answer.data.get(self.lookup_field, "")))

    def _partial_update(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        obj = self.get_object()
        data = self.validated(self.update_serializer_class or self.serializer_class, instance=obj, partial=True)
        return self.after(self.perform_update(obj, data, self.by))

    def _destroy(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        self.perform_destroy(self.get_object(), self.by)
        return HttpResponse(status=204)

    # What it goes through

    @action(detail=True, methods=["get"])
    def transitions(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """The steps that lead on from here, each with what stands in its way."""
        return JsonAnswer(steps_for(self.get_object(), request.user))

    @transitions.mapping.post
    def take_transition(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take one step: `{"name": …, "comment": …}` and what else the step asks for."""
        obj = self.get_object()
        take_step(obj, self.steps, request.data, self.by)
        return self.after(obj)


class PartViewSet(RecordViewSet):
    """Parts of a record: `releases/{release}/tasks/{slug}/`. `self.parent` is the record.

    `parent_lookup` is the parent's public column, or a dict {URL name: lookup} for a parent that is itself a part.
    """

    parent_queryset: QuerySet
    parent_field: str
    parent_lookup: str | dict[str, str] = "key"
    parent: Any

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.parent = one_of(self.get_parent_queryset(), self._parent_lookup())

    def get_parent_queryset(self) -> QuerySet:
        return self.parent_queryset.all()

    def _parent_lookup(self) -> dict[str, Any]:
        if isinstance(self.parent_lookup, str):
            return {self.parent_lookup: self.kwargs[self.parent_field]}
        return {lookup: self.kwargs[name] for name, lookup in self.parent_lookup.items()}

    def get_queryset(self) -> QuerySet:
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows
        return rows.filter(**{self.parent_field: self.parent})
