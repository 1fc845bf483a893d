"""Filters and search. An unknown parameter or an unusable value is an error, never ignored."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from django_filters.widgets import SuffixedMultiWidget
from rest_framework.filters import SearchFilter
from rest_framework.request import Request

from apps.core.errors import FieldError, Invalid

LONGEST_SEARCH = 200


class StrictFilterBackend(DjangoFilterBackend):
    """`filterset_class` (or `filterset_fields`) and `search_fields` of the view."""

    def filter_queryset(self, request: Request, queryset: QuerySet, view: Any) -> QuerySet:
        asked = not request.query_params.keys().isdisjoint(filter_names(view))
        filterset = self.get_filterset(request, queryset, view) if asked else None
        if filterset is not None:
            if not filterset.is_valid():
                raise Invalid(_faults(filterset))
            queryset = filterset.qs
        if getattr(view, "search_fields", None):
            if len(request.query_params.get("search", "")) > LONGEST_SEARCH:
                detail = f"A search has at most {LONGEST_SEARCH} characters."
                raise Invalid([FieldError("?search", "too_long", detail)])
            queryset = SearchFilter().filter_queryset(request, queryset, view)
        return queryset

    def get_filterset_class(self, view: Any, queryset: QuerySet | None = None) -> type[FilterSet] | None:
        """Made once per view class: building a filter set costs more than the query."""
        known = view.__class__.__dict__.get("_filterset_class", ...)
        if known is ...:
            known = super().get_filterset_class(view, queryset)
            view.__class__._filterset_class = known
        return known


def filter_names(view: Any) -> frozenset[str]:
    """The query parameters that the view's filters understand."""
    filterset = StrictFilterBackend().get_filterset_class(view, view.queryset)
    return frozenset() if filterset is None else _all_names(filterset)


@cache
def _all_names(filterset: type[FilterSet]) -> frozenset[str]:
    return frozenset(_names(filterset))


def _names(filterset: type[FilterSet]) -> Iterator[str]:
    for name, one in filterset.base_filters.items():
        widget = one.field.widget
        if isinstance(widget, SuffixedMultiWidget):
            yield from (widget.suffixed(name, suffix) for suffix in widget.suffixes)
        else:
            yield name


def _faults(filterset: FilterSet) -> Iterator[FieldError]:
    for name, errors in filterset.errors.as_data().items():
        for error in errors:
            yield FieldError(f"?{name}", error.code or "invalid", " ".join(error.messages))
