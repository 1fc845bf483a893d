"""The calendar: a month as a grid and as a list, in the reader's zone, narrowed down by its address."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from apps.cmdb.models import Party, Relationship, RelationshipType, ServiceRelationship
from apps.core import moves
from apps.desk.queries.calendar import events
from apps.schedule import actions as schedule
from tests.factories import ci, payments, payments_api, production, release_in, staging, value_stream
from tests.people import SYSTEM, acting, person

pytestmark = pytest.mark.django_db
AT = "/admin/calendar/"


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


def shown(client: Client, query: str = "") -> str:
    response = client.get(AT + query)
    assert response.status_code == 200
    return response.content.decode()


def test_a_release_stands_on_each_of_its_days_and_in_the_list(reader) -> None:
    release_in("draft", title="Ledger", planned_start=on(12, 20), planned_end=on(13, 4))
    page = shown(reader)
    assert "November 2026" in page
    assert page.count('class="tg-event" data-kind="release"') == 2
    assert "Thu 12 Nov 2026, 20:00 UTC" in page


def test_days_are_the_readers_days(reader) -> None:
    release_in("draft", title="Ledger", planned_start=on(12, 23), planned_end=on(12, 23).replace(minute=30))
    moves.change(person("rosa"), {"time_zone": "Europe/Berlin"}, by=SYSTEM)
    page = shown(reader)
    assert "Fri 13 Nov 2026, 00:00 CET" in page
    assert page.count('class="tg-event" data-kind="release"') == 1


def test_recurring_windows_stand_on_each_of_their_days(reader) -> None:
    schedule.create_window(
        name="Tuesdays", starts_at=on(3, 18), ends_at=on(3, 21), rrule="FREQ=WEEKLY;BYDAY=TU", by=acting("rosa")
    )
    assert (
        shown(reader).count('data-kind="window"') == 5
    )  # four in November, and the first of December in its last week


def test_filters_narrow_by_kind_environment_and_service(reader) -> None:
    release_in("draft", title="Ledger", planned_start=on(12), planned_end=on(12, 13))
    schedule.create_freeze(
        name="Staging rests", starts_at=on(16), ends_at=on(17), by=acting("rosa"), environments=[staging()]
    )
    assert "Ledger" not in shown(reader, "?kind=freeze") and "Staging rests" in shown(reader, "?kind=freeze")
    assert "Staging rests" not in shown(reader, f"?environment={production().slug}")
    assert "Ledger" in shown(reader, f"?service={payments().key}")
    assert "Ledger" not in shown(reader, f"?environment={staging().slug}")


def test_a_freeze_for_one_party_shows_only_where_a_service_serves_it(reader) -> None:
    bank, other = moves.create(Party(slug="bank", name="The bank"), by=SYSTEM), ci("search", type="service")
    moves.create(ServiceRelationship(party=bank, service=payments()), by=SYSTEM)
    part = moves.create(
        Relationship(type=RelationshipType.objects.get(slug="part-of"), source=payments_api(), target=payments()),
        by=SYSTEM,
    ).source
    schedule.create_freeze(name="Year end", starts_at=on(16), ends_at=on(17), by=acting("rosa"), party=bank)
    release_in("draft", title="Search", subject=other, components=[], planned_start=on(12), planned_end=on(12, 13))
    assert "Year end" in shown(reader)
    assert "The bank" in shown(reader, f"?service={payments().key}")
    assert "Year end" not in shown(reader, f"?service={other.key}")
    release_in("draft", subject=part, components=[], planned_start=on(12), planned_end=on(12, 13))
    assert "Year end" in shown(reader, f"?service={part.key}"), "it is part of a service of the bank"


def test_a_value_stream_narrows_releases_windows_and_freezes(reader) -> None:
    stream, other = value_stream("order-to-cash"), value_stream("hire-to-retire")
    moves.relate(payments(), "value_streams", [stream], by=SYSTEM)
    release_in("draft", title="Ledger", planned_start=on(12), planned_end=on(12, 13))
    named = {"starts_at": on(16), "ends_at": on(17), "by": acting("rosa")}
    schedule.create_freeze(name="Cash rests", value_streams=[stream], **named)
    schedule.create_window(name="For payments", services=[payments()], **named)
    mine, others = shown(reader, "?value_stream=order-to-cash"), shown(reader, f"?value_stream={other.slug}")
    for name in ("Ledger", "Cash rests", "For payments"):
        assert name in mine
        assert name not in others


def test_the_filters_come_before_the_cut_and_a_cut_is_said(reader, monkeypatch) -> None:
    monkeypatch.setattr(events, "MOST", 3)
    for hour in range(5):
        schedule.create_window(name=f"W{hour}", starts_at=on(3, hour), ends_at=on(3, hour + 1), by=acting("rosa"))
    schedule.create_freeze(name="Late rest", starts_at=on(20), ends_at=on(21), by=acting("rosa"))
    schedule.create_freeze(
        name="Staging rests", starts_at=on(25), ends_at=on(26), by=acting("rosa"), environments=[staging()]
    )
    page = shown(reader)
    assert "Late rest" in page, "windows do not crowd freezes out"
    assert "There is more than fits" in page and "Windows" in page
    assert "W4" not in page
    assert "There is more than fits" not in shown(reader, "?kind=freeze")
    for day in range(4, 9):
        schedule.create_freeze(
            name=f"F{day}", starts_at=on(day), ends_at=on(day, 13), by=acting("rosa"), environments=[production()]
        )
    assert "Staging rests" in shown(reader, f"?environment={staging().slug}")


def test_other_months_are_one_link_away_and_keep_the_filters(reader) -> None:
    page = shown(reader, "?month=2027-01&kind=freeze")
    assert "January 2027" in page
    assert "?month=2026-12&amp;kind=freeze" in page and "?month=2027-02&amp;kind=freeze" in page


@pytest.mark.parametrize(
    "query", ["?month=nonsense", "?month=2026-13", "?environment=mars", "?kind=party", "?service=%00"]
)
def test_what_cannot_be_read_is_left_out_never_an_error(reader, query) -> None:
    assert "November 2026" in shown(reader, query)


def test_a_lifted_freeze_ends_when_it_was_lifted(reader) -> None:
    freeze = schedule.create_freeze(name="Long", starts_at=on(9), ends_at=on(20), by=acting("rosa"))
    schedule.lift_freeze(freeze=freeze, by=acting("rosa"))
    assert shown(reader).count('data-kind="freeze"') == 2  # the 9th and the 10th


def test_an_empty_month_teaches(reader) -> None:
    assert "Nothing is planned in this month" in shown(reader)


def test_looking_is_all_one_can_do(reader) -> None:
    assert reader.post(AT).status_code == 405


def test_the_calendar_costs_the_same_however_full_it_is(reader, query_budget) -> None:
    for day in range(2, 7):
        release_in("draft", title=f"R{day}", planned_start=on(day), planned_end=on(day, 13))
        schedule.create_freeze(name=f"F{day}", starts_at=on(day), ends_at=on(day, 14), by=acting("rosa"))
    with query_budget("admin.calendar"):
        shown(reader)
