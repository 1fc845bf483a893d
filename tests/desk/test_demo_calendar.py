"""The demo can be told on every day of the week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from apps.desk.demo.happenings import evening_of_the_rule
from apps.schedule.recurrence import Recurrence, faults_of


@pytest.mark.parametrize("day", range(14))
def test_the_evening_window_begins_on_a_day_of_its_rule(day: int) -> None:
    begins = evening_of_the_rule(datetime(2026, 5, 4, 3, 17, tzinfo=UTC) + timedelta(days=day))
    rule = Recurrence(begins, begins + timedelta(hours=5), "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH", "Europe/Berlin")
    assert faults_of(rule) == []
