"""The mail that asks for approval: the brief, the personal link, the code."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client

from apps.approvals.models import ApprovalLink
from apps.core.models import AuditEntry, OutboxEvent
from apps.notifications.models import Message
from tests.factories import answer, fresh, release_in
from tests.people import person

LINK = re.compile(r"/approve/([\w-]{43})/")
CODE = re.compile(r"^Code, if you are not signed in: (\d{6})$", re.MULTILINE)


@pytest.fixture
def asked(drain):
    """A release that waits for approval; its approvers have their mail."""
    person("adam"), person("anna")
    release = release_in("awaiting_approval")
    drain()
    return release


def mail_to(name: str, subject: str = "Approve"):
    found = [one for one in mail.outbox if one.to == [f"{name}@example.org"] and subject in one.subject]
    assert found, [(one.to, one.subject) for one in mail.outbox]
    return found[-1]


def test_each_person_asked_gets_one_mail_with_a_link_of_their_own(asked):
    asking = [one for one in mail.outbox if "Approve:" in one.subject]
    assert sorted(one.to[0] for one in asking) == ["adam@example.org", "anna@example.org"]
    links = {LINK.search(one.body).group(1) for one in asking}
    assert len(links) == 2
    assert ApprovalLink.objects.count() == 2


def test_the_subject_says_what_where_when_and_how_many(asked):
    subject = mail_to("adam").subject
    assert subject.startswith(f"[{asked.key}] Approve: Payments with instant refunds 2.0.0 → Production, ")
    assert re.search(r"\w{3} \d{1,2} \w{3} \d\d:\d\d UTC \(needs 2 of 2\)$", subject), subject


def test_times_are_in_the_zone_of_the_reader(drain):
    for name, zone in (("adam", "America/New_York"), ("anna", "Asia/Tokyo")):
        reader = person(name)
        type(reader).objects.filter(pk=reader.pk).update(time_zone=zone)
    release_in("awaiting_approval")
    drain()
    assert re.search(r"\d\d:\d\d E[SD]T", mail_to("adam").subject)
    assert re.search(r"\d\d:\d\d JST", mail_to("anna").subject)


def test_the_brief_holds_what_one_needs_to_decide_on_one_screen(asked):
    body = mail_to("adam").body
    for label in ("What", "Why", "When", "Changes", "Reach", "Evidence", "Back-out", "Still needed", "Asked by"):
        assert re.search(rf"^{label}: \S", body, re.MULTILINE), f"{label} is missing in:\n{body}"
    assert "Payments api 1.9.0 → 2.0.0" in body
    assert "Refunds within a minute." in body
    assert len(body.splitlines()) < 40


def test_the_link_and_the_code_work_and_the_code_decides(asked, client: Client):
    body = mail_to("adam").body
    page = client.get(f"/approve/{LINK.search(body).group(1)}/")
    assert page.status_code == 200
    digest = fresh(asked).round.digest
    given = {"decision": "approve", "code": CODE.search(body).group(1), "digest": digest}
    assert client.post(f"/approve/{LINK.search(body).group(1)}/", given).status_code == 200
    assert fresh(asked).round.answers.get().person == person("adam")


def test_html_and_text_carry_the_same_link(asked):
    one = mail_to("adam")
    html = next(body for body, kind in one.alternatives if kind == "text/html")
    assert LINK.search(html).group(1) == LINK.search(one.body).group(1)
    assert CODE.search(one.body).group(1) in html
    assert "<table" not in html
    assert "prefers-color-scheme: dark" in html
    assert "<img" not in html
    assert "<script" not in html


def test_no_secret_of_a_mail_is_anywhere_in_the_database(asked):
    body = mail_to("adam").body
    token, code = LINK.search(body).group(1), CODE.search(body).group(1)
    message = Message.objects.get(to_user=person("adam"), event="approvals.ask.create")
    kept = [message.text, message.html, *(str(one.__dict__) for one in ApprovalLink.objects.all())]
    kept += [str(one.__dict__) for one in AuditEntry.objects.all()]
    kept += [str(one.__dict__) for one in OutboxEvent.objects.all()]
    assert not any(token in text for text in kept)
    assert not any(f"signed in: {code}" in text for text in kept)
    assert "only in the mail itself" in message.text


def test_a_repeat_is_the_same_mail_by_its_message_id_and_both_links_decide(asked, drain, client: Client):
    """The mail server took it, and the worker died before it could say so."""
    first = mail_to("adam")
    Message.objects.filter(to_user=person("adam"), event="approvals.ask.create").update(status="pending")
    event = OutboxEvent.objects.get(
        name="notifications.message.create",
        subject_id=str(Message.objects.get(to_user=person("adam"), event="approvals.ask.create").pk),
    )
    event.deliveries.update(done_at=None, available_at=event.available_at)
    drain()
    second = mail_to("adam")
    assert second is not first
    assert second.extra_headers["Message-ID"] == first.extra_headers["Message-ID"]
    assert LINK.search(second.body).group(1) != LINK.search(first.body).group(1)
    for one in (first, second):
        assert client.get(f"/approve/{LINK.search(one.body).group(1)}/").status_code == 200
    digest = fresh(asked).round.digest
    given = {"decision": "approve", "code": CODE.search(first.body).group(1), "digest": digest}
    assert client.post(f"/approve/{LINK.search(first.body).group(1)}/", given).status_code == 200
    assert fresh(asked).round.answers.count() == 1


def test_who_needs_not_answer_any_more_gets_no_mail(drain):
    person("adam"), person("anna")
    release = release_in("awaiting_approval")
    answer(release, "adam", "reject", "Not before the audit.")
    drain()
    withdrawn = Message.objects.filter(event="approvals.ask.create")
    assert {one.status for one in withdrawn} == {"withdrawn"}
    assert not [one for one in mail.outbox if "Approve:" in one.subject]


def test_the_requester_learns_the_decision_and_its_reason(asked, drain):
    answer(asked, "adam", "reject", "Not before the audit.")
    drain()
    told = mail_to("rosa", "Rejected")
    assert "Not before the audit." in told.body


def test_no_answer_in_time_is_never_a_yes(asked, drain):
    round = asked.round
    type(round).objects.filter(pk=round.pk).update(expires_at=round.opened_at)
    from apps.approvals import actions as approvals
    from apps.core.actor import job

    approvals.expire_round(round=fresh(asked).round, by=job("sweep"))
    drain()
    assert "No answer is never taken for a yes" in mail_to("rosa", "Nobody decided").body
