"""Another window tried, the next free ones, and the tab that shows both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from apps.cmdb.models import Party, ServiceRelationship
from apps.core import moves
from apps.core.clock import now
from apps.core.errors import Invalid
from apps.core.models import AuditEntry
from apps.releases import actions
from apps.releases.models import Release
from apps.releases.queries import free_slots, what_if
from apps.releases.queries.slots import STEP, Taken, first_gap
from apps.schedule import actions as schedule
from tests.core.api.conftest import Caller
from tests.factories import ci, component, content_with, draft_release, fresh, payments, payments_api, release_in
from tests.people import SYSTEM, acting, person

HOUR = timedelta(hours=1)
START = datetime(2026, 3, 2, 20, tzinfo=UTC)


def freeze(start: datetime, end: datetime, **fields: Any) -> Any:
    return schedule.create_freeze(name="Year end", starts_at=start, ends_at=end, by=acting("rosa"), **fields)


def window(start: datetime, hours: int = 4, **fields: Any) -> Any:
    given_name = fields.pop("name", "Tuesday night")
    return schedule.create_window(
        name=given_name, starts_at=start, ends_at=start + hours * HOUR, by=acting("rosa"), **fields
    )


def full_hour(ahead: int) -> datetime:
    return now().replace(minute=0, second=0, microsecond=0) + ahead * HOUR


@pytest.mark.django_db
class TestWhatIf:
    def test_a_freeze_there_blocks_and_says_so(self) -> None:
        release = release_in("planning")
        start = full_hour(48)
        made = freeze(start - HOUR, start + HOUR)
        found = what_if(release, start, start + 4 * HOUR)
        assert not found.is_free
        assert [one.code for one in found.blockers] == ["frozen"]
        assert made.name in found.blockers[0].message
        assert what_if(release, start + HOUR, start + 5 * HOUR).is_free

    def test_an_approved_release_there_blocks_and_what_is_left_behind_is_solved(self) -> None:
        first = release_in("scheduled")
        second = release_in("planning", components=[component(ci=payments_api())])
        here = what_if(second, second.planned_start, second.planned_end)
        assert (here.is_free, here.solved) == (False, [])
        there = what_if(second, full_hour(48), full_hour(52))
        assert there.is_free
        assert len(there.solved) == 1
        assert first.key in there.solved[0]

    def test_the_windows_of_the_model_are_kept_to(self) -> None:
        start = full_hour(48)
        made = window(start)
        content = content_with(window={"required": True, "keys": [made.key]})
        release = release_in("planning", content=content)
        outside = what_if(release, start + HOUR, start + 5 * HOUR)
        assert [one.code for one in outside.blockers] == ["outside_windows"]
        assert what_if(release, start, start + 4 * HOUR).is_free

    def test_what_would_follow_is_said(self) -> None:
        bank = moves.create(Party(slug="bank", name="The bank"), by=SYSTEM)
        moves.create(ServiceRelationship(party=bank, service=payments(), notice_hours=72), by=SYSTEM)
        release = release_in("scheduled")
        pinned = release.tasks.get(slug="announce")
        type(pinned).objects.filter(pk=pinned.pk).update(is_pinned=True, status="ready")
        check = release.checks.filter(required=True).first()
        type(check).objects.filter(pk=check.pk).update(expires_at=now() + 24 * HOUR)
        found = what_if(fresh(release), full_hour(48), full_hour(52)).consequences
        assert found[0].startswith("It goes back to planning: what was approved by Adam, Anna is bound to its window")
        assert found[1].startswith("The bank is to be told 72 h before: ")
        assert found[2].startswith(f"Check “{check.title}” holds until ")
        assert found[3].startswith("Task “Announce” has dates set by hand and stays at ")
        assert found[4] == "It ends 2 days after the plan that was first approved: it counts as late (M8)."
        assert what_if(fresh(release), now() - HOUR, full_hour(4)).consequences[0] == "This window has begun already."

    def test_what_is_no_window_is_refused(self) -> None:
        release = release_in("planning")
        for start, end, code in ((START, START, "before_start"), (START, START + 93 * 24 * HOUR, "too_long")):
            with pytest.raises(Invalid) as refused:
                what_if(release, start, end)
            assert [(one.pointer, one.code) for one in refused.value.errors] == [("planned_end", code)]

    def test_nothing_is_written(self) -> None:
        release = release_in("scheduled")
        before = AuditEntry.objects.count()
        what_if(release, full_hour(48), full_hour(52))
        assert (AuditEntry.objects.count(), fresh(release).version) == (before, release.version)


@pytest.mark.django_db
class TestSlots:
    def test_the_first_gap_of_each_window_clear_of_freezes_and_of_others(self) -> None:
        start = full_hour(24)
        window(start, 8, rrule="FREQ=DAILY;COUNT=4")
        frozen = freeze(start + 24 * HOUR, start + 30 * HOUR)
        busy = {"planned_start": start, "planned_end": start + 3 * HOUR, "components": [component(ci=payments_api())]}
        other = release_in("planning", **busy)
        release = release_in("planning", components=[component(ci=payments_api())])
        found = free_slots(release)
        assert found.length == 4 * HOUR
        assert [(one.starts_at, one.window) for one in found.found] == [
            (start + 3 * HOUR, "Tuesday night"),
            (start + 48 * HOUR, "Tuesday night"),
            (start + 72 * HOUR, "Tuesday night"),
        ]
        assert other.key in found.found[0].passed_over[0].why
        assert len(found.passed_over) == 1
        assert frozen.name in found.passed_over[0].why
        for one in found.found:
            assert what_if(release, one.starts_at, one.ends_at).is_free

    def test_a_window_that_is_too_short_is_passed_over(self) -> None:
        window(full_hour(24), 3)
        found = free_slots(release_in("planning"))
        assert found.found == []
        assert "240 minutes do not fit into it any more." in found.passed_over[0].why

    def test_without_windows_any_time_will_do_a_day_apart(self) -> None:
        release = release_in("planning")
        found = free_slots(release, count=3).found
        assert found[0].starts_at >= now()
        assert found[0].starts_at - now() < STEP
        assert [later.starts_at - one.starts_at for one, later in zip(found, found[1:], strict=False)] == [
            24 * HOUR
        ] * 2

    def test_not_before_the_releases_that_must_come_first(self) -> None:
        first = release_in("planning", components=[component(ci=ci("ledger"))])
        second = release_in("planning", components=[component(ci=ci("shop"))])
        actions.add_dependency(release=second, needs=first, by=acting("rosa"))
        found = free_slots(second, count=1).found[0]
        assert first.planned_end <= found.starts_at < first.planned_end + STEP

    def test_the_doors_of_programs(self) -> None:
        release = release_in("planning")
        audrey = Caller(person("audrey"))
        slots = audrey.get(f"/api/v1/releases/{release.key}/slots/?count=2").json()
        assert (slots["minutes"], len(slots["slots"])) == (240, 2)
        first = slots["slots"][0]
        asked = f"?planned_start={first['planned_start']}&planned_end={first['planned_end']}"
        tried = audrey.get(f"/api/v1/releases/{release.key}/what-if/{asked}").json()
        assert (tried["is_free"], tried["planned_start"]) == (True, first["planned_start"])
        as_planned = audrey.get(f"/api/v1/releases/{release.key}/what-if/").json()
        assert datetime.fromisoformat(as_planned["planned_end"]) == release.planned_end
        undated = draft_release(planned_start=None, planned_end=None)
        wrong = audrey.get(f"/api/v1/releases/{undated.key}/what-if/?planned_start=2026-03-02T20:00:00Z")
        assert wrong.status_code == 400
        assert [one["pointer"] for one in wrong.json()["errors"]] == ["?planned_end"]


taken_spans = st.lists(st.tuples(st.integers(0, 100), st.integers(1, 30)), max_size=12)


@given(taken_spans, st.integers(0, 60), st.integers(1, 20))
def test_the_first_gap_is_the_first_by_brute_force(drawn: list[tuple[int, int]], earliest: int, length: int) -> None:
    """In quarters of an hour: the first start at which no quarter of the window is taken."""
    taken = sorted(
        (Taken(START + one * STEP, START + (one + long) * STEP, "") for one, long in drawn),
        key=lambda one: (one.starts_at, one.ends_at),
    )
    full = {quarter for one, long in drawn for quarter in range(one, one + long)}
    expected = next(start for start in range(earliest, 500) if not full & set(range(start, start + length)))
    found, _reasons = first_gap(START + earliest * STEP, length * STEP, taken)
    assert found == START + expected * STEP


@pytest.mark.django_db
class TestTab:
    @pytest.fixture
    def client(self) -> Client:
        found = Client()
        found.force_login(person("rosa"))
        return found

    def page(self, release: Release, client: Client, **query: str) -> str:
        answer = client.get(f"/admin/releases/release/{release.pk}/change/", {"tab": "when", **query})
        assert answer.status_code == 200
        return answer.content.decode()

    def test_it_shows_what_is_in_the_way_and_what_is_free(self, client: Client) -> None:
        first = release_in("scheduled")
        second = release_in("planning", components=[component(ci=payments_api())])
        shown = self.page(second, client)
        assert f"{first.key} moves Payments api" in shown
        assert "Take this window" in shown
        client.force_login(person("audrey"))
        assert "Take this window" not in self.page(second, client)

    def test_a_window_is_tried_and_taken(self, client: Client) -> None:
        release = release_in("scheduled")
        start = timezone.localtime(full_hour(48)).strftime("%Y-%m-%dT%H:%M")
        end = timezone.localtime(full_hour(52)).strftime("%Y-%m-%dT%H:%M")
        shown = self.page(release, client, planned_start=start, planned_end=end)
        assert "Nothing blocks it from" in shown
        assert "It goes back to planning: what was approved by Adam, Anna" in shown
        asked = client.get(
            f"/admin/releases/release/{release.pk}/do/move/", {"planned_start": start, "planned_end": end}
        )
        assert f'value="{start}"' in asked.content.decode()
        said = {"planned_start": start, "planned_end": end, "note": "The bank asked for it."}
        assert client.post(f"/admin/releases/release/{release.pk}/do/move/", said).status_code == 302
        moved = fresh(release)
        assert (moved.planned_start, moved.status) == (full_hour(48), "planning")

    def test_the_wrong_way_round_is_said_at_the_field(self, client: Client) -> None:
        release = release_in("planning")
        shown = self.page(release, client, planned_start="2026-03-02T20:00", planned_end="2026-03-02T19:00")
        assert "The window ends before it starts." in shown
        assert "This field is required." in self.page(release, client, planned_start="", planned_end="nonsense")

    def test_a_started_release_does_not_move(self, client: Client) -> None:
        release = release_in("releasing")
        assert "Its window is past planning." in self.page(release, client)
        answer = client.get(f"/admin/releases/release/{release.pk}/do/move/")
        assert answer.status_code == 409
        assert "cannot be edited while the release is releasing" in answer.content.decode()

    def test_a_draft_without_a_window_is_offered_one(self, client: Client) -> None:
        shown = self.page(draft_release(planned_start=None, planned_end=None), client)
        assert "It has no window yet." in shown
        assert "The next free windows of 60 minutes" in shown


@pytest.mark.django_db
def test_a_window_has_a_longest_length() -> None:
    release = release_in("planning")
    with pytest.raises(Invalid) as refused:
        actions.change_release(release=release, by=acting("rosa"), planned_end=release.planned_start + 93 * 24 * HOUR)
    assert [(one.pointer, one.code) for one in refused.value.errors] == [("planned_end", "too_long")]
