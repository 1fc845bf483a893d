"""Every endpoint of the router, one by one: who may do what, how many queries a list asks, nobody gets in unknown.

The tables are recorded (`--record-budgets`) and reviewed in the diff: roles.json says which roles each operation lets
in, tests/query_budgets.json how many queries each list may ask. An endpoint that is in neither fails.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.accounts.permissions import Role
from apps.core.models import AuditEntry
from tests.budgets import Budgets
from tests.core.api.world import PREFIX, ROWS, Caller, Operation, World
from tests.people import person

pytestmark = pytest.mark.django_db

MATRIX = Path(__file__).with_name("roles.json")
ZEAL = "zeal.middleware.zeal_middleware"
FRESH = 9  # a number that no seed has used
FEWER_ROWS = {"releases_approvals_list"}  # a release has one round, and another only after its scope has changed


def asked(caller: Caller, method: str, path: str, body: Any = None) -> int:
    """The status of an answer whose effect is taken back."""
    with transaction.atomic():
        status = caller(method, path, body).status_code
        transaction.set_rollback(True)
    return status


def test_the_world_is_made_by_bodies_that_people_may_send(world: World) -> None:
    assert world.failures == []


def test_every_endpoint_has_something_to_show(world: World) -> None:
    empty = [operation.id for operation in world.operations if not world.address(operation).startswith(PREFIX)]
    assert empty == []


def test_nobody_gets_in_unknown(world: World) -> None:
    nobody = Caller()
    statuses = {
        operation.id: nobody(operation.method, world.address(operation), {}).status_code
        for operation in world.operations
    }
    assert {name for name, status in statuses.items() if status != 401} == set()


def test_nobody_gets_in_without_a_role(world: World) -> None:
    roleless = Caller(person("nora"))
    User.objects.filter(username="nora").update(is_superuser=True, is_staff=True)
    statuses = {
        operation.id: asked(roleless, operation.method, world.address(operation), {}) for operation in world.operations
    }
    assert {name for name, status in statuses.items() if status != 403} == set()


def test_a_reading_token_reads_and_changes_nothing(world: World) -> None:
    reader = Caller(world.everyone, "read")
    let_in = []
    for operation in world.operations:
        if operation.method != "get":
            before = AuditEntry.objects.count()
            status = asked(reader, operation.method, world.address(operation), world.body(operation, 7))
            if status != 403 and operation.id != "audit_verify_create":
                let_in.append((operation.id, status))
            assert AuditEntry.objects.count() == before
    assert let_in == []


def test_a_token_for_one_thing_does_not_write_another(world: World) -> None:
    narrow = Caller(world.everyone, "unheard-of:write")
    let_in = [
        operation.id
        for operation in world.operations
        if operation.method != "get"
        and asked(narrow, operation.method, world.address(operation), world.body(operation, 7)) != 403
    ]
    assert set(let_in) <= {"audit_verify_create"}


# --- who may do what ---------------------------------------------------------------------------------------------------


def answers(world: World, method: str, address: str, body: Any) -> dict[str, str]:
    """{status: the roles that get it}, each asked with its effect taken back."""
    found: dict[str, list[str]] = {}
    for role in Role.values:
        found.setdefault(str(asked(world.callers[role], method, address, body)), []).append(role)
    return {
        status: "everyone" if len(roles) == len(Role.values) else " ".join(roles) for status, roles in found.items()
    }


def answers_by_step(world: World, operation: Operation) -> Iterator[tuple[str, dict[str, str]]]:
    """Each step that is possible for someone somewhere, asked for by name alone: who may is told 400 what it needs."""
    for step in operation.steps:
        for address in world.addresses(operation.path):
            if step in _free_steps(world, address):
                yield f"{operation.id}:{step}", answers(world, "post", address, {"name": step})
                break


def _free_steps(world: World, address: str) -> set[str]:
    """Those that nothing but the person stands in the way of: else everyone is told 409 first."""
    answer = world.all_seeing("get", address)
    if answer.status_code != 200:
        return set()
    return {
        step["name"]
        for step in answer.json()
        if all(blocker["code"] == "not_permitted" for blocker in step["blockers"])
    }


def matrix_of(world: World) -> dict[str, dict[str, str]]:
    found = {}
    for operation in world.operations:
        if operation.steps:
            found |= dict(answers_by_step(world, operation))
        else:
            body = world.body(operation, FRESH)
            found[operation.id] = answers(world, operation.method, world.address(operation), body)
    return found


def test_each_operation_answers_each_role_as_it_is_written_down(world: World, request: pytest.FixtureRequest) -> None:
    found = matrix_of(world)
    if request.config.getoption("--record-budgets"):
        MATRIX.write_text(json.dumps(dict(sorted(found.items())), indent=1) + "\n")
    assert found == json.loads(MATRIX.read_text())


def test_a_change_of_nothing_is_refused_to_whoever_may_not_change(world: World) -> None:
    """Nothing would be written, but a 200 would say that the door is open."""
    recorded = json.loads(MATRIX.read_text())
    differing = {
        operation.id: (found.get("403"), recorded[operation.id].get("403"))
        for operation in world.operations
        if operation.method == "patch"
        and (found := answers(world, "patch", world.address(operation), {})).get("403")
        != recorded[operation.id].get("403")
    }
    assert differing == {}


def test_each_row_of_the_table_proves_something(world: World) -> None:
    """Where everyone gets the same refusal, what seeds.py sends is not what people send."""
    same = [
        f"{name}: {told}"
        for name, told in json.loads(MATRIX.read_text()).items()
        if list(told.values()) == ["everyone"] and not _is_done(name, *told)
    ]
    assert same == []


def _holds(roles: str, role: str) -> bool:
    return roles == "everyone" or role in roles.split()


def _is_done(name: str, status: str) -> bool:
    """Taken at its word; a step that is asked for by name alone may want more than that."""
    return status.startswith("2") or (status == "400" and ":" in name)


def test_an_auditor_changes_nothing_but_findings_and_what_is_the_auditors_own(world: World) -> None:
    writes = {operation.id for operation in world.operations if operation.method != "get"}
    may = {
        name
        for name, told in json.loads(MATRIX.read_text()).items()
        if name.partition(":")[0] in writes
        and any(_is_done(name, status) and _holds(roles, "auditor") for status, roles in told.items())
    }
    assert may == {
        "audit_verify_create",
        "calendar_feeds_create",
        "findings_create",
        "findings_transitions_create:close",
    }


# --- what a list costs --------------------------------------------------------------------------------------------------


def test_each_list_asks_a_constant_and_written_down_number_of_queries(world: World, budgets: Budgets) -> None:
    short, wrong = [], []
    with override_settings(MIDDLEWARE=[ZEAL, *settings.MIDDLEWARE]):
        reader = Caller(world.everyone)
        reader("get", "/api/v1/teams/")
    for operation in world.operations:
        if not operation.is_list:
            continue
        address, rows = world.fullest(operation.path)
        if rows < ROWS and operation.id not in FEWER_ROWS:
            short.append(f"{operation.id}: {rows} rows")
        one, many = (queries(reader, f"{address}{'&' if '?' in address else '?'}page_size={size}") for size in (1, 100))
        if len(one) < len(many) - 1:
            wrong.append(f"{operation.id}: {len(one)} queries for one row, {len(many)} for {rows}")
        budgets.judge(f"api.{operation.id}", many)
    assert (short, wrong) == ([], [])


def queries(reader: Caller, address: str) -> list[str]:
    reader("get", address)
    with CaptureQueriesContext(connection) as seen:
        answer = reader("get", address)
    assert answer.status_code == 200, answer.content
    return [query["sql"] for query in seen.captured_queries]
