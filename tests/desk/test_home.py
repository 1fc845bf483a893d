"""The home page: the right thing in the right block for the right person, and each line leads to where one acts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from apps.core import moves
from apps.core.clock import now
from apps.core.models import OutboxDelivery, OutboxEvent
from apps.desk import queries
from apps.releases import actions
from apps.releases.models import Task
from apps.schedule import actions as schedule
from tests.factories import answer, check, content_with, fresh, production, release_in, task
from tests.people import SYSTEM, acting, person

pytestmark = pytest.mark.django_db


def home_of(name: str) -> str:
    client = Client()
    client.force_login(person(name))
    response = client.get("/admin/")
    assert response.status_code == 200
    return response.content.decode()


def titles(block) -> list[str]:
    return [item.title for item in block.items]


def kinds(block) -> list[str]:
    return [str(item.kind) for item in block.items]


def test_an_approval_waits_for_those_asked_until_they_answer() -> None:
    release = release_in("awaiting_approval")
    (item,) = queries.waiting_for(person("adam"), now()).items
    assert item.kind == "Approval" and item.url.endswith("?tab=approvals")
    assert release.title in home_of("adam")
    answer(release, "adam")
    assert not queries.waiting_for(person("adam"), now()).items
    assert queries.waiting_for(person("anna"), now()).total == 1


def test_a_task_waits_for_its_assignee_or_for_anyone_with_its_role() -> None:
    content = content_with(tasks=[task("deploy", role="contributor")])
    release = release_in("releasing", content=content)
    (item,) = queries.waiting_for(person("carl"), now()).items
    assert (item.kind, item.title) == ("Task", "Deploy") and "tab=plan" in item.url
    mine = Task.objects.get(release=release, slug="deploy")
    actions.change_task(task=mine, assignee=person("sven"), by=acting("rosa"))
    assert not queries.waiting_for(person("carl"), now()).items
    assert "Deploy" in titles(queries.waiting_for(person("sven"), now()))


def test_what_is_overdue_comes_first_and_is_marked() -> None:
    content = content_with(tasks=[task("late", role="contributor"), task("later", role="contributor")])
    release = release_in("releasing", content=content)
    Task.objects.filter(release=release, slug="late").update(planned_end=now() - timedelta(hours=1))
    Task.objects.filter(release=release, slug="later").update(planned_end=now() + timedelta(days=2))
    block = queries.waiting_for(person("carl"), now())
    assert [(item.title, item.tone) for item in block.items] == [("Late", "bad"), ("Later", "idle")]


def test_under_way_shows_holds_and_waits_beside_the_release() -> None:
    release = release_in("scheduled")
    actions.place_hold(release=release, reason="The certificate expires tonight.", by=acting("anna"))
    (item,) = queries.under_way(person("rosa"), now()).items
    assert item.kind == release.key
    assert ("bad", "held: The certificate expires tonight.") in [(tone, str(words)) for tone, words in item.facts]
    assert "held: The certificate expires tonight." in home_of("rosa")


@pytest.mark.parametrize(
    ("status", "is_under_way"),
    [
        ("draft", False),
        ("verifying", True),
        ("released", True),
        ("backing_out", True),
        ("in_review", False),
        ("closed", False),
    ],
)
def test_under_way_is_from_verifying_to_released(status, is_under_way) -> None:
    release_in(status)
    assert bool(queries.under_way(person("rosa"), now()).items) is is_under_way


def test_coming_is_the_next_fourteen_days_with_their_freezes() -> None:
    start = now() + timedelta(days=3)
    release_in("draft", title="Soon", planned_start=start, planned_end=start + timedelta(hours=2))
    far = now() + timedelta(days=15)
    release_in("draft", title="Far", planned_start=far, planned_end=far + timedelta(hours=2))
    schedule.create_freeze(
        name="Black Friday", starts_at=start + timedelta(days=1), ends_at=start + timedelta(days=2), by=acting("rosa"),
        environments=[production()],
    )  # fmt: skip
    assert titles(queries.coming(person("rosa"), now())) == ["Soon", "Black Friday"]


def test_wrong_names_what_is_held_unproven_failed_and_suspected() -> None:
    content = content_with(checks=[check("inspected"), check("seen")], tasks=[task("deploy", role="contributor")])
    release = release_in("verifying", content=content)
    for one in release.checks.all():
        actions.find_check_wanting(check=one, by=acting("carl"), note="It is not as it should be.")
    actions.place_hold(release=release, reason="Wait.", by=acting("anna"))
    actions.note_incident(release=release, incident_key="INC-1", severity=1, link="suspected", by=SYSTEM)
    block = queries.wrong(person("rosa"), now())
    assert {"Held", "Checks", "Incident"} <= set(kinds(block))
    assert "2 required checks are not proven" in [str(item.about) for item in block.items]


def test_a_dead_letter_is_wrong_until_it_goes_again() -> None:
    event = OutboxEvent.objects.create(
        name="x.y.z", subject_type="x", subject_id="1", subject_key="1", available_at=now(), expanded_at=now()
    )
    letter = OutboxDelivery.objects.create(
        event=event, consumer="mail", available_at=now(), dead_at=now(), attempts=8, last_error="no route"
    )
    (item,) = queries.wrong(person("ivan"), now()).items
    assert item.title == "1 delivery was given up" and "state=dead" in item.url
    client = Client()
    client.force_login(person("ivan"))
    assert client.get(item.url).status_code == 200
    client.post("/admin/core/outboxdelivery/", {"action": "retry", "_selected_action": [letter.pk]})
    letter.refresh_from_db()
    assert (letter.dead_at, letter.attempts) == (None, 0)
    assert not queries.wrong(person("ivan"), now()).items


def test_only_an_administrator_sends_dead_letters_again() -> None:
    event = OutboxEvent.objects.create(
        name="x.y.z", subject_type="x", subject_id="1", subject_key="1", available_at=now(), expanded_at=now()
    )
    letter = OutboxDelivery.objects.create(event=event, consumer="mail", available_at=now(), dead_at=now())
    client = Client()
    client.force_login(person("audrey"))
    client.post("/admin/core/outboxdelivery/", {"action": "retry", "_selected_action": [letter.pk]})
    letter.refresh_from_db()
    assert letter.dead_at is not None


def test_empty_blocks_teach(rosa) -> None:
    page = home_of("rosa")
    for words in (
        "Nothing waits for you",
        "All is well",
        "No release is under way",
        "Nothing is planned for the next 14 days",
    ):
        assert words in page


def test_who_has_no_role_sees_how_to_get_one_and_nothing_else() -> None:
    release = release_in("scheduled")
    nora = moves.change(person("nora"), {"is_staff": True, "is_superuser": True}, by=SYSTEM)
    client = Client()
    client.force_login(nora)
    page = client.get("/admin/").content.decode()
    assert "You have no role yet" in page and release.title not in page
    assert client.get("/admin/calendar/").status_code == 403
    assert release.key not in client.get("/admin/search/?s=rel&extended=1").content.decode()


def test_home_costs_the_same_however_much_is_going_on(query_budget, django_assert_max_num_queries) -> None:
    client = Client()
    client.force_login(person("rosa"))
    start = now() + timedelta(days=1)
    for number in range(3):
        release_in("draft", title=f"Draft {number}", planned_start=start, planned_end=start + timedelta(hours=1))
    release_in("scheduled")
    client.get("/admin/")
    with query_budget("admin.home"):
        client.get("/admin/")


def test_the_search_box_finds_releases_items_and_people(rosa) -> None:
    release = release_in("draft")
    client = Client()
    client.force_login(rosa)
    for term, found in (
        (release.key, release.title),
        ("refunds", release.key),
        ("payments-api", "payments-api"),
        ("rosa", "rosa"),
    ):
        assert found in client.get("/admin/search/", {"s": term, "extended": "1"}).content.decode(), term


def test_signing_in_without_a_goal_leads_home(rosa) -> None:
    from tests.people import PASSWORD

    response = Client().post("/admin/login/", {"username": "rosa", "password": PASSWORD})
    assert response["Location"] == "/admin/"


def test_the_page_of_a_stranger_in_the_house_says_so_kindly() -> None:
    client = Client()
    client.force_login(person("rosa"))
    response = client.get("/nowhere/")
    assert response.status_code == 404 and "There is nothing at this address" in response.content.decode()


def test_a_released_service_is_fresh(rosa) -> None:
    release = release_in("released")
    (item,) = queries.under_way(rosa, now()).items
    assert str(item.at_label) == "early life until" and item.at == fresh(release).early_life_ends_at
