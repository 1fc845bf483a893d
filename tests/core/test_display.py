"""What people see of times."""

from datetime import UTC, date, datetime

from django.utils import timezone

from apps.core.display import moment


def test_a_moment_is_shown_in_the_readers_zone_with_the_zone():
    with timezone.override("Europe/Berlin"):
        assert "10:30 CET" in moment(datetime(2026, 11, 24, 9, 30, tzinfo=UTC))


def test_a_day_is_shown_as_the_day_it_is():
    assert moment(date(2026, 11, 24)) == '<time datetime="2026-11-24">Tue 24 Nov 2026</time>'


def test_nothing_is_shown_as_a_dash():
    assert moment(None) == "–"
