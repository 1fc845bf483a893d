"""Single days left out of what recurs: by the form, by a deed, by the API, and told to calendar programs."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client

from apps.core.errors import Invalid, NotPermitted
from apps.core.models import AuditEntry
from apps.schedule import actions
from apps.schedule.models import Window
from tests.core.api.conftest import Caller, problem
from tests.people import acting, person
from tests.schedule.calendar import HOUR, MONDAY

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


@pytest.fixture
def weekly() -> Window:
    return actions.create_window(
        name="Mondays",
        starts_at=MONDAY,
        ends_at=MONDAY + 2 * HOUR,
        rrule="FREQ=WEEKLY;BYDAY=MO",
        by=acting("rosa"),
    )


def starts(row: Window) -> list[date]:
    return [one.starts_at.date() for one in row.occurrences_between(MONDAY, MONDAY + 4 * WEEK)]


def test_one_is_left_out_with_its_reason_on_record(weekly: Window) -> None:
    second = (MONDAY + WEEK).date()
    row = actions.leave_out(row=weekly, on=second, by=acting("rosa"), note="Bank holiday.")
    assert second not in starts(row)
    assert len(starts(row)) == 3
    entry = AuditEntry.objects.order_by("-id").first()
    assert (entry.event, entry.note, entry.changes) == (
        "schedule.window.leave_out",
        "Bank holiday.",
        {"excluded_on": [[], [f"{second}"]]},
    )


def test_what_does_not_begin_that_day_cannot_be_left_out(weekly: Window) -> None:
    with pytest.raises(Invalid) as refused:
        actions.leave_out(row=weekly, on=MONDAY.date() + timedelta(days=1), by=acting("rosa"))
    assert [(one.pointer, one.code) for one in refused.value.errors] == [("on", "no_occurrence")]
    left = actions.leave_out(row=weekly, on=MONDAY.date(), by=acting("rosa"))
    with pytest.raises(Invalid):
        actions.leave_out(row=left, on=MONDAY.date(), by=acting("rosa"))


def test_the_day_is_that_of_its_time_zone() -> None:
    nightly = actions.create_window(
        name="Nightly",
        starts_at=MONDAY.replace(hour=14),
        ends_at=MONDAY.replace(hour=16),
        rrule="FREQ=DAILY",
        time_zone="Pacific/Auckland",
        by=acting("rosa"),
    )
    there = MONDAY.date() + timedelta(days=1)
    row = actions.leave_out(row=nightly, on=there, by=acting("rosa"))
    assert starts(row)[0] == there, "the first one began on the day after, there"


def test_only_a_release_manager_leaves_out(weekly: Window) -> None:
    with pytest.raises(NotPermitted):
        actions.leave_out(row=weekly, on=MONDAY.date(), by=acting("audrey"))


def test_over_the_api(weekly: Window) -> None:
    rosa = Caller(person("rosa"), ("*",))
    second = f"{(MONDAY + WEEK).date()}"
    changed = rosa.patch(f"windows/{weekly.key}/", {"excluded_on": [second, second]})
    assert changed.json()["excluded_on"] == [second]
    wrong = rosa.patch(f"windows/{weekly.key}/", {"excluded_on": ["24.12.2026"]})
    assert problem(wrong, 400)["errors"][0]["pointer"].startswith("/excluded_on")
    once = {"name": "Once", "starts_at": f"{MONDAY:%Y-%m-%dT%H:%M}Z", "ends_at": f"{MONDAY:%Y-%m-%d}T23:59Z"}
    refused = rosa.post("windows/", {**once, "excluded_on": [second]})
    assert problem(refused, 400)["errors"][0]["code"] == "not_recurring"


def test_by_the_form_and_by_the_deed(weekly: Window) -> None:
    desk = Client()
    desk.force_login(person("rosa"))
    page = f"/admin/schedule/window/{weekly.pk}"
    second, third = (MONDAY + WEEK).date(), (MONDAY + 2 * WEEK).date()
    with time_machine.travel(MONDAY, tick=False):
        shown = desk.get(f"{page}/change/?tab=occurrences").content.decode()
        assert f"{page}/do/leave-out/?on={second}" in shown
        assert desk.post(f"{page}/do/leave-out/", {"on": f"{second}", "note": ""}).status_code == 302
        shown = desk.get(f"{page}/change/?tab=occurrences").content.decode()
        assert f"{page}/do/leave-out/?on={second}" not in shown
        assert f"Left out: {second}" in " ".join(shown.split())
    form = desk.get(f"{page}/change/?tab=form").context["adminform"].form
    assert form["excluded_on"].value() == f"{second}"
    data = {name: form[name].value() for name in ("name", "description", "rrule", "time_zone", "record_version")}
    dates = {f"{name}_0": f"{at:%Y-%m-%d}" for name, at in (("starts_at", MONDAY), ("ends_at", MONDAY))}
    times = {"starts_at_1": f"{MONDAY:%H:%M:%S}", "ends_at_1": f"{MONDAY + 2 * HOUR:%H:%M:%S}"}
    said = desk.post(f"{page}/change/?tab=form", {**data, **dates, **times, "excluded_on": f"{third}\n{second}"})
    assert said.status_code == 302, said.context["adminform"].form.errors
    weekly.refresh_from_db()
    assert weekly.excluded_on == [f"{second}", f"{third}"]
    auditor = Client()
    auditor.force_login(person("audrey"))
    assert "leave-out" not in auditor.get(f"{page}/change/?tab=occurrences").content.decode()
