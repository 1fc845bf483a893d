"""Slack and the point of no return, against brute force on random plans."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.releases.planning import length_of, slots, way_back
from apps.releases.queries import slack_of, way_back_of
from tests.factories import release_in
from tests.releases.test_graph import plans

START = datetime(2026, 3, 1, 20, tzinfo=UTC)
Plan = tuple[dict[str, list[str]], dict[str, int]]


def _finish(node: str, needs: dict[str, list[str]], minutes: dict[str, int]) -> int:
    """By definition: after the last of what it needs."""
    return max((_finish(need, needs, minutes) for need in needs[node]), default=0) + minutes[node]


@given(plans())
def test_the_plan_is_scheduled_as_the_reference_says(plan: Plan) -> None:
    needs, minutes = plan
    for node, slot in slots(needs, minutes).items():
        assert slot.earliest_finish == _finish(node, needs, minutes)
        assert slot.earliest_start == slot.earliest_finish - minutes[node]


@given(plans())
def test_a_task_may_slip_by_its_slack_and_not_a_minute_more(plan: Plan) -> None:
    needs, minutes = plan
    whole = length_of(needs, minutes)
    for node, slot in slots(needs, minutes).items():
        assert length_of(needs, {**minutes, node: minutes[node] + slot.slack}) == whole
        assert length_of(needs, {**minutes, node: minutes[node] + slot.slack + 1}) == whole + 1


@given(st.integers(1, 600), st.integers(0, 600), st.integers(0, 600))
def test_backing_out_from_the_point_of_no_return_ends_with_the_window(window: int, work: int, back: int) -> None:
    end = START + timedelta(minutes=window)
    found = way_back(START, end, work=work, back_out=back)
    assert found.point_of_no_return + timedelta(minutes=back) == end
    assert (found.missing == 0) == (START + timedelta(minutes=work) <= found.point_of_no_return)


@pytest.mark.django_db
def test_a_release_knows_its_slack_and_its_way_back() -> None:
    release = release_in("planning")
    tasks = release.tasks.prefetch_related("depends_on")
    slack = {task.slug: slack_of(tasks).get(task.pk) for task in tasks}
    assert slack == {"announce": 0, "deploy": 0, "smoke-test": 0, "tidy": 30, "restore": None}
    found = way_back_of(release, tasks)
    assert (found.work, found.back_out, found.missing) == (60, 30, 0)
    assert found.point_of_no_return == release.planned_end - timedelta(minutes=30)
