"""Every operation gets what its schema allows and what it does not: no answer is a fault, none lies outside the schema.

Half of the cases go to records that are there. Every effect is taken back. The cases are the same in every run; more of
them: `HYPOTHESIS_PROFILE=explore make test ARGS=tests/core/api/test_schemathesis.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks as openapi_checks

from config.wsgi import application
from tests.core.api.world import World

pytestmark = pytest.mark.django_db

CASES = 2  # for each operation and mode; `explore` takes a hundred times as many
CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
]


@contextmanager
def kept_connection() -> Iterator[None]:
    """A request through WSGI would close the connection that holds the world; Django's own test client sees to this too."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def keys_in(path: str, address: str) -> dict[str, str]:
    """The path parameters that make this address of that path."""
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))
    found = re.fullmatch(pattern, address.partition("?")[0])
    return {name: unquote(value) for name, value in found.groupdict().items()} if found else {}


class Door:
    """Puts the cases of one operation to the house, and remembers what went wrong."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.places = {(one.method, one.path): world.address(one) for one in world.operations}
        self.failures: dict[str, str] = {}
        self.cases = 0

    def knock(self, operation: Any, mode: GenerationMode) -> None:
        place = self.places.get((operation.method, operation.full_path))
        if place is None:
            return

        @settings(
            max_examples=CASES * max(1, settings.default.max_examples // 100),
            phases=[Phase.generate],
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode), at_home=st.booleans())
        def put(case: Any, at_home: bool) -> None:
            if at_home:
                case.path_parameters = {**(case.path_parameters or {}), **keys_in(operation.full_path, place)}
            if "wait" in (case.query or {}):
                case.query.pop("wait")  # the gate would really wait
            self._ask(operation, case)

        put()

    def _ask(self, operation: Any, case: Any) -> None:
        self.cases += 1
        with transaction.atomic():
            response = case.call(headers=self.world.all_seeing.headers)
            transaction.set_rollback(True)
        try:
            case.validate_response(response, checks=CHECKS, headers=self.world.all_seeing.headers)
        except FailureGroup as error:
            self.failures.setdefault(f"{operation.method.upper()} {operation.full_path}", str(error)[:1500])


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["allowed", "not-allowed"])
def test_no_operation_breaks_or_answers_outside_its_schema(world: World, mode: GenerationMode) -> None:
    door = Door(world)
    with kept_connection():
        schema = schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", application)
        for found in schema.get_all_operations():
            door.knock(found.ok(), mode)
    assert door.cases > len(world.operations)
    assert door.failures == {}, "\n\n".join(f"{name}\n{said}" for name, said in door.failures.items())
