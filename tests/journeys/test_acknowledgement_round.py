"""A model is published and told to three parties: one acknowledges, one objects, one is silent."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client

from apps.cmdb.models import Party, ServiceRelationship
from apps.compliance.models import Finding
from apps.core import moves
from apps.core.actor import job
from apps.core.clock import now
from apps.metrics.periods import Period, organisation_zone
from apps.metrics.queries import answer
from apps.notifications.models import Message
from apps.release_models import actions
from tests.factories import payments, publish_model, release_in
from tests.people import SYSTEM, acting, person
from tests.release_models.models import draft, publish
from tests.release_models.parties import to, told

pytestmark = pytest.mark.django_db


def mails_to(slug: str) -> list[mail.EmailMessage]:
    return [one for one in mail.outbox if one.to == [f"{slug}@example.com"]]


def answer_mail(slug: str, **said: str) -> int:
    """The party opens the link of its newest mail, types the code from the mail's text, and answers."""
    text = mails_to(slug)[-1].body
    path = re.search(r"https?://[^/\s]+(/acknowledge/\S+)", text).group(1)
    code = re.search(r"Code: (\d{6})", text).group(1)
    client = Client()
    assert client.get(path).status_code == 200
    return client.post(path, {"code": code, **said}).status_code


def alignment(part: str = "acknowledged"):
    zone = organisation_zone()
    today = now().astimezone(zone).date()
    found = answer("M3", Period(today - timedelta(days=60), today + timedelta(days=60), zone))
    return found.figure(found.metric.part(part))


def test_one_acknowledges_one_objects_one_is_silent(drain):
    start = now()
    with time_machine.travel(start, tick=False) as clock:
        version = told()
        drain()
        assert {one.subject for one in mail.outbox if "acknowledge" in one.subject} == {
            f"[{to(slug).key}] How we release: Normal, version 1, please acknowledge"
            for slug in ("bank", "shop", "tax-office")
        }
        assert answer_mail("bank", decision="acknowledge", statement="") == 200
        assert answer_mail("shop", decision="object", statement="We need two days of notice.") == 200
        drain()
        early = alignment()
        assert (early.numerator, early.denominator) == (1, 2)
        assert early.excluded == {"not_due": 1}

        clock.move_to(start + timedelta(days=8))
        for _sweep in range(3):
            actions.remind_parties(at=now(), by=job())
            drain()
        assert Message.objects.filter(event="release_models.communication.remind").count() == 1
        assert ["Reminder" in one.subject for one in mails_to("tax-office")] == [False, True]
        assert len(mails_to("bank")) == len(mails_to("shop")) == 1

        clock.move_to(start + timedelta(days=15))
        figure = alignment()
        assert (figure.numerator, figure.denominator, figure.value) == (1, 3, pytest.approx(1 / 3))
        finding = Finding.objects.get()
        assert (finding.control, finding.status) == ("model_objection", "open")
        assert finding.detail == "We need two days of notice."
        owner_mail = next(one for one in mail.outbox if one.to == ["rolf@example.org"])
        assert "Shop objects to Normal, version 1" in owner_mail.subject

        rosa = Client()
        rosa.force_login(person("rosa"))
        page = rosa.get(f"/admin/release_models/modelversion/{version.pk}/change/?tab=parties").content.decode()
        assert [page.count(words) for words in ("Acknowledged", "Objected", "We need two days of notice.")] == [1, 1, 1]
        step = f"/admin/release_models/communication/{to('shop').pk}/step/settle/"
        assert rosa.post(step, {"note": "Two days it is."}).status_code == 302
        drain()
        finding.refresh_from_db()
        assert (finding.status, finding.close_note) == ("closed", "Settled: Two days it is.")
        assert alignment().value == pytest.approx(1 / 3), "settled is not aligned"
        assert version.communications.get(party__slug="tax-office").status == "asked", "who is silent stays visible"


def test_an_objection_is_no_violation_of_a_release(drain):
    told()
    actions.object_to_version(communication=to("bank"), by=acting("rosa"), note="No.")
    drain()
    zone = organisation_zone()
    today = now().astimezone(zone).date()
    found = answer("M4", Period(today - timedelta(days=9), today + timedelta(days=9), zone))
    assert found.headline.excluded == {"by_party": 1}
    assert found.figure(found.metric.part("open")).value == 1


def test_a_version_replaced_before_the_answer_was_due_asks_for_none(drain):
    first = told()
    publish(draft(first.model))
    drain()
    assert set(first.communications.values_list("status", flat=True)) == {"closed"}
    with time_machine.travel(now() + timedelta(days=20), tick=False):
        figure = alignment()
    assert figure.excluded == {"replaced": 3}
    assert figure.denominator == 4, "the new version asks all four, its rules being wider"


def test_a_party_without_an_address_is_a_message_that_failed_and_is_seen(drain):
    version = told()
    bank = to("bank").party
    type(bank).objects.filter(pk=bank.pk).update(email="")
    drain()
    failed = Message.objects.get(communication__party=bank)
    assert failed.status == "failed"
    assert "no valid e-mail address" in failed.last_error
    assert version.communications.count() == 3


def test_a_release_under_a_model_that_a_party_objects_to_is_not_aligned(drain):
    bank = moves.create(Party(slug="bank", name="Bank", email="bank@example.com"), by=SYSTEM)
    moves.create(ServiceRelationship(party=bank, service=payments(), notice_hours=0), by=SYSTEM)
    publish_model("normal")
    objected = actions.object_to_version(communication=to("bank"), by=acting("rosa"), note="Not on Fridays.")
    release_in("releasing")
    notice = alignment("notice")
    assert (notice.numerator, notice.denominator, notice.excluded) == (0, 1, {})
    actions.settle_objection(communication=objected, by=acting("rosa"), note="Never on Fridays.")
    assert alignment("notice").numerator == 0, "it was open when the release started"
