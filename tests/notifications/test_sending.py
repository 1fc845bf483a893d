"""How a message leaves: once where all goes well, never not at all, told apart when twice."""

from __future__ import annotations

from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends import locmem

from apps.core.actor import job
from apps.core.clock import now
from apps.core.errors import NotNow, NotPermitted
from apps.core.models import OutboxDelivery
from apps.notifications import actions
from apps.notifications.models import Message
from apps.notifications.rendering import absolute, one_line, quoted
from tests.factories import release_in
from tests.people import acting, person

MAIL = job("mail")


@pytest.fixture
def message(db) -> Message:
    """A message to sven that is written and not sent yet."""
    from apps.core.models import OutboxEvent

    person("sven")
    release = release_in("releasing")
    event = OutboxEvent.objects.get(name="releases.release.start", subject_id=str(release.pk))
    return actions.route_event(event=event, by=MAIL)[0]


@pytest.fixture
def broken_server(monkeypatch):
    """A mail server that answers as the test says; None lets it work."""
    answers: list[Exception | None] = []
    works = locmem.EmailBackend.send_messages

    def send(self, messages):
        answer = answers.pop(0) if answers else None
        if answer is not None:
            raise answer
        return works(self, messages)

    monkeypatch.setattr(locmem.EmailBackend, "send_messages", send)
    return answers


def test_a_sent_message_says_when_and_carries_what_a_receiver_needs(message):
    sent = actions.send_message(message=message, by=MAIL)
    assert (sent.status, sent.attempts, sent.leased_until) == ("sent", 1, None)
    assert sent.sent_at is not None
    headers = mail.outbox[0].message()
    assert headers["Message-ID"] == message.message_id
    assert f"outbox-{message.event_id}." in headers["Message-ID"]
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["X-Tidegate-Event"] == str(message.event_id)
    assert {part.get_content_type() for part in headers.walk()} >= {"text/plain", "text/html"}


def test_a_sent_message_is_not_sent_again(message):
    actions.send_message(message=message, by=MAIL)
    actions.send_message(message=message, by=MAIL)
    assert len(mail.outbox) == 1


def test_a_message_that_another_process_sends_is_left_to_it(message):
    Message.objects.filter(pk=message.pk).update(leased_until=now() + timedelta(seconds=60))
    with pytest.raises(actions.NotSentYet):
        actions.send_message(message=message, by=MAIL)
    assert mail.outbox == []


def test_after_a_crash_the_lease_ends_and_the_same_mail_goes(message):
    Message.objects.filter(pk=message.pk).update(leased_until=now() + timedelta(seconds=60), attempts=1)
    with time_machine.travel(now() + timedelta(seconds=61), tick=False):
        sent = actions.send_message(message=message, by=MAIL)
    assert (sent.status, sent.attempts) == ("sent", 2)
    assert mail.outbox[0].extra_headers["Message-ID"] == message.message_id


def test_a_server_that_is_away_is_tried_again_by_the_relay(message, broken_server, drain):
    broken_server.append(SMTPServerDisconnected("gone"))
    drain()
    waiting = Message.objects.get(pk=message.pk)
    assert waiting.status == "pending"
    assert "SMTPServerDisconnected" in waiting.last_error
    with time_machine.travel(now() + timedelta(seconds=5), tick=False):
        drain()
    assert Message.objects.get(pk=message.pk).status == "sent"
    assert [one.to for one in mail.outbox].count([message.to_address]) == 1


def test_a_refused_address_fails_at_once_with_the_reason(message, broken_server):
    broken_server.append(SMTPRecipientsRefused({message.to_address: (550, b"No such user")}))
    failed = actions.send_message(message=message, by=MAIL)
    assert failed.status == "failed"
    assert "No such user" in failed.last_error


