"""X-Request-ID: one name for a request, in the answer, in the log lines and in the audit trail."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+=@/-]{0,63}")

# Read by the log filter alone. Actions are told who acts through `by`; nothing else may look here.
_current: ContextVar[str] = ContextVar("request_id", default="-")


class RequestIDMiddleware:
    """Take over a sane incoming id or make one; every answer carries it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        incoming = request.headers.get("X-Request-ID", "")
        request.request_id = incoming if SANE.fullmatch(incoming) else uuid.uuid4().hex
        token = _current.set(request.request_id)
        try:
            response = self.get_response(request)
        finally:
            _current.reset(token)
        response["X-Request-ID"] = request.request_id
        return response


class RequestIDFilter(logging.Filter):
    """Give every log record its request's id."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        record.request_id = getattr(request, "request_id", None) or _current.get()
        return True
