"""The OpenAPI document says what the kit does: errors, parameters, headers, steps, nulls."""

from __future__ import annotations

from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from apps.accounts.models import Team
from apps.core.api.schema import may_be_null
from apps.core.models import AuditEntry
from tests.charts.models import Sluice


@pytest.fixture
def document(settings) -> dict[str, Any]:
    made = SchemaGenerator(urlconf="tests.core.api.sluices").get_schema(request=None, public=True)
    validate_schema(made)
    return made


def operation(document: dict, path: str, method: str) -> dict[str, Any]:
    return document["paths"][f"/api/v1/{path}"][method]


def parameters(one: dict[str, Any]) -> dict[str, dict]:
    return {parameter["name"]: parameter for parameter in one["parameters"]}


def test_every_operation_has_an_id_a_summary_and_its_errors(document: dict) -> None:
    ids = []
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            ids.append(one["operationId"])
            assert one["summary"], path
            assert {"400", "401", "403", "406", "429"} <= set(one["responses"]), (path, method)
            if method != "get":
                assert {"409", "415", "422"} <= set(one["responses"]), (path, method)
    assert len(ids) == len(set(ids))


def test_errors_are_one_shared_document(document: dict) -> None:
    answers = operation(document, "sluices/{key}/", "get")["responses"]
    assert answers["404"] == {"$ref": "#/components/responses/Problem404"}
    shared = document["components"]["responses"]["Problem404"]
    assert list(shared["content"]) == ["application/problem+json"]
    assert "412" not in operation(document, "sluices/{key}/", "get")["responses"]
    assert "304" in answers


def test_a_list_has_pages_and_a_detail_has_not(document: dict) -> None:
    assert {"page_size", "cursor", "fields", "If-None-Match"} == set(parameters(operation(document, "sluices/", "get")))
    assert {"key", "fields", "If-None-Match"} == set(parameters(operation(document, "sluices/{key}/", "get")))
    answer = operation(document, "sluices/", "get")["responses"]["200"]["content"]["application/json"]["schema"]
    page = document["components"]["schemas"][answer["$ref"].rpartition("/")[2]]
    assert set(page["required"]) == {"next", "previous", "results"}


def test_an_action_shows_its_parameters(document: dict) -> None:
    depth = parameters(operation(document, "sluices/{key}/soundings/", "get"))["depth"]
    assert depth["schema"] == {"type": "integer", "minimum": 1, "maximum": 5, "default": 3}
    assert "cursor" in parameters(operation(document, "sluices/{key}/below/", "get"))


def test_steps_show_what_they_ask_for(document: dict) -> None:
    asked = operation(document, "sluices/{key}/transitions/", "post")
    body = asked["requestBody"]["content"]["application/json"]["schema"]
    assert body["properties"]["name"]["enum"] == ["turn_up", "turn_down"]
    assert body["properties"]["turns"]["type"] == "integer"
    assert body["properties"]["turns"]["description"] == "Asked for by: turn_up (required)"
    assert body["properties"]["why"]["type"] == "array"
    assert body["properties"]["at"]["format"] == "date-time"
    assert "note" not in body["properties"] and body["additionalProperties"] is False
    assert {"Idempotency-Key", "If-Match", "key"} == set(parameters(asked))
    listed = operation(document, "sluices/{key}/transitions/", "get")["responses"]["200"]
    assert listed["content"]["application/json"]["schema"]["type"] == "array"


def test_empty_columns_are_nullable_in_answers(document: dict) -> None:
    shown = document["components"]["schemas"]["Sluice"]["properties"]
    assert shown["upstream"]["type"] == ["string", "null"]
    assert shown["key"]["type"] == "string"
    assert may_be_null(Sluice, "upstream") and may_be_null(Sluice, "upstream.key")
    assert not may_be_null(Sluice, "key") and not may_be_null(Team, "members")
    assert not may_be_null(AuditEntry, "get_door_display")


def test_how_to_prove_who_one_is(document: dict) -> None:
    schemes = document["components"]["securitySchemes"]
    assert schemes["token"]["scheme"] == "bearer"
    assert schemes["session"]["in"] == "cookie"
