"""X-Request-ID: on every answer, in the log, and never what a stranger would like to write there."""

from __future__ import annotations

import logging

import pytest
from django.http import HttpRequest
from django.test import Client

from apps.core.api.request_id import RequestIDFilter, RequestIDMiddleware

from .conftest import Caller


@pytest.mark.parametrize("given", ["abc-123", "a", "A.b_c:d+e=f@g/h", "x" * 64])
def test_a_sane_id_is_taken_over(ada: Caller, given: str) -> None:
    assert ada.get("teams/", X_Request_ID=given)["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "-a", "é", "<script>", 'a"b', "a\tb"])
def test_anything_else_is_replaced(ada: Caller, given: str) -> None:
    made = ada.get("teams/", X_Request_ID=given.encode().decode("latin-1"))["X-Request-ID"]
    assert made != given and len(made) == 32 and made.isalnum()


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/teams/", "/nothing", "/api/v1/nothing"])
def test_every_answer_carries_one(db: None, path: str) -> None:
    assert Client().get(path, headers={"X-Request-ID": "mine"})["X-Request-ID"] == "mine"


def record(**extra: object) -> logging.LogRecord:
    made = logging.LogRecord("x", logging.INFO, "x", 1, "message", (), None)
    vars(made).update(extra)
    RequestIDFilter().filter(made)
    return made


def test_log_lines_of_a_request_carry_its_id() -> None:
    seen = []

    def view(request: HttpRequest) -> dict:
        seen.append(record().request_id)
        return {}

    request = HttpRequest()
    request.META["HTTP_X_REQUEST_ID"] = "line-1"
    RequestIDMiddleware(view)(request)
    assert seen == ["line-1"]
    assert record().request_id == "-"
    assert record(request=request).request_id == "line-1"


def test_the_id_is_put_back_when_the_view_fails() -> None:
    def view(request: HttpRequest) -> dict:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        RequestIDMiddleware(view)(HttpRequest())
    assert record().request_id == "-"
