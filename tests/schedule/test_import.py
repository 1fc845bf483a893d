"""Freezes from iCalendar files: real ones, broken ones, the same one twice."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.errors import Invalid, NotPermitted
from apps.core.models import AuditEntry
from apps.schedule import actions
from apps.schedule.icalendars import read
from apps.schedule.models import Freeze
from tests.core.api.conftest import Caller, problem
from tests.people import acting, person

HOLIDAYS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//Holidays//EN
BEGIN:VEVENT
UID:christmas@example.org
DTSTAMP:20260101T000000Z
DTSTART;VALUE=DATE:20261225
DTEND;VALUE=DATE:20261227
SUMMARY:Christmas
END:VEVENT
BEGIN:VEVENT
UID:monday@example.org
DTSTAMP:20260101T000000Z
DTSTART;TZID=Europe/Berlin:20260302T200000
DTEND;TZID=Europe/Berlin:20260302T220000
RRULE:FREQ=WEEKLY;BYDAY=MO
EXDATE;TZID=Europe/Berlin:20260309T200000
SUMMARY:Backup night
END:VEVENT
BEGIN:VEVENT
UID:gone@example.org
DTSTAMP:20260101T000000Z
DTSTART:20260401T100000Z
DTEND:20260401T120000Z
STATUS:CANCELLED
SUMMARY:Called off
END:VEVENT
END:VCALENDAR
"""


def take(text: str | bytes = HOLIDAYS, **options):
    data = text if isinstance(text, bytes) else text.replace("\n", "\r\n").encode()
    given_options = {"source": "holidays-de", "time_zone": "Europe/Berlin", "by": acting("rosa"), **options}
    return actions.import_freezes(data=data, **given_options)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.django_db
class TestImport:
    def test_events_become_freezes(self) -> None:
        found = take()
        assert found.created == ["Christmas", "Backup night"]
        assert [(one.record, one.number, one.reason) for one in found.rejected] == [
            ("gone@example.org", 3, "It is cancelled.")
        ]
        christmas, backup = Freeze.objects.order_by("-starts_at")
        assert (christmas.starts_at, christmas.ends_at) == (utc("2026-12-24T23:00"), utc("2026-12-26T23:00"))
        assert (christmas.kind, christmas.source, christmas.external_id) == (
            "hard",
            "holidays-de",
            "christmas@example.org",
        )
        assert (backup.rrule, backup.time_zone, backup.excluded_on) == (
            "FREQ=WEEKLY;BYDAY=MO",
            "Europe/Berlin",
            ["2026-03-09"],
        )
        shown = [one.starts_at for one in backup.occurrences_between(utc("2026-03-01"), utc("2026-04-01"))]
        assert [f"{one:%m-%d %H}" for one in shown] == ["03-02 19", "03-16 19", "03-23 19", "03-30 18"]

    def test_the_same_file_twice_changes_nothing(self) -> None:
        take()
        before = AuditEntry.objects.count()
        again = take()
        assert (again.created, again.updated, again.unchanged) == ([], [], 2)
        assert AuditEntry.objects.count() == before

    def test_a_changed_event_changes_its_freeze_and_what_vanished_stays(self) -> None:
        take(kind="soft")
        changed = (
            HOLIDAYS.replace("20261227", "20261228").replace("monday@", "tuesday@").replace("Backup", "New backup")
        )
        found = take(changed)
        assert (found.created, found.updated, found.missing) == (["New backup night"], ["Christmas"], ["Backup night"])
        christmas = Freeze.objects.get(external_id="christmas@example.org")
        assert christmas.ends_at == utc("2026-12-27T23:00")
        assert christmas.kind == "soft", "what people decided about it stays"
        assert Freeze.objects.count() == 3

    def test_a_dry_run_tells_and_writes_nothing(self) -> None:
        found = take(dry_run=True)
        assert (
            len(found.created),
            Freeze.objects.count(),
            AuditEntry.objects.filter(event__contains="freeze").count(),
        ) == (2, 0, 0)

    def test_only_a_release_manager_imports(self) -> None:
        with pytest.raises(NotPermitted):
            take(by=acting("audrey"))

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (("RRULE:FREQ=WEEKLY;BYDAY=MO", "RRULE:FREQ=HOURLY"), "FREQ=DAILY, WEEKLY, MONTHLY or YEARLY"),
            (("RRULE:FREQ=WEEKLY;BYDAY=MO", "RDATE:20260401T100000Z"), "RDATE"),
            (("RRULE:FREQ=WEEKLY;BYDAY=MO", "RECURRENCE-ID:20260302T190000Z"), "changes one time of a recurring event"),
            (
                ("DTEND;TZID=Europe/Berlin:20260302T220000", "DTEND;TZID=Europe/Berlin:20260302T190000"),
                "ends before it starts",
            ),
            (("DTEND;TZID=Europe/Berlin:20260302T220000", "X-NOTHING:1"), "It has no end."),
            (
                ("DTEND;TZID=Europe/Berlin:20260302T220000", "DTEND;VALUE=DATE:20260303"),
                "begins with a time and ends with a day|other way round",
            ),
            (("DTSTART;TZID=Europe/Berlin:20260302T200000", "X-NOTHING:1"), "It has no DTSTART."),
            (("UID:monday@example.org", "UID:christmas@example.org"), "twice"),
        ],
    )
    def test_what_a_freeze_cannot_hold_is_told_and_the_rest_is_taken(self, change, reason) -> None:
        found = take(HOLIDAYS.replace(*change))
        assert found.created == ["Christmas"]
        told = next(one.reason for one in found.rejected if one.number == 2)
        assert any(part in told for part in reason.split("|")), told

    @pytest.mark.parametrize("data", [b"\x00\x01", b"hello", b"", b"BEGIN:VEVENT\r\nEND:VEVENT\r\n"])
    def test_what_is_no_calendar_is_refused(self, data) -> None:
        with pytest.raises(Invalid) as refused:
            take(data)
        assert [one.pointer for one in refused.value.errors] == ["file"]

    def test_our_own_feed_can_be_read_back(self) -> None:
        """What we tell about a freeze is what we would take over."""
        take()
        backup = Freeze.objects.get(external_id="monday@example.org")
        text = HOLIDAYS.replace("monday@", "copy@")
        copied = next(one for one in read(text.encode()).spans if one.uid == "copy@example.org")
        assert (copied.rrule, list(copied.excluded_on), copied.starts_at) == (
            backup.rrule,
            backup.excluded_on,
            backup.starts_at,
        )


