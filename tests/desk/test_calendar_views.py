"""Week, timeline and the calendar for programs: the same events, the same filters, and the clashes among releases."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client

from apps.accounts import actions as accounts
from apps.releases.models import Release
from apps.schedule import actions as schedule
from tests.core.api.conftest import Caller, problem
from tests.factories import ci, payments_api, production, release_in, staging, team
from tests.people import SYSTEM, acting, person

pytestmark = pytest.mark.django_db
AT = "/admin/calendar/"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _november(time_machine) -> None:
    time_machine.move_to("2026-11-10T09:00:00Z", tick=False)


@pytest.fixture
def reader() -> Client:
    client = Client()
    client.force_login(person("rosa"))
    return client


def on(day: int, hour: int = 12, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def shown(client: Client, query: str) -> str:
    response = client.get(AT + query)
    assert response.status_code == 200
    return response.content.decode()


def of(*items) -> list[dict[str, object]]:
    return [{"ci": item, "to_version": "3.0.0", "no_digest_reason": "An index."} for item in items]


def planned(title: str, start: datetime, hours: int = 1, **fields) -> Release:
    return release_in("draft", title=title, planned_start=start, planned_end=start + hours * HOUR, **fields)


def clocks(page: str) -> list[str]:
    return re.findall(r'tg-event-clock">([^<]+)<', page)


def test_a_week_shows_each_day_with_its_times(reader) -> None:
    planned("Ledger", on(11, 20), 10)
    schedule.create_freeze(name="Long rest", starts_at=on(10, 20), ends_at=on(13, 4), by=acting("rosa"))
    page = shown(reader, "?view=week&day=2026-11-12")
    assert "9 November to 15 November 2026" in page
    assert clocks(page) == ["from 20:00", "all day", "from 20:00", "all day", "until 06:00", "until 04:00"]
    assert "Times are those of UTC" in page
    assert "Ledger" not in shown(reader, "?view=week&day=2026-11-17")


def test_a_week_is_that_of_the_readers_clock(reader) -> None:
    accounts.change_user(user=person("rosa"), time_zone="Pacific/Auckland", by=SYSTEM)
    planned("Ledger", on(15, 12))
    page = shown(reader, "?view=week&day=2026-11-16")
    assert "Ledger" in page
    assert clocks(page) == ["01:00–02:00"]
    assert "Times are those of Pacific/Auckland" in page


def test_a_timeline_groups_releases_over_freezes_and_windows(reader) -> None:
    planned("Ledger", on(16, 0), 24 * 7, components=of(payments_api()))
    planned("Search", on(9), environment=staging(), components=of(ci("search-index")))
    schedule.create_freeze(name="Rest", starts_at=on(23, 0), ends_at=on(30, 0), by=acting("rosa"))
    page = shown(reader, "?view=timeline&day=2026-11-10")
    assert "9 November to 6 December 2026" in page
    assert page.index("Staging <span") < page.index("Production <span"), "in the order of promotion"
    assert 'data-tone="idle" x="250" y="4" width="250"' in page
    assert 'data-kind="freeze" x="500" y="4" width="250"' in page
    assert "Payments <span" in shown(reader, "?view=timeline&day=2026-11-10&group=service")
    assert "Payments <span" in shown(reader, "?view=timeline&day=2026-11-10&group=team")


def test_a_bar_is_never_too_thin_and_never_leaves_its_line(reader) -> None:
    planned("Short", on(10))
    planned("At the end", on(6, 23, month=12))
    page = shown(reader, "?view=timeline&day=2026-11-10")
    bars = [
        (int(x), int(width))
        for x, width in re.findall(r'class="tg-bar" data-tone="\w+" x="(\d+)" y="4" width="(\d+)"', page)
    ]
    assert len(bars) == 2
    assert all(width >= 4 and x + width <= 1000 for x, width in bars)


def test_a_team_narrows_every_view(reader) -> None:
    other = team("search", "carl")
    planned("Ledger", on(12))
    planned("Index", on(12), components=of(ci("search-index", owner=other)))
    for view in ("month", "week", "timeline"):
        page = shown(reader, f"?view={view}&day=2026-11-12&team=search")
        assert "Index" in page, view
        assert "Ledger" not in page, view


def test_filters_and_the_day_are_kept_from_view_to_view(reader) -> None:
    page = shown(reader, "?view=week&day=2026-11-12&kind=freeze&team=payments")
    team("payments")
    assert "?view=timeline&amp;day=2026-11-12&amp;kind=freeze&amp;team=payments" in page
    assert "?view=week&amp;day=2026-11-16&amp;kind=freeze&amp;team=payments" in page


@pytest.mark.parametrize("view", ["month", "week", "timeline"])
def test_clashes_are_marked(reader, view) -> None:
    first = planned("Ledger", on(12), components=of(payments_api()))
    second = planned("Books", on(12), components=of(payments_api()))
    planned("Elsewhere", on(12), components=of(payments_api()), environment=staging())
    page = shown(reader, f"?view={view}&day=2026-11-12")
    assert f"{first.key} and {second.key} move payments-api at the same time." in page
    assert "1 clash of releases" in " ".join(page.split())


@pytest.mark.parametrize(
    "query",
    ["?view=year", "?view=week&day=nonsense", "?view=timeline&group=colour", "?day=9999-12-31", "?month=0001-01"],
)
def test_what_cannot_be_read_is_left_out(reader, query) -> None:
    assert reader.get(AT + query).status_code == 200


@pytest.mark.parametrize("view", ["week", "timeline"])
def test_a_view_costs_the_same_however_full_it_is(reader, view, query_budget) -> None:
    for day in range(9, 15):
        planned(f"R{day}", on(day), components=of(payments_api()))
        schedule.create_freeze(name=f"F{day}", starts_at=on(day), ends_at=on(day, 14), by=acting("rosa"))
    with query_budget("admin.calendar"):
        shown(reader, f"?view={view}&day=2026-11-10&group=team")


class TestApi:
    PATH = "/api/v1/calendar/"

    def asked(self, **query: str) -> dict:
        span = {"from": "2026-11-09T00:00:00Z", "to": "2026-11-16T00:00:00Z", **query}
        answer = Caller(person("audrey")).get(f"{self.PATH}?{urlencode(span)}")
        assert answer.status_code == 200, answer.content
        return answer.json()

    def test_it_tells_releases_windows_freezes_and_conflicts(self) -> None:
        first = planned("Ledger", on(12), components=of(payments_api()))
        second = planned("Books", on(12), components=of(payments_api()))
        made = schedule.create_window(
            name="Nightly",
            starts_at=on(1, 20),
            ends_at=on(1, 22),
            rrule="FREQ=DAILY",
            by=acting("rosa"),
            environments=[production()],
        )
        schedule.create_freeze(name="Rest", starts_at=on(10), ends_at=on(11), kind="soft", by=acting("rosa"))
        told = self.asked()
        assert [one["key"] for one in told["releases"]] == [first.key, second.key]
        assert told["releases"][0] == {
            "key": first.key, "title": "Ledger", "status": "draft", "subject": "payments", "environment": "production",
            "release_manager": "rosa", "planned_start": "2026-11-12T12:00:00Z", "planned_end": "2026-11-12T13:00:00Z",
        }  # fmt: skip
        assert len(told["windows"]) == 7
        assert told["windows"][0]["key"] == made.key
        assert [(one["name"], one["kind"], one["party"]) for one in told["freezes"]] == [("Rest", "soft", None)]
        assert [(one["releases"], one["item"], one["severity"]) for one in told["conflicts"]] == [
            ([first.key, second.key], "payments-api", "warning")
        ]
        assert told["truncated"] == []
        assert self.asked(environment=staging().slug)["windows"] == []
        assert self.asked(kind="freeze")["releases"] == []

    @pytest.mark.parametrize(
        ("query", "pointer"),
        [
            ({"from": "soon"}, "?from"),
            ({"from": "9999-12-31T00:00:00Z", "to": ""}, "?from"),
            ({"to": "2026-11-09T00:00:00Z"}, "?to"),
            ({"to": "2027-11-09T00:00:00Z"}, "?to"),
            ({"team": "nobody"}, "?team"),
            ({"service": "\0"}, "?service"),
            ({"kind": "party"}, "?kind"),
            ({"colour": "red"}, "?colour"),
        ],
    )
    def test_what_cannot_be_read_is_refused_at_its_place(self, query, pointer) -> None:
        span = {"from": "2026-11-09T00:00:00Z", "to": "2026-11-16T00:00:00Z", **query}
        answer = Caller(person("audrey")).get(f"{self.PATH}?{urlencode(span)}")
        assert [one["pointer"] for one in problem(answer, 400)["errors"]] == [pointer]

    def test_it_costs_the_same_however_full_it_is(self, query_budget) -> None:
        caller = Caller(person("audrey"))
        for day in range(9, 15):
            planned(f"R{day}", on(day), components=of(payments_api()))
            schedule.create_freeze(name=f"F{day}", starts_at=on(day), ends_at=on(day, 14), by=acting("rosa"))
        with query_budget("api.calendar"):
            caller.get(f"{self.PATH}?from=2026-11-09T00:00:00Z&to=2026-11-16T00:00:00Z")
