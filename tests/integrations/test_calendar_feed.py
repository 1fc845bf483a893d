"""The calendar at a secret address, read back with the icalendar library."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from icalendar import Calendar

from apps.accounts import actions as accounts
from apps.cmdb import actions as cmdb
from apps.core.clock import now
from apps.core.errors import NotPermitted
from apps.core.models import AuditEntry
from apps.integrations import actions
from apps.integrations.models import CalendarFeed
from apps.releases import actions as releases
from apps.schedule import actions as schedule
from tests.factories import ci, payments, production, release_in, staging, team, value_stream
from tests.people import SYSTEM, acting, person

pytestmark = pytest.mark.django_db


def feed(name: str = "rosa", **fields) -> tuple[CalendarFeed, str]:
    return actions.open_feed(owner=person(name), name="Releases", by=acting(name), **fields)


def read(token: str, **headers: str):
    return Client().get(
        f"/calendar/{token}.ics", headers={key.replace("_", "-"): value for key, value in headers.items()}
    )


def events_of(token: str) -> dict[str, object]:
    answer = read(token)
    assert answer.status_code == 200
    calendar = Calendar.from_ical(answer.content)
    return {str(event["UID"]): event for event in calendar.walk("VEVENT")}


def test_a_release_a_window_and_a_freeze():
    release = release_in("scheduled")
    window = schedule.create_window(
        name="Tuesday nights",
        starts_at=datetime(2026, 3, 24, 20, tzinfo=UTC),
        ends_at=datetime(2026, 3, 24, 22, tzinfo=UTC),
        rrule="FREQ=WEEKLY;BYDAY=TU",
        time_zone="Europe/Berlin",
        excluded_on=["2026-03-31"],
        by=SYSTEM,
    )
    freeze = schedule.create_freeze(
        name="Year's end", starts_at=now() + timedelta(days=5), ends_at=now() + timedelta(days=9), by=SYSTEM
    )
    _feed, token = feed()
    answer = read(token)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert b"\r\n" in answer.content
    calendar = Calendar.from_ical(answer.content)
    assert (str(calendar["VERSION"]), "Tidegate" in str(calendar["PRODID"])) == ("2.0", True)
    assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["Europe/Berlin"]
    found = events_of(token)
    assert set(found) == {
        f"release-{release.key}@tidegate",
        f"window-{window.key}@tidegate",
        f"freeze-{freeze.key}@tidegate",
    }
    for event in found.values():
        assert {"UID", "DTSTAMP", "DTSTART", "DTEND", "SEQUENCE", "STATUS", "SUMMARY"} <= set(event)
    shown = found[f"release-{release.key}@tidegate"]
    assert shown.decoded("dtstart") == release.planned_start.replace(microsecond=0)
    assert str(shown["STATUS"]) == "CONFIRMED"
    weekly = found[f"window-{window.key}@tidegate"]
    assert weekly["RRULE"]["FREQ"] == ["WEEKLY"]
    assert str(weekly.decoded("dtstart").tzinfo) == "Europe/Berlin"
    assert b"EXDATE;TZID=Europe/Berlin:20260331T210000" in answer.content.replace(b"\r\n ", b"")


@pytest.mark.parametrize(
    ("status", "shown"),
    [("draft", None), ("planning", "TENTATIVE"), ("scheduled", "CONFIRMED"), ("cancelled", "CANCELLED")],
)
def test_the_status_says_how_firm_a_release_is(status, shown):
    release = release_in(status)
    _feed, token = feed()
    event = events_of(token).get(f"release-{release.key}@tidegate")
    assert (None if event is None else str(event["STATUS"])) == shown


def test_a_change_counts_up_and_keeps_the_identity():
    release = release_in("planning")
    _feed, token = feed()
    uid = f"release-{release.key}@tidegate"
    before = events_of(token)[uid]
    moved = release.planned_end + timedelta(hours=1)
    releases.change_release(release=release, by=acting("rosa"), planned_end=moved)
    after = events_of(token)[uid]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after.decoded("dtend") == moved.replace(microsecond=0)


def test_a_lifted_freeze_is_cancelled():
    freeze = schedule.create_freeze(
        name="Stop", starts_at=now() - timedelta(hours=1), ends_at=now() + timedelta(days=1), by=SYSTEM
    )
    schedule.lift_freeze(freeze=freeze, by=SYSTEM, note="It is over.")
    _feed, token = feed()
    assert str(events_of(token)[f"freeze-{freeze.key}@tidegate"]["STATUS"]) == "CANCELLED"


def test_one_sees_what_one_asked_for():
    stream = value_stream()
    release = release_in("scheduled")
    uid = f"release-{release.key}@tidegate"
    assert uid in events_of(feed(team=team("payments"))[1])
    assert uid not in events_of(feed(team=team("others"))[1])
    assert uid not in events_of(feed(value_stream=stream)[1])
    assert uid in events_of(feed(is_mine_only=True)[1])
    assert uid not in events_of(feed("adam", is_mine_only=True)[1])


def test_windows_and_freezes_are_narrowed_as_the_releases_are():
    stream = value_stream()
    release_in("scheduled")
    soon = {"starts_at": now() + timedelta(days=1), "ends_at": now() + timedelta(days=2), "by": SYSTEM}
    schedule.create_freeze(name="Everywhere", **soon)
    schedule.create_freeze(name="Payments rest", services=[payments()], **soon)
    schedule.create_freeze(name="Staging rests", environments=[staging()], **soon)
    schedule.create_window(name="For search", services=[ci("search", type="service", owner=team("search"))], **soon)
    schedule.create_window(name="For the stream", value_streams=[stream], **soon)

    def told(**fields) -> set[str]:
        shown = {str(one["SUMMARY"]).partition(": ")[2] for one in events_of(feed(**fields)[1]).values()}
        return shown - {""}

    assert told() == {"Everywhere", "Payments rest", "Staging rests", "For search", "For the stream"}
    assert told(team=team("payments")) == {"Everywhere", "Payments rest", "Staging rests"}
    assert told(team=team("search")) == {"Everywhere", "Staging rests", "For search"}
    assert told(value_stream=stream) == {"Everywhere", "Staging rests", "For the stream"}
    assert told(is_mine_only=True) == {"Everywhere", "Payments rest"}


def test_a_filtered_feed_is_read_again_when_a_service_changes_hands():
    release_in("scheduled")
    _opened, token = feed(team=team("payments"))
    tag = read(token)["ETag"]
    cmdb.change_ci(ci=payments(), owner=team("others"), by=SYSTEM)
    assert read(token, If_None_Match=tag).status_code == 200


def test_an_until_beside_a_time_zone_is_in_utc():
    schedule.create_window(
        name="Until summer",
        starts_at=datetime(2026, 3, 24, 20, tzinfo=UTC),
        ends_at=datetime(2026, 3, 24, 22, tzinfo=UTC),
        rrule="FREQ=WEEKLY;BYDAY=TU;UNTIL=20270630",
        time_zone="Europe/Berlin",
        by=SYSTEM,
    )
    content = read(feed()[1]).content
    assert b"DTSTART;TZID=Europe/Berlin:" in content
    assert b"UNTIL=20270630T215959Z" in content


def test_only_the_digest_of_the_address_is_kept():
    opened, token = feed()
    assert token not in opened.token_digest
    kept = [str(entry.changes) for entry in AuditEntry.objects.all()]
    assert not any(token in text or opened.token_digest in text for text in kept)


def test_a_revoked_address_says_nothing():
    opened, token = feed()
    assert read(token).status_code == 200
    actions.revoke_feed(feed=opened, by=acting("rosa"))
    assert read(token).status_code == 404


def test_who_left_reads_nothing():
    _opened, token = feed("carl")
    accounts.change_user(user=person("carl"), is_active=False, by=SYSTEM)
    assert read(token).status_code == 404


@pytest.mark.parametrize("token", ["x" * 43, "y" * 20, "z" * 100])
def test_a_guessed_address_says_nothing(token):
    assert read(token).status_code == 404


def test_reading_changes_nothing_and_an_unchanged_calendar_is_not_sent_again():
    release = release_in("planning")
    _opened, token = feed()
    entries = AuditEntry.objects.count()
    first = read(token)
    assert read(token, If_None_Match=first["ETag"]).status_code == 304
    assert Client().head(f"/calendar/{token}.ics").status_code == 200
    assert Client().post(f"/calendar/{token}.ics").status_code == 405
    assert AuditEntry.objects.count() == entries
    releases.change_release(release=release, by=acting("rosa"), title="Another title")
    assert read(token, If_None_Match=first["ETag"]).status_code == 200


def test_another_persons_feed_is_not_mine_to_revoke():
    opened, _token = feed("carl")
    with pytest.raises(NotPermitted):
        actions.revoke_feed(feed=opened, by=acting("rosa"))
    assert actions.revoke_feed(feed=opened, by=acting("ivan")).revoked_at is not None
    with pytest.raises(NotPermitted):
        actions.open_feed(owner=person("nora"), name="x", by=acting("nora"))


def test_texts_are_escaped():
    item = ci("odd", type="service", name="Comma, semicolon; newline\nBEGIN:VALARM")
    release_in("planning", subject=item, title="a\nEND:VEVENT")
    _opened, token = feed()
    assert len(events_of(token)) == 1
    production()
