"""A freeze for one party stops only what touches its services, and says so at every door."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.cmdb.models import ConfigurationItem, Party, Relationship, RelationshipType, ServiceRelationship
from apps.core import moves
from apps.core.clock import now
from apps.releases.lifecycle.plan_guards import has_no_conflict
from apps.releases.lifecycle.scope import scope_digest
from apps.releases.models import Release
from apps.schedule import actions as schedule
from apps.schedule.models import Freeze
from tests.core.api.conftest import Caller, problem
from tests.factories import ci, fresh, payments, payments_api, release_in
from tests.people import SYSTEM, acting, person

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def served(slug: str, service: ConfigurationItem) -> Party:
    made = moves.create(Party(slug=slug, name=f"The {slug}"), by=SYSTEM)
    moves.create(ServiceRelationship(party=made, service=service), by=SYSTEM)
    return made


def part_of(part: ConfigurationItem, whole: ConfigurationItem) -> ConfigurationItem:
    kind = RelationshipType.objects.get(slug="part-of")
    moves.create(Relationship(type=kind, source=part, target=whole), by=SYSTEM)
    return part


def frozen_for(party: Party, **fields: Any) -> Freeze:
    given = {"starts_at": now() - HOUR, "ends_at": now() + HOUR, "by": acting("rosa"), **fields}
    return schedule.create_freeze(name=f"{party.name} rests", party=party, **given)


@pytest.fixture
def bank() -> Party:
    """A bank that consumes payments; payments has a part, and that part one of its own."""
    part_of(ci("payments-db"), part_of(payments_api(), payments()))
    return served("bank", payments())


@pytest.fixture
def shop() -> Party:
    """A shop that consumes search."""
    return served("shop", ci("search", type="service"))


def for_search(status: str) -> Release:
    item = ci("search-api")
    fields = {"ci": item, "to_version": "3.0.0", "no_digest_reason": "An index."}
    return release_in(status, subject=ci("search", type="service"), components=[fields])


def test_a_part_of_a_part_of_its_service_is_stopped_and_the_other_partys_is_not(bank, shop) -> None:
    deep = release_in(
        "planning",
        subject=ci("ledger", type="service"),
        components=[{"ci": ci("payments-db"), "to_version": "2", "no_digest_reason": "A schema."}],
    )
    frozen_for(bank)
    assert [one.code for one in has_no_conflict(deep)] == ["frozen"]
    assert list(has_no_conflict(for_search("planning"))) == []


def test_the_page_the_problem_and_the_gate_name_the_freeze_and_link_to_it(bank, shop) -> None:
    mine, theirs = release_in("scheduled"), for_search("scheduled")
    freeze = frozen_for(bank)
    caller = Caller(person("rosa"))

    told = problem(caller.post(f"releases/{mine.key}/transitions/", {"name": "start"}), 409)
    (blocker,) = [one for one in told["blockers"] if one["code"] == "frozen"]
    assert f"“The bank rests” ({freeze.key}) for The bank is in force until" in blocker["message"]
    assert blocker["url"].endswith(f"/admin/schedule/freeze/{freeze.pk}/change/")

    closed = caller.get(f"releases/{mine.key}/gate/").json()["reasons"]
    assert blocker["message"] in [one["message"] for one in closed]
    assert blocker["url"] in [one["url"] for one in closed]

    client = Client()
    client.force_login(person("rosa"))
    page = client.get(f"/admin/releases/release/{mine.pk}/change/").content.decode()
    assert "The bank rests" in page
    assert f'href="/admin/schedule/freeze/{freeze.pk}/change/"' in page
    assert "The bank rests" not in client.get(f"/admin/releases/release/{theirs.pk}/change/").content.decode()

    assert "frozen" not in {one["code"] for one in caller.get(f"releases/{theirs.key}/gate/").json()["reasons"]}
    assert caller.post(f"releases/{theirs.key}/transitions/", {"name": "start"}).status_code == 200
    assert fresh(mine).status == "scheduled"


# --- the whole of the planned window ---------------------------------------------------------------------------------


def planned(hours: float = 4) -> Release:
    start = now() + timedelta(days=7)
    return release_in("planning", planned_start=start, planned_end=start + hours * HOUR)


@pytest.mark.parametrize(
    ("begins", "ends", "is_stopped"),
    [(-2, 0, False), (-2, 1, True), (1, 2, True), (3, 9, True), (4, 9, False), (-2, 9, True)],
)
def test_a_freeze_anywhere_in_the_planned_window_is_seen_while_planning(begins, ends, is_stopped) -> None:
    release = planned()
    start = release.planned_start
    freeze = schedule.create_freeze(
        name="Stop", starts_at=start + begins * HOUR, ends_at=start + ends * HOUR, by=acting("rosa")
    )
    answer = Caller(person("rosa")).post(f"releases/{release.key}/transitions/", {"name": "start_verification"})
    assert answer.status_code == (409 if is_stopped else 200)
    found = answer.json().get("blockers", [])
    assert [one["code"] for one in found] == ["frozen"] * is_stopped
    assert all(one["url"].endswith(f"/freeze/{freeze.pk}/change/") for one in found)


def test_a_freeze_that_recurs_within_the_window_is_told_once() -> None:
    release = planned(hours=24 * 5)
    begins = release.planned_start + HOUR
    schedule.create_freeze(
        name="Nights", starts_at=begins, ends_at=begins + HOUR, rrule="FREQ=DAILY", by=acting("rosa")
    )
    (blocker,) = has_no_conflict(release)
    assert f"from {begins:%Y-%m-%d %H:%M} until {begins + HOUR:%Y-%m-%d %H:%M} UTC" in blocker.message


@pytest.mark.parametrize(("hours", "is_stopped"), [(2, True), (4, False)])
def test_an_exception_counts_for_the_plan_when_it_lasts_as_long_as_the_plan(hours, is_stopped) -> None:
    release = planned()
    start = release.planned_start
    freeze = schedule.create_freeze(name="Stop", starts_at=start, ends_at=start + 9 * HOUR, by=acting("rosa"))
    assert [one.code for one in has_no_conflict(release)] == ["frozen"]
    asked = schedule.request_exception(
        freeze=freeze, release_key=release.key, digest=scope_digest(release), reason="A leak.", by=acting("rosa")
    )
    schedule.grant_exception(exception=asked, until=start + hours * HOUR, by=acting("adam"))
    assert bool(list(has_no_conflict(release))) == is_stopped
