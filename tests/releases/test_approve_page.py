"""The page behind the mailed link: looking changes nothing, and only the one who was asked decides, with proof."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.approvals import actions as approvals
from apps.approvals.models import Answer, ApprovalLink
from apps.core.clock import now
from apps.core.models import AuditEntry, OutboxEvent
from apps.releases import actions
from apps.releases.models import Release
from tests.factories import content_with, fresh, release_in
from tests.people import SYSTEM, acting, person

pytestmark = pytest.mark.django_db
ANY_ONE = {"groups": [{"name": "Change authority", "who": {"role": "approver"}, "mode": "any"}]}


@pytest.fixture
def release() -> Release:
    person("adam")
    return release_in("awaiting_approval", content=content_with(approvals=ANY_ONE))


@pytest.fixture
def mail(release: Release) -> tuple[str, str]:
    """The token and the code in Adam's mail."""
    return approvals.issue_link(ask=release.round.asks.get(person=person("adam")), by=SYSTEM)


def page(token: str) -> str:
    return f"/approve/{token}/"


def said(release: Release, **fields: str) -> dict[str, str]:
    return {"decision": "approve", "reason": "", "code": "", "digest": release.round.digest, **fields}


def nothing_happened(release: Release) -> bool:
    return fresh(release).status == "awaiting_approval" and not Answer.objects.exists()


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("headers", [{}, {"Sec-Purpose": "prefetch"}, {"User-Agent": "MailScanner"}])
def test_looking_is_pure(release: Release, mail, method: str, headers: dict) -> None:
    entries, events = AuditEntry.objects.count(), OutboxEvent.objects.count()
    with CaptureQueriesContext(connection) as queries:
        answer = getattr(Client(headers=headers), method)(page(mail[0]))
    assert answer.status_code == 200
    assert not [one["sql"] for one in queries if not one["sql"].strip().startswith(("SELECT", "WITH RECURSIVE"))]
    assert (AuditEntry.objects.count(), OutboxEvent.objects.count()) == (entries, events)
    assert ApprovalLink.objects.get().used_at is None
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "sessionid" not in answer.cookies


def test_the_page_says_what_is_decided_when_in_both_clocks_and_who_is_needed(release: Release, mail) -> None:
    adam = person("adam")
    type(adam).objects.filter(pk=adam.pk).update(time_zone="Asia/Kathmandu")
    text = Client().get(page(mail[0])).content.decode()
    assert release.key in text
    assert "Refunds within a minute." in text
    assert "Asia/Kathmandu" in text
    assert f"{release.planned_start:%H:%M} UTC" in text
    local = release.planned_start + timedelta(hours=5, minutes=45)
    assert f"{local:%H:%M} Asia/Kathmandu" in text
    assert "2.0.0" in text
    assert "Inspected" in text
    assert "Change authority" in text
    assert release.round.digest in text
    # Under no-referrer alone a browser posts with `Origin: null`, which Django's forgery check refuses.
    assert '<meta name="referrer" content="same-origin">' in text
    assert "<script" not in text
    assert "style=" not in text


def test_a_scanner_that_submits_the_form_decides_nothing(release: Release, mail) -> None:
    answer = Client().post(page(mail[0]), said(release))
    assert answer.status_code == 400
    assert "Type the six digits" in answer.content.decode()
    assert 'name="code"' in answer.content.decode()
    assert nothing_happened(release)


def test_the_code_from_the_mail_decides(release: Release, mail) -> None:
    answer = Client().post(page(mail[0]), said(release, code=mail[1]))
    assert answer.status_code == 200
    assert "recorded" in answer.content.decode()
    assert fresh(release).status == "scheduled"
    given = Answer.objects.get()
    assert (given.person.username, given.door, given.digest) == ("adam", "email", release.round.digest)
    entry = AuditEntry.objects.get(event="approvals.answer.create")
    assert (entry.door, entry.actor_name) == ("email", "adam")


