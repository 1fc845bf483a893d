"""What every endpoint has: deny by default, its own query parameters, one transaction per write, repeats answered once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.core.actor import Actor
from apps.core.api import etags, idempotency
from apps.core.api.auth import actor_of
from apps.core.api.json import encode
from apps.core.api.parameters import QueryParameter, refuse_unknown


class JsonAnswer(HttpResponse):
    """An answer whose body is made at once; `data` stays at hand for tests and for whoever wraps it."""

    def __init__(self, data: Any, status: int = 200, version: int | None = None, tagged: bool = True) -> None:
        body = encode(data)
        super().__init__(body, status=status, content_type="application/json")
        self.data = data
        if tagged:
            self["ETag"] = etags.tag_of(body, version)


class ApiMixin:
    """For any DRF view of the house. `self.by` is the actor, `self.query` the parsed query parameters."""

    scope: str = ""
    atomic: bool = True
    reads_only: bool = False  # of an unsafe method: it writes nothing, a token that may read may call it
    read_roles: Iterable[str] | None = None
    write_roles: Iterable[str] | None = None
    query_parameters: Sequence[QueryParameter] = ()
    metadata_class = None
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    by: Actor
    query: dict[str, Any]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.by = actor_of(request)
        refuse_unknown(request.query_params, self.known_parameters())
        self.query = {one.name: one.parse(request.query_params) for one in self.query_parameters}

    def known_parameters(self) -> set[str]:
        return {one.name for one in self.query_parameters}

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """DRF's own dispatch, with the handler run through `_answer`."""
        self.args, self.kwargs = args, kwargs
        self.headers = {}
        request = self.request = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        try:
            self.initial(request, *args, **kwargs)
            name = request.method.lower()
            handler = getattr(self, name, None) if name in self.http_method_names else None
            response = self._answer(handler or self.http_method_not_allowed, request)
        except Exception as error:
            response = self.handle_exception(error)
        self.response = self.finalize_response(request, response, *args, **kwargs)
        self.response.setdefault("Cache-Control", "private, no-cache")
        return self.response

    def _answer(self, handler: Callable[..., HttpResponseBase], request: Request) -> HttpResponseBase:
        if request.method in SAFE_METHODS:
            response = handler(request, *self.args, **self.kwargs)
            tag = response.get("ETag")
            if tag and response.status_code == 200 and etags.is_unchanged(request, tag):
                return etags.not_modified(tag)
            return response
        if not self.atomic:
            return handler(request, *self.args, **self.kwargs)
        if idempotency.HEADER in request.headers:
            return idempotency.answer_once(request, lambda: handler(request, *self.args, **self.kwargs))
        with transaction.atomic():
            response = handler(request, *self.args, **self.kwargs)
            if response.status_code >= 400:
                transaction.set_rollback(True)
            return response


class ApiView(ApiMixin, APIView):
    """A plain endpoint: define `get`, `post`…, and name its `scope`."""
