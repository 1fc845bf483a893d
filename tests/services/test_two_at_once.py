"""Two people act at once on PostgreSQL: one wins, the other is told what changed. Never both, never neither."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from apps.accounts import actions as accounts
from apps.core.errors import NotNow, Refusal
from apps.core.models import AuditEntry
from apps.releases import actions
from apps.releases.models import Release
from tests.factories import answer, fresh, release_in
from tests.people import SYSTEM, acting, person

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

TRIES = 5  # a race that is lost is lost now and then


@pytest.fixture(autouse=True)
def _postgresql():
    assert connection.vendor == "postgresql", "make test-services sets DATABASE_URL"


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """Run the deeds in threads of their own, released together. Answers are results or the refusals raised."""
    gate = threading.Barrier(len(deeds))
    answers: list[Any] = [None] * len(deeds)

    def run(place: int, deed: Callable[[], Any]) -> None:
        gate.wait(10)
        try:
            answers[place] = deed()
        except Refusal as refusal:
            answers[place] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def start(release: Release, name: str) -> Callable[[], Any]:
    by = acting(name)
    return lambda: actions.start_release(release=fresh(release), by=by)


def cancel(release: Release, name: str) -> Callable[[], Any]:
    by = acting(name)
    return lambda: actions.cancel_release(release=fresh(release), by=by, reason="not_needed", note="No more.")


def rework(release: Release, name: str) -> Callable[[], Any]:
    by = acting(name)
    return lambda: actions.rework(release=fresh(release), by=by, note="The window moves.")


def say_yes(release: Release, name: str) -> Callable[[], Any]:
    person(name)
    return lambda: answer(release, name)


def deeds_of(release: Release, step: str) -> int:
    return AuditEntry.objects.filter(event=f"releases.release.{step}", root_key=release.key).count()


def test_two_managers_take_the_same_step():
    for _ in range(TRIES):
        release = release_in("scheduled")
        answers = at_once(start(release, "rosa"), start(release, "rolf"))
        refused = [one for one in answers if isinstance(one, NotNow)]
        assert len(refused) == 1, answers
        assert "it is releasing" in refused[0].detail
        assert fresh(release).status == "releasing"
        assert deeds_of(release, "start") == 1


def test_start_and_cancel_never_both_happen():
    for _ in range(TRIES):
        release = release_in("scheduled")
        answers = at_once(start(release, "rosa"), cancel(release, "rolf"))
        assert len([one for one in answers if isinstance(one, NotNow)]) == 1, answers
        assert fresh(release).status in ("releasing", "cancelled")


def test_the_last_two_approvers_schedule_it_once():
    for _ in range(TRIES):
        release = release_in("awaiting_approval")
        answers = at_once(say_yes(release, "adam"), say_yes(release, "anna"))
        assert not [one for one in answers if isinstance(one, Refusal)], answers
        assert fresh(release).status == "scheduled"
        assert deeds_of(release, "approve") == 1


def test_a_change_of_scope_and_the_last_approval_never_schedule_what_nobody_approved():
    for _ in range(TRIES):
        release = release_in("awaiting_approval")
        answer(release, "adam")
        at_once(say_yes(release, "anna"), rework(release, "rosa"))
        after = fresh(release)
        assert after.status in ("planning", "scheduled")
        if after.status == "scheduled":
            assert after.approved_digest == after.scope_digest


def test_over_the_api_the_second_gets_409_with_what_changed():
    release = release_in("scheduled")
    clients = []
    for name in ("rosa", "rolf"):
        _, secret = accounts.issue_token(user=person(name), scopes=["*"], by=SYSTEM)
        clients.append(Client(headers={"Authorization": f"Bearer {secret}"}))
    url = f"/api/v1/releases/{release.key}/transitions/"
    answers = at_once(
        *(
            lambda client=client: client.post(url, {"name": "start"}, content_type="application/json")
            for client in clients
        )
    )
    by_status = {one.status_code: one.json() for one in answers}
    assert sorted(by_status) == [200, 409]
    assert by_status[409]["blockers"][0]["code"] == "wrong_state"
    assert "it is releasing" in by_status[409]["detail"]


def test_with_if_match_the_second_writer_is_told_that_it_is_stale():
    release = release_in("planning")
    _, secret = accounts.issue_token(user=person("rosa"), scopes=["*"], by=SYSTEM)
    url = f"/api/v1/releases/{release.key}/"
    headers = {"Authorization": f"Bearer {secret}"}
    etag = Client(headers=headers).get(url)["ETag"]

    def rename(title: str) -> Any:
        return Client(headers=headers).patch(
            url, {"title": title}, content_type="application/json", headers={"If-Match": etag}
        )

    answers = at_once(lambda: rename("Tide in"), lambda: rename("Tide out"))
    assert sorted(one.status_code for one in answers) == [200, 412]
