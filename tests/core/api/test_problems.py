"""Whatever goes wrong, the answer is a problem document that says what, where and how to mend it."""

from __future__ import annotations

import pytest
from django.db import DataError, IntegrityError, OperationalError
from django.test import Client, override_settings

from apps.accounts.models import Team
from apps.core.api import viewsets
from apps.core.models import AuditEntry

from .conftest import Caller, problem


def test_an_unknown_address(ada: Caller) -> None:
    assert problem(ada.get("nothing/here/"), 404)["instance"] == "/api/v1/nothing/here/"
    assert "schema" in problem(Client().get("/api/v7/"), 404)["detail"]


def test_posting_to_an_unknown_address_is_not_a_question_of_cookies(db: None) -> None:
    for method in ("post", "patch", "delete"):
        problem(getattr(Client(enforce_csrf_checks=True), method)("/api/v1/nothing/"), 404)


def test_an_unknown_record_is_named(ada: Caller) -> None:
    assert problem(ada.get("teams/nobody/"), 404)["detail"] == "There is no team “nobody”."


def test_an_unknown_parent_is_named(ada: Caller) -> None:
    assert problem(ada.get("teams/nobody/members/"), 404)["detail"] == "There is no team “nobody”."


def test_a_method_that_is_not_offered(ada: Caller, payments: Team) -> None:
    answer = ada("put", "teams/payments/", {"name": "X"})
    problem(answer, 405)
    assert "PATCH" in answer["Allow"]
    problem(ada("options", "teams/"), 405)
    problem(ada("trace", "teams/"), 405)


def test_another_representation_is_not_spoken(ada: Caller) -> None:
    problem(ada.get("teams/", Accept="text/html"), 406)
    assert ada.get("teams/", Accept="*/*").status_code == 200


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "nonsense", "a/b/c"]
)
def test_another_body_is_not_understood(ada: Caller, kind: str) -> None:
    problem(ada.post("teams/", b"<team/>", Content_Type=kind), 415)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "malformed_json"),
        (b'{"slug": "a",}', "malformed_json"),
        (b"\xff\xfe", "malformed_json"),
        (b'{"name": "\\ud800"}', "malformed_json"),
        (b'{"name": NaN}', "malformed_json"),
        (b'{"name": 1e999}', "malformed_json"),
        (b'{"name": "a\\u0000b"}', "nul_character"),
        (b'{"na\\u0000me": 1}', "nul_character"),
        (b'{"name": 123456789012345678901234567890}', "number_too_large"),
        (b"[" * 33 + b"]" * 33, "too_deep"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "malformed_json"),
        (b"[]", "invalid"),
        (b'"text"', "invalid"),
        (b"null", "null"),
        (b"", "required"),
    ],
    ids=lambda one: one[:24] if isinstance(one, bytes) else one,
)
def test_a_broken_body_is_located(ada: Caller, body: bytes, code: str) -> None:
    told = problem(ada.post("teams/", body), 400)
    assert code in {error["code"] for error in told["errors"]}
    assert not Team.objects.exists()


def test_the_place_of_broken_json_is_told(ada: Caller) -> None:
    told = problem(ada.post("teams/", b'{"slug": "a",\n "name" "b"}'), 400)
    assert "line 2, column" in told["errors"][0]["detail"]


def test_a_body_that_is_too_large(ada: Caller) -> None:
    problem(ada.post("teams/", b'{"name": "' + b"x" * 5_000_000 + b'"}'), 413)
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000):
        problem(ada.post("teams/", {"name": "x" * 2000}, Idempotency_Key="k"), 413)


def test_every_fault_at_once_each_with_its_pointer(ada: Caller) -> None:
    told = problem(ada.post("teams/", {"slug": "has space", "description": 7}), 400)
    assert {error["pointer"]: error["code"] for error in told["errors"]} == {"/slug": "invalid", "/name": "required"}
    assert all(error["detail"] for error in told["errors"])
    assert AuditEntry.objects.filter(subject_type="accounts.team").count() == 0


def test_an_unknown_member_is_refused_and_the_known_named(ada: Caller) -> None:
    told = problem(ada.post("teams/", {"slug": "a", "name": "A", "naem": "B", "a/b~c": 1}), 400)
    assert {error["pointer"] for error in told["errors"]} == {"/naem", "/a~1b~0c"}
    assert "description" in told["errors"][0]["detail"]


def test_a_text_that_is_too_long(ada: Caller) -> None:
    told = problem(ada.post("teams/", {"slug": "a", "name": "x" * 201}), 400)
    assert told["errors"] == [{"pointer": "/name", "code": "max_length", "detail": told["errors"][0]["detail"]}]


def test_a_second_record_with_the_same_key(ada: Caller, payments: Team) -> None:
    told = problem(ada.post("teams/", {"slug": "payments", "name": "Again"}), 400)
    assert told["errors"][0]["pointer"] == "/slug" and told["errors"][0]["code"] == "unique"


@pytest.mark.parametrize(
    "path",
    [
        "teams/a%00b/",
        "teams/%ED%A0%80/",
        "teams/" + "x" * 3000 + "/",
        "audit/99999999999999999999999/",
        "audit/x/",
        "audit/-1/",
    ],
)
def test_a_key_that_no_column_can_hold_is_not_found(ada: Caller, path: str) -> None:
    problem(ada.get(path), 404)


@pytest.mark.parametrize(
    ("fault", "status"),
    [(IntegrityError("x"), 409), (DataError("x"), 400), (OverflowError("x"), 400), (OperationalError("locked"), 503)],
)
def test_what_the_database_says_never_becomes_a_500(ada: Caller, monkeypatch, fault: Exception, status: int) -> None:
    def fail(self, request, **kwargs):
        raise fault

    monkeypatch.setattr(viewsets.RecordViewSet, "list", fail)
    answer = ada.get("teams/")
    problem(answer, status)
    assert (answer.get("Retry-After") == "1") is (status == 503)


def test_a_fault_of_ours_is_a_document_with_the_request_id(ada: Caller, monkeypatch) -> None:
    def fail(self, request, **kwargs):
        raise RuntimeError("not foreseen")

    monkeypatch.setattr(viewsets.RecordViewSet, "list", fail)
    told = problem(ada.get("teams/", X_Request_ID="look-for-me"), 500)
    assert "look-for-me" in told["detail"] and "not foreseen" not in str(told)


def test_the_answer_speaks_utf8_and_utc(ada: Caller, payments: Team) -> None:
    answer = ada.patch("teams/payments/", {"name": "Zahlungen – größer 🚢"})
    assert answer.json()["name"] == "Zahlungen – größer 🚢"
    assert answer.json()["updated_at"].endswith("Z")
