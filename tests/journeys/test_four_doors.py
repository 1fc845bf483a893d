"""Four doors, one trace: the same deed by admin, API, e-mail link and job leaves the same row, entry and event."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts import actions as accounts
from apps.approvals import actions as approvals
from apps.approvals.models import Ask
from apps.core.clock import now
from apps.core.models import AuditEntry, OutboxEvent
from apps.releases.models import Release
from apps.releases.tasks import sweep_releases
from tests.factories import answer, content_with, fresh, release_in
from tests.people import SYSTEM, person

pytestmark = pytest.mark.django_db

# What opens a door is not the deed: a token issued, a link made and used up.
KEYS = ("accounts.", "approvals.round.use_link", "approvals.approvallink", "approvals.round.issue")

MAIL_MODEL = {
    "groups": [{"name": "Change authority", "who": {"role": "approver"}, "mode": "n", "n": 2}],
    "distinct_people": True,
    "bar": ["requester", "release_manager"],
    "email_code": True,
}


def signed_in(name: str) -> Client:
    client = Client()
    client.force_login(person(name), backend="django.contrib.auth.backends.ModelBackend")
    return client


def with_token(name: str) -> Client:
    _, secret = accounts.issue_token(user=person(name), scopes=["*"], by=SYSTEM)
    return Client(headers={"Authorization": f"Bearer {secret}"})


def trace(release: Release, since: int) -> list[tuple]:
    """What the deed left, without what must differ: ids, times, the door and the request."""
    entries = AuditEntry.objects.filter(pk__gt=since).order_by("pk")
    events = {event.payload["audit_id"]: event for event in OutboxEvent.objects.filter(payload__has_key="audit_id")}
    told = []
    for entry in entries:
        if entry.event.startswith(KEYS):
            continue
        event = events[entry.pk]
        assert (event.name, event.payload["from"], event.payload["to"]) == (entry.event, entry.before, entry.after)
        who = entry.actor_name if entry.actor_id else "system"
        told.append((entry.event, who, entry.before, entry.after, sorted(entry.changes)))
    return told


def last_entry() -> int:
    return AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


# --- the last approval, which schedules the release -----------------------------------------------------------------


def approve_in_the_admin(release: Release) -> None:
    page = reverse("admin:releases_release_change", args=[release.pk])
    client = signed_in("anna")
    assert client.get(page).status_code == 200
    url = reverse("admin:releases_release_deed", args=[release.pk, "answer"])
    answered = client.post(url, {"decision": "approve", "reason": "", "digest": release.round.digest})
    assert answered.status_code == 302, answered.content[:2000]


def approve_by_api(release: Release) -> None:
    answered = with_token("anna").post(
        f"/api/v1/releases/{release.key}/approvals/",
        {"decision": "approve", "digest": release.round.digest},
        content_type="application/json",
    )
    assert answered.status_code == 201, answered.content


def approve_from_the_mail(release: Release) -> None:
    ask = Ask.objects.get(round=release.round, person=person("anna"))
    token, code = approvals.issue_link(ask=ask, by=SYSTEM)
    client = Client()
    page = reverse("approve", args=[token])
    assert client.get(page).status_code == 200
    answered = client.post(page, {"decision": "approve", "reason": "", "code": code, "digest": release.round.digest})
    assert answered.status_code == 200, answered.content.decode()[:2000]


APPROVALS = [approve_in_the_admin, approve_by_api, approve_from_the_mail]


def approved_through(door: Callable[[Release], None]) -> tuple:
    release = release_in("awaiting_approval", content=content_with(approvals=MAIL_MODEL))
    answer(release, "adam")
    since = last_entry()
    door(fresh(release))
    release = fresh(release)
    given = release.round.answers.get(person=person("anna"))
    row = (release.status, release.round.status, release.approved_digest == release.scope_digest, given.decision)
    return row, trace(release, since), given.door


@pytest.mark.parametrize("door", APPROVALS[1:])
def test_an_approval_leaves_the_same_trace_whichever_the_door(door):
    row, told, _ = approved_through(approve_in_the_admin)
    other_row, other_told, came_by = approved_through(door)
    assert row == other_row == ("scheduled", "approved", True, "approve")
    assert told == other_told
    assert {"approvals.answer.create", "approvals.round.approve", "releases.release.approve"} <= {
        one[0] for one in told
    }
    assert came_by == {approve_by_api: "api", approve_from_the_mail: "email"}[door]


# --- the start, by a person or by the clock -----------------------------------------------------------------------------


def start_in_the_admin(release: Release) -> None:
    url = reverse("admin:releases_release_step", args=[release.pk, "start"])
    client = signed_in("rosa")
    assert client.get(url).status_code == 200
    assert fresh(release).status == "scheduled", "GET never acts"
    assert client.post(url, {"note": ""}).status_code == 302


def start_by_api(release: Release) -> None:
    answered = with_token("rosa").post(
        f"/api/v1/releases/{release.key}/transitions/", {"name": "start"}, content_type="application/json"
    )
    assert answered.status_code == 200, answered.content


def start_by_the_clock(release: Release) -> None:
    sweep_releases()


def started_through(door: Callable[[Release], None], time_machine) -> tuple:
    opens = now() + timedelta(hours=1)
    release = release_in(
        "scheduled",
        content=content_with(start={"automatic": True}),
        planned_start=opens,
        planned_end=opens + timedelta(hours=4),
    )
    time_machine.move_to(opens + timedelta(minutes=1), tick=False)
    since = last_entry()
    door(release)
    release = fresh(release)
    told = [one for one in trace(release, since) if one[0].startswith("releases.")]
    return (release.status, release.started_at == now()), [(one[0], *one[2:]) for one in told]


@pytest.mark.parametrize("door", [start_by_api, start_by_the_clock])
def test_a_start_leaves_the_same_trace_whichever_the_door(door, time_machine):
    row, told = started_through(start_in_the_admin, time_machine)
    other_row, other_told = started_through(door, time_machine)
    assert row == other_row == ("releasing", True)
    assert told == other_told
    assert told[0][0] == "releases.release.start"
