"""Keyset pages: a page begins where the last one ended, by value. No COUNT, no OFFSET, no row twice or lost when others
are inserted meanwhile, and page 1,800 costs what page 1 costs.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import orjson
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import F, Field, Model, Q, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from apps.core.api.parameters import QueryParameter
from apps.core.errors import FieldError, Invalid

USUAL_PAGE = 50
LARGEST_PAGE = 500
PAGE_SIZE = QueryParameter(
    "page_size", int, default=USUAL_PAGE, minimum=1, maximum=LARGEST_PAGE, description="How many results at most."
)
CURSOR = QueryParameter("cursor", description="Where the page begins; taken from `next` or `previous`.")
PAGE_PARAMETERS = (PAGE_SIZE, CURSOR)


@dataclass(frozen=True)
class Term:
    """One column of the order. NULL counts as the greatest value, in both directions (PostgreSQL's own order)."""

    path: str
    descending: bool
    field: Field
    nullable: bool

    @property
    def word(self) -> str:
        return f"-{self.path}" if self.descending else self.path

    def expression(self, backwards: bool) -> Any:
        descending = self.descending != backwards
        if not self.nullable:
            return f"-{self.path}" if descending else self.path
        return F(self.path).desc(nulls_first=True) if descending else F(self.path).asc(nulls_last=True)

    def value_of(self, obj: Model) -> Any:
        try:
            return attrgetter(self.path.replace("__", "."))(obj)
        except AttributeError:  # a relation on the way is None
            return None

    def parse(self, value: Any) -> Any:
        return None if value is None else self.field.to_python(value)

    def equals(self, value: Any) -> Q:
        return Q(**{f"{self.path}__isnull": True}) if value is None else Q(**{self.path: value})

    def beyond(self, value: Any, backwards: bool) -> Q | None:
        """Strictly after the value in this direction; None when nothing can be."""
        descending = self.descending != backwards
        if value is None:
            return Q(**{f"{self.path}__isnull": False}) if descending else None
        if descending:
            return Q(**{f"{self.path}__lt": value})
        further = Q(**{f"{self.path}__gt": value})
        return further | Q(**{f"{self.path}__isnull": True}) if self.nullable else further

    def bound(self, value: Any, backwards: bool) -> Q:
        """Redundant but sargable: lets the database enter its index at the value."""
        if value is None or self.nullable:
            return Q()
        return Q(**{f"{self.path}__{'lte' if self.descending != backwards else 'gte'}": value})


def terms_of(model: type[Model], words: Sequence[str]) -> list[Term]:
    """The order as terms, with the primary key last unless a unique column already decides."""
    terms = [_term(model, word) for word in words]
    if not any(term.field.unique and not term.nullable and "__" not in term.path for term in terms):
        terms.append(_term(model, "-pk" if terms and terms[-1].descending else "pk"))
    return terms


def _term(model: type[Model], word: str) -> Term:
    path, descending = word.removeprefix("-"), word.startswith("-")
    nullable, names = False, path.split("__")
    for name in names[:-1]:
        relation = model._meta.get_field(name)
        nullable, model = nullable or relation.null, relation.related_model
    field = model._meta.pk if names[-1] == "pk" else model._meta.get_field(names[-1])
    if field.is_relation:
        raise FieldDoesNotExist(f"{path} is a relation: order by one of its columns")
    return Term(path, descending, field, nullable or field.null)


def after(terms: Sequence[Term], values: Sequence[Any], backwards: bool) -> Q:
    """Rows that come strictly after these values in the order."""
    condition: Q | None = None
    for term, value in reversed(list(zip(terms, values, strict=True))):
        further = term.beyond(value, backwards)
        if condition is None:
            condition = further
        elif further is None:
            condition = term.equals(value) & condition
        else:
            condition = further | (term.equals(value) & condition)
    return terms[0].bound(values[0], backwards) & condition


@dataclass(frozen=True)
class Cursor:
    """A place between two rows, and the direction to read on."""

    order: str
    values: list[Any]
    backwards: bool

    def encode(self) -> str:
        plain = orjson.dumps([self.order, self.values, self.backwards], default=str, option=orjson.OPT_UTC_Z)
        return urlsafe_b64encode(plain).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, terms: Sequence[Term]) -> Cursor:
        try:
            order, values, backwards = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            if order != ",".join(term.word for term in terms) or not isinstance(backwards, bool):
                raise ValueError("the cursor belongs to another order")
            parsed = [term.parse(value) for term, value in zip(terms, values, strict=True)]
        except (ValueError, TypeError, ValidationError, binascii.Error, OverflowError) as error:
            detail = "The cursor does not belong to this list and order. Begin again without it."
            raise Invalid([FieldError("?cursor", "unknown_cursor", detail)]) from error
        if any(isinstance(value, str) and "\0" in value for value in parsed):
            raise Invalid([FieldError("?cursor", "unknown_cursor", "The cursor contains a NUL character.")])
        return cls(order, parsed, backwards)


class KeysetPagination(BasePagination):
    """Pages by value, in the order of `?ordering=` or of the view."""

    def paginate_queryset(self, queryset: QuerySet, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        self.size = PAGE_SIZE.parse(request.query_params)
        self.terms = terms_of(queryset.model, order_words(request, view))
        text = request.query_params.get("cursor")
        self.cursor = Cursor.decode(text, self.terms) if text else None
        backwards = self.cursor is not None and self.cursor.backwards
        rows = queryset.order_by(*(term.expression(backwards) for term in self.terms))
        if self.cursor is not None:
            rows = rows.filter(after(self.terms, self.cursor.values, backwards))
        found = list(rows[: self.size + 1])
        has_more, found = len(found) > self.size, found[: self.size]
        if backwards:
            found.reverse()
        self.has_next = bool(found) and (has_more or backwards)
        self.has_previous = bool(found) and (has_more if backwards else self.cursor is not None)
        self.found = found
        return found

    def page(self, results: list[Any]) -> dict[str, Any]:
        return {
            "next": self._link(self.found[-1], backwards=False) if self.has_next else None,
            "previous": self._link(self.found[0], backwards=True) if self.has_previous else None,
            "results": results,
        }

    def _link(self, row: Model, *, backwards: bool) -> str:
        order = ",".join(term.word for term in self.terms)
        cursor = Cursor(order, [term.value_of(row) for term in self.terms], backwards)
        return replace_query_param(self.request.build_absolute_uri(), "cursor", cursor.encode())

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }


def order_words(request: Request, view: Any) -> list[str]:
    """The columns to order by: those asked for, when the view allows them, or its own."""
    asked = request.query_params.get("ordering")
    if not asked:
        usual = getattr(view, "ordering", None) or ("pk",)
        return [usual] if isinstance(usual, str) else list(usual)
    words = [word.strip() for word in asked.split(",") if word.strip()]
    allowed = getattr(view, "ordering_fields", None) or ()
    unknown = [word for word in words if word.removeprefix("-") not in allowed]
    if unknown:
        known = f"Known: {', '.join(allowed)}." if allowed else "This list has one order only."
        detail = f"“{unknown[0][:60]}” is not something to order by. {known}"
        raise Invalid([FieldError("?ordering", "unknown_ordering", detail)])
    return list(dict.fromkeys(words))