def test_the_session_of_the_one_who_was_asked_decides_without_the_code(release: Release, mail) -> None:
    client = Client()
    client.force_login(person("adam"), backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(page(mail[0]), said(release)).status_code == 200
    assert fresh(release).status == "scheduled"


def test_somebody_else_who_is_signed_in_is_refused_even_with_the_code(release: Release, mail) -> None:
    client = Client()
    client.force_login(person("anna"), backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(page(mail[0]), said(release, code=mail[1]))
    assert answer.status_code == 401
    assert nothing_happened(release)


def test_a_forged_form_from_elsewhere_is_refused(release: Release, mail) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person("adam"), backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(page(mail[0]), said(release)).status_code == 403
    assert nothing_happened(release)


def test_one_link_is_one_decision(release: Release, mail) -> None:
    assert Client().post(page(mail[0]), said(release, code=mail[1])).status_code == 200
    again = Client().post(page(mail[0]), said(release, decision="reject", reason="No!", code=mail[1]))
    assert again.status_code == 409
    assert fresh(release).status == "scheduled"
    assert Client().get(page(mail[0])).status_code == 200


def test_codes_are_guessed_five_times_at_most(release: Release, mail) -> None:
    wrong = f"{(int(mail[1]) + 1) % 1_000_000:06d}"
    for _attempt in range(5):
        assert Client().post(page(mail[0]), said(release, code=wrong)).status_code == 400
    locked = Client().post(page(mail[0]), said(release, code=mail[1]))
    assert locked.status_code == 409
    assert "Too many wrong codes" in locked.content.decode()
    assert nothing_happened(release)


def test_a_no_needs_a_reason_and_leads_back(release: Release, mail) -> None:
    answer = Client().post(page(mail[0]), said(release, decision="reject", code=mail[1]))
    assert answer.status_code == 400
    assert nothing_happened(release)
    Client().post(page(mail[0]), said(release, decision="reject", reason="Not on a Friday.", code=mail[1]))
    assert fresh(release).status == "planning"


def test_a_link_to_content_that_changed_decides_nothing_and_says_so(release: Release, mail) -> None:
    actions.rework(release=release, by=acting("rosa"), note="A fix came in.")
    shown = Client().get(page(mail[0])).content.decode()
    assert "A fix came in." in shown
    assert "<form" not in shown
    assert Client().post(page(mail[0]), said(release, code=mail[1])).status_code == 409
    assert not Answer.objects.exists()


def test_what_changed_in_the_database_since_is_named(release: Release, mail) -> None:
    release.components.update(to_version="2.0.1")
    assert "to version of the component payments-api changed from 2.0.0 to 2.0.1" in (
        Client().get(page(mail[0])).content.decode()
    )
    assert Client().post(page(mail[0]), said(release, code=mail[1])).status_code == 412
    assert nothing_happened(release)


def test_a_link_expires(release: Release, mail) -> None:
    with time_machine.travel(now() + timedelta(days=30), tick=False):
        assert Client().post(page(mail[0]), said(release, code=mail[1])).status_code == 409
    assert nothing_happened(release)


def test_an_unknown_link_is_not_found() -> None:
    assert Client().get(page("nobody-gave-this-out")).status_code == 404
    assert Client().post(page("nobody-gave-this-out"), {}).status_code == 404


def test_an_account_that_was_closed_decides_nothing(release: Release, mail) -> None:
    adam = person("adam")
    type(adam).objects.filter(pk=adam.pk).update(is_active=False)
    assert Client().post(page(mail[0]), said(release, code=mail[1])).status_code in (401, 403)
    assert nothing_happened(release)


def test_where_the_rules_want_a_session_the_code_is_not_enough() -> None:
    person("adam")
    rules = {**ANY_ONE, "email_code": False}
    release = release_in("awaiting_approval", content=content_with(approvals=rules))
    token, code = approvals.issue_link(ask=release.round.asks.get(person=person("adam")), by=SYSTEM)
    assert 'name="code"' not in Client().get(page(token)).content.decode()
    assert Client().post(page(token), said(release, code=code)).status_code == 401
    assert nothing_happened(release)
    client = Client()
    client.force_login(person("adam"), backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(page(token), said(release)).status_code == 200