@pytest.mark.django_db
class TestDoors:
    def test_the_api(self) -> None:
        rosa = Caller(person("rosa"))
        path = "freezes/import/?source=holidays-de&time_zone=Europe/Berlin"
        told = rosa.client.post(
            f"/api/v1/{path}&dry_run=true",
            HOLIDAYS.encode(),
            content_type="text/calendar",
            headers={"Authorization": f"Bearer {rosa.secret}"},
        )
        assert told.status_code == 201, told.content
        assert (told.json()["dry_run"], told.json()["created"]) == (True, ["Christmas", "Backup night"])
        assert not Freeze.objects.exists()
        wrong = rosa.client.post(
            f"/api/v1/{path}",
            b"nothing",
            content_type="text/calendar",
            headers={"Authorization": f"Bearer {rosa.secret}"},
        )
        assert problem(wrong, 400)["errors"][0]["pointer"] == "/file"

    def test_the_admin(self) -> None:
        client = Client()
        client.force_login(person("rosa"))
        assert "Import a calendar" in client.get("/admin/schedule/freeze/").content.decode()
        said = {"source": "holidays-de", "time_zone": "Europe/Berlin", "kind": "information"}
        sent = SimpleUploadedFile("days.ics", HOLIDAYS.encode(), "text/calendar")
        page = client.post("/admin/schedule/freeze/import/", {**said, "file": sent, "dry_run": "on"}).content.decode()
        assert "What would come of it" in page
        assert "It is cancelled." in page
        sent = SimpleUploadedFile("days.ics", HOLIDAYS.encode(), "text/calendar")
        page = client.post("/admin/schedule/freeze/import/", {**said, "file": sent}).content.decode()
        assert "What came of it" in page
        assert Freeze.objects.filter(kind="information", source="holidays-de").count() == 2
        broken = SimpleUploadedFile("days.ics", b"nothing", "text/calendar")
        refused = client.post("/admin/schedule/freeze/import/", {**said, "file": broken})
        assert (refused.status_code, "This is not an iCalendar file" in refused.content.decode()) == (400, True)
        client.force_login(person("audrey"))
        assert client.get("/admin/schedule/freeze/import/").status_code == 403

    def test_the_command(self, tmp_path: Path) -> None:
        file = tmp_path / "days.ics"
        file.write_text(HOLIDAYS)
        said = StringIO()
        call_command("import_freezes", str(file), source="holidays-de", time_zone="Europe/Berlin", stdout=said)
        assert said.getvalue().startswith("Were: 2 created, 0 updated, 0 unchanged, 1 not taken over.")
        said = StringIO()
        call_command(
            "import_freezes", str(file), source="holidays-de", time_zone="Europe/Berlin", json=True, stdout=said
        )
        assert json.loads(said.getvalue())["unchanged"] == 2
        file.write_text("nothing")
        with pytest.raises(CommandError, match="not an iCalendar file"):
            call_command("import_freezes", str(file), source="holidays-de")


def files(folder: Path) -> list[Path]:
    return sorted((folder / "12-icalendar").rglob("*.ics"))


def test_every_real_file_is_read_or_refused_with_a_reason(shared_data: Path) -> None:
    taken = refused = 0
    for file in files(shared_data):
        try:
            found = read(file.read_bytes(), "Europe/Berlin")
        except Invalid as refusal:
            assert all(str(one.detail) for one in refusal.errors)
            refused += 1
            continue
        taken += len(found.spans)
        assert all(one.reason and one.record for one in found.rejected), file.name
        assert all(one.starts_at < one.ends_at and one.name for one in found.spans), file.name
    assert taken > 40
    assert refused < 25


@pytest.mark.django_db
def test_a_real_schedule_is_taken_over_twice_without_doubles(shared_data: Path) -> None:
    data = (shared_data / "12-icalendar" / "real" / "kubernetes-1.35-schedule.ics").read_bytes()
    first = take(data, source="kubernetes")
    assert first.created
    again = take(data, source="kubernetes")
    assert (again.created, again.updated, again.unchanged) == ([], [], len(first.created))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(0, 2000), st.binary(max_size=3), st.integers(0, 2000))
def test_however_a_file_is_broken_it_is_read_or_refused(cut: int, bytes_between: bytes, at: int) -> None:
    data = HOLIDAYS.encode()
    broken = (data[:at] + bytes_between + data[at + len(bytes_between) :])[: max(cut, 1)]
    with suppress(Invalid):
        read(broken)
