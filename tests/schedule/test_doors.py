"""The schedule through the API and the admin."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from apps.schedule.models import Freeze, FreezeException, Window
from tests.core.api.conftest import Caller, problem
from tests.people import person
from tests.schedule.calendar import DIGEST, HOUR, MONDAY, ask, environment, freeze, service, window

pytestmark = pytest.mark.django_db
NOON = MONDAY + 4 * HOUR


def api(name: str, *scopes: str) -> Caller:
    return Caller(person(name), scopes or ("*",))


def at_desk(name: str) -> Client:
    client = Client()
    client.force_login(person(name))
    return client


def span(hours: float = 2, **fields) -> dict:
    return {
        "name": "Weekly",
        "starts_at": MONDAY.isoformat(),
        "ends_at": (MONDAY + timedelta(hours=hours)).isoformat(),
        **fields,
    }


def test_a_window_over_the_api():
    environment("production")
    service("payments")
    rosa = api("rosa")
    made = rosa.post(
        "windows/",
        span(
            rrule="FREQ=WEEKLY;BYDAY=MO", time_zone="Europe/Berlin", environments=["production"], services=["payments"]
        ),
    )
    assert made.status_code == 201, made.content
    key = made.json()["key"]
    assert key.startswith("WIN-20")
    assert made["Location"] == f"/api/v1/windows/{key}/"
    assert (made.json()["environments"], made.json()["services"]) == (["production"], ["payments"])
    changed = rosa.patch(f"windows/{key}/", {"name": "Mondays", "environments": []})
    assert (changed.json()["name"], changed.json()["environments"]) == ("Mondays", [])
    assert rosa.delete(f"windows/{key}/").status_code == 204
    assert not Window.objects.exists()


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"ends_at": MONDAY.isoformat()}, "/ends_at"),
        ({"rrule": "FREQ=HOURLY"}, "/rrule"),
        ({"rrule": "FREQ=DAILY", "time_zone": "Mars/Olympus"}, "/time_zone"),
        ({"environments": ["nowhere"]}, "/environments"),
        ({"starts_at": "yesterday"}, "/starts_at"),
    ],
)
@pytest.mark.parametrize("path", ["windows/", "freezes/"])
def test_faulty_input_is_answered_at_its_field_and_nothing_is_written(path, fields, pointer):
    told = problem(api("rosa").post(path, span(**fields)), 400)
    assert told["errors"][0]["pointer"].startswith(pointer)
    assert not Window.objects.exists()
    assert not Freeze.objects.exists()


def test_a_freeze_is_set_lifted_and_found_in_force():
    environment("production")
    environment("staging")
    rosa = api("rosa")
    body = span(24, kind="soft", excepted_model_kinds=["emergency"], environments=["production"])
    made = rosa.post("freezes/", body)
    assert made.status_code == 201, made.content
    at = NOON.isoformat().replace("+", "%2B")
    found = rosa.get(f"freezes/in-force/?at={at}&environment=production").json()
    assert [(one["key"], one["kind"]) for one in found] == [(made.json()["key"], "soft")]
    assert found[0]["until"].startswith("2026-11-24T08:00:00")
    assert rosa.get(f"freezes/in-force/?at={at}&environment=staging").json() == []
    problem(rosa.get("freezes/in-force/?environment=nowhere"), 404)
    problem(rosa.get("freezes/in-force/?at=soon"), 400)
    with time_machine.travel(NOON, tick=False):
        assert api("rolf").post(f"freezes/{made.json()['key']}/lift/").json()["lifted_at"]
        problem(api("rolf").post(f"freezes/{made.json()['key']}/lift/"), 409)


def test_an_exception_is_asked_for_and_granted_over_the_api():
    with time_machine.travel(NOON, tick=False):
        made = freeze()
        path = f"freezes/{made.key}/exceptions/"
        asked = api("carl").post(path, {"release_key": "REL-2026-0001", "digest": DIGEST, "reason": "A hole."})
        assert asked.status_code == 201, asked.content
        one = f"{path}{asked.json()['key']}/"
        problem(api("carl").post(f"{one}transitions/", {"name": "grant"}), 403)
        until = (NOON + HOUR).isoformat()
        granted = api("adam").post(f"{one}transitions/", {"name": "grant", "until": until})
        assert granted.status_code == 200, granted.content
        assert (granted.json()["status"], granted.json()["decided_by"]) == ("granted", "adam")
        assert granted.json()["until"].startswith("2026-11-23T13:00:00")
        problem(api("adam").post(f"{one}transitions/", {"name": "deny", "comment": "Too late."}), 409)


@pytest.mark.parametrize("name", ["carl", "adam", "audrey", "ivan", "ida"])
def test_who_is_no_release_manager_reads_and_writes_nothing(name):
    made, weekly = freeze(), window()
    caller = api(name)
    for path in (f"freezes/{made.key}/", f"windows/{weekly.key}/"):
        assert caller.get(path).status_code == 200
        assert caller.patch(path, {"name": "Mine"}).status_code == 403
        assert caller.delete(path).status_code == 403
    assert caller.post("freezes/", span()).status_code == 403
    assert caller.post("windows/", span()).status_code == 403
    assert caller.post(f"freezes/{made.key}/lift/").status_code == 403
    assert {one.name for one in (*Freeze.objects.all(), *Window.objects.all())} == {"Year's end", "Weekly"}


def test_lists_are_filtered_and_keep_their_budgets(query_budget):
    for number in range(4):
        freeze(f"F{number}", environments=[environment("production")], services=[service("payments")])
        window(f"W{number}", environments=[environment("production")])
    ask(freeze("other", kind="information"))
    audrey = api("audrey")
    with query_budget("api.freezes.list"):
        assert len(audrey.get("freezes/?environment=production").json()["results"]) == 4
    with query_budget("api.windows.list"):
        assert len(audrey.get("windows/").json()["results"]) == 4
    found = audrey.get("freezes/?kind=information").json()["results"]
    assert [one["name"] for one in found] == ["other"]
    with query_budget("api.freeze_exceptions.list"):
        assert len(audrey.get(f"freezes/{found[0]['key']}/exceptions/?status=requested").json()["results"]) == 1


# --- admin --------------------------------------------------------------------------------------------------------


def in_admin(hours: float = 2, **fields) -> dict:
    end = MONDAY + timedelta(hours=hours)
    return {
        "name": "Weekly",
        "starts_at_0": f"{MONDAY:%Y-%m-%d}",
        "starts_at_1": f"{MONDAY:%H:%M:%S}",
        "ends_at_0": f"{end:%Y-%m-%d}",
        "ends_at_1": f"{end:%H:%M:%S}",
        "time_zone": "UTC",
        **fields,
    }


def test_a_freeze_is_set_in_the_admin_with_its_scope():
    body = in_admin(kind="soft", excepted_model_kinds=["emergency"], environments=[environment("production").pk])
    answer = at_desk("rosa").post("/admin/schedule/freeze/add/", body)
    assert answer.status_code == 302, answer.content
    made = Freeze.objects.get()
    assert (made.excepted_model_kinds, made.environments.get().slug) == (["emergency"], "production")


@pytest.mark.parametrize("kind", ["window", "freeze"])
def test_what_ends_before_it_starts_is_told_at_the_field(kind):
    answer = at_desk("rosa").post(f"/admin/schedule/{kind}/add/", in_admin(hours=-1, kind="hard"))
    assert "It ends before it starts." in answer.content.decode()
    assert not Window.objects.exists()
    assert not Freeze.objects.exists()


def test_an_auditor_looks_and_changes_nothing():
    made = freeze()
    audrey = at_desk("audrey")
    assert audrey.get(f"/admin/schedule/freeze/{made.pk}/change/").status_code == 200
    assert audrey.post("/admin/schedule/freeze/add/", in_admin(kind="hard")).status_code == 403
    audrey.post("/admin/schedule/freeze/", {"action": "lift_now", "_selected_action": [made.pk]})
    assert Freeze.objects.get().lifted_at is None


def test_a_freeze_is_lifted_from_the_list():
    made = freeze()
    at_desk("rosa").post("/admin/schedule/freeze/", {"action": "lift_now", "_selected_action": [made.pk]})
    assert Freeze.objects.get().lifted_at is not None


def test_the_next_times_are_shown():
    weekly = window(rrule="FREQ=WEEKLY;BYDAY=MO")
    with time_machine.travel(NOON, tick=False):
        shown = at_desk("audrey").get(f"/admin/schedule/window/{weekly.pk}/change/", {"tab": "occurrences"})
    assert "Mon 30 Nov 2026, 08:00 UTC" in shown.content.decode()


def test_an_exception_is_decided_by_a_button_of_somebody_else():
    with time_machine.travel(NOON, tick=False):
        asked = ask(freeze())
        path = f"/admin/schedule/freezeexception/{asked.pk}/step/grant/"
        assert at_desk("carl").post(path, {}).status_code == 403
        assert at_desk("adam").get(path).status_code == 200
        assert FreezeException.objects.get().status == "requested"
        assert at_desk("adam").post(path, {"until": "2026-11-23 14:00"}).status_code == 302
        assert FreezeException.objects.get().status == "granted"


def test_the_admin_lists_keep_their_budgets(query_budget):
    for number in range(4):
        freeze(f"F{number}", environments=[environment("production")])
        window(f"W{number}")
    ask(Freeze.objects.first())
    rosa = at_desk("rosa")
    rosa.get("/admin/")
    for kind in ("window", "freeze", "freezeexception"):
        with query_budget(f"admin.schedule.{kind}.rows"):
            assert rosa.get(f"/admin/schedule/{kind}/").status_code == 200
