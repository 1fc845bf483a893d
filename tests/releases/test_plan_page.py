"""The plan tab: slack of tasks, the point of no return, and the words when the window is too short."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.releases import actions
from tests.factories import release_in
from tests.people import acting
from tests.releases.test_admin_page import page_of, shown

pytestmark = pytest.mark.django_db


def test_the_plan_says_what_may_slip_and_when_it_is_too_late_to_turn_back() -> None:
    page = shown("rosa", page_of(release_in("planning"), "plan"))
    assert "may slip by 30 min" in page
    assert "60 min, then 30 min" in page
    assert "After the point of no return, backing out no longer ends within the window." in page


def test_a_window_too_short_for_work_and_way_back_is_said_with_the_missing_minutes() -> None:
    release = release_in("planning")
    end = release.planned_start + timedelta(minutes=70)
    release = actions.change_release(release=release, planned_end=end, by=acting("rosa"))
    assert "20 minutes are missing" in shown("rosa", page_of(release, "plan"))