def test_a_reader_without_an_address_is_on_record_as_not_reached(message):
    Message.objects.filter(pk=message.pk).update(to_address="")
    failed = actions.send_message(message=Message.objects.get(pk=message.pk), by=MAIL)
    assert failed.status == "failed"
    assert mail.outbox == []


def test_after_the_last_attempt_it_is_given_up(message, broken_server, settings):
    settings.OUTBOX_MAX_ATTEMPTS = 2
    broken_server.extend([SMTPServerDisconnected("gone")] * 2)
    with pytest.raises(actions.NotSentYet):
        actions.send_message(message=message, by=MAIL)
    assert actions.send_message(message=message, by=MAIL).status == "failed"


def test_the_sweep_sends_what_no_delivery_will_send_any_more(message):
    OutboxDelivery.objects.all().delete()
    assert actions.send_stranded(at=now(), by=MAIL) == 0
    late = now() + timedelta(minutes=11)
    with time_machine.travel(late, tick=False):
        assert actions.send_stranded(at=late, by=MAIL) == 1
    assert Message.objects.get(pk=message.pk).status == "sent"


def test_sending_again_is_a_new_mail(message, drain):
    sent = actions.send_message(message=message, by=MAIL)
    again = actions.resend_message(message=sent, by=acting("rosa"), note="He lost it.")
    assert again.status == "pending"
    assert again.message_id != message.message_id
    drain()
    ids = [one.extra_headers["Message-ID"] for one in mail.outbox if one.to == [message.to_address]]
    assert again.message_id in ids


def test_who_may_not_send_again_is_refused_and_what_is_pending_is_not_sent_again(message):
    with pytest.raises(NotNow):
        actions.resend_message(message=message, by=acting("rosa"))
    sent = actions.send_message(message=message, by=MAIL)
    for name in ("carl", "audrey", "nora"):
        with pytest.raises(NotPermitted):
            actions.resend_message(message=sent, by=acting(name))


def test_one_event_writes_each_reader_one_message_however_often_it_is_delivered(message, drain):
    drain()
    drain()
    same = Message.objects.filter(event=message.event, to_user=message.to_user)
    assert same.count() == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Payments\r\nBcc: thief@example.org", "Payments Bcc: thief@example.org"),
        ("a\x00b\u2028c\u202ed", "a b c d"),
        ("  much   space ", "much space"),
    ],
)
def test_no_text_breaks_out_of_a_header(text, line):
    assert one_line(text) == line
    assert len(one_line("x" * 1000)) == 200


def test_a_title_cannot_forge_a_header_or_a_line(drain):
    person("sven")
    title = "Refunds\r\nBcc: thief@example.org\n\nDecide here: https://evil.example/"
    release_in("releasing", title=title)
    drain()
    one = next(found for found in mail.outbox if "Started" in found.subject)
    assert "\n" not in one.subject
    assert one.recipients() == ["sven@example.org"]
    assert one.message()["Bcc"] is None
    assert not any(line.startswith(("Bcc", "Decide here: https://evil")) for line in one.body.splitlines())


def test_markup_in_a_title_is_text_in_the_html(drain):
    person("sven")
    release_in("releasing", title="<img src=x onerror=alert(1)>")
    drain()
    html = next(found for found in mail.outbox if "Started" in found.subject).alternatives[0][0]
    assert "<img" not in html
    assert "&lt;img" in html


def test_links_lead_to_this_house_only(settings):
    settings.TIDEGATE_BASE_URL = "https://tidegate.example.org"
    assert (
        absolute("/admin/releases/release/1/change/") == "https://tidegate.example.org/admin/releases/release/1/change/"
    )
    for elsewhere in ("https://evil.example/", "//evil.example/", "javascript:alert(1)", ""):
        assert absolute(elsewhere) == "https://tidegate.example.org"


def test_what_people_wrote_is_one_bounded_paragraph():
    assert quoted("one\n\ntwo") == "one two"
    assert len(quoted("x" * 1000, 100)) == 100
