"""A tool is called, takes its time, and calls back: signed, in time, and once."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from standardwebhooks import Webhook

from apps.core.clock import now
from apps.core.models import AuditEntry
from apps.releases import actions as releases
from apps.releases.models import Check
from apps.verification.models import CallBudget
from tests.factories import check, content_with, release_in
from tests.outside import outside_server
from tests.people import acting

pytestmark = pytest.mark.django_db


@pytest.fixture
def outside(settings):
    settings.TIDEGATE_OUTBOUND_ALLOW = ["127.0.0.1"]
    with outside_server() as server:
        server.status = 202
        yield server


def called(url: str, **params) -> Check:
    definition = check("scan", kind="webhook", params={"url": url, **params})
    return release_in("verifying", content=content_with(checks=[definition])).checks.get()


def fresh(one: Check) -> Check:
    return Check.objects.get(pk=one.pk)


def asked(outside) -> dict:
    return json.loads(outside.heard[-1].body)["data"]


def call_back(callback: dict, said: dict, *, secret: str = "", body: bytes | None = None):
    sent = json.dumps(said).encode()
    at = now()
    signature = Webhook(secret or callback["secret"]).sign("msg_1", at, sent.decode())
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}
    path = callback["url"].partition("/hooks/")
    return Client().post(f"/hooks/{path[2]}", body or sent, content_type="application/json", headers=headers)


@pytest.mark.parametrize("status", ["passed", "failed", "error", "inconclusive"])
def test_the_verdict_that_is_called_back_is_the_checks(drain, outside, status):
    proof = called(outside.url, send={"suite": "full"})
    drain()
    run = proof.runs.get()
    assert (fresh(proof).status, run.status) == ("running", "running")
    assert "has 60 minutes to call back" in run.detail
    told = asked(outside)
    assert (told["release"], told["send"]) == (proof.release.key, {"suite": "full"})
    assert told["components"][0]["key"] == "payments-api"
    answer = call_back(told["callback"], {"status": status, "detail": "Scanned.", "output": {"found": 0}})
    assert (answer.status_code, answer.json()["status"]) == (200, status)
    run.refresh_from_db(fields=["detail", "output"])
    assert (fresh(proof).status, run.detail, run.output) == (status, "Scanned.", {"found": 0})
    assert AuditEntry.objects.filter(event="releases.checkrun.succeed", door="hook").exists() is (status == "passed")


def test_what_is_not_signed_with_the_secret_of_the_call_is_not_heard(drain, outside):
    proof = called(outside.url)
    drain()
    callback = asked(outside)["callback"]
    said = {"status": "passed", "detail": "Trust me."}
    other = "whsec_" + "A" * 43 + "="
    assert call_back(callback, said, secret=other).status_code == 401
    changed = json.dumps({**said, "detail": "Trust us."}).encode()
    assert call_back(callback, said, body=changed).status_code == 401
    assert Client().post(f"/hooks/{callback['url'].partition('/hooks/')[2]}", said).status_code == 401
    forged = {**callback, "url": callback["url"][:-3] + "xx/"}
    assert call_back(forged, said).status_code == 404
    assert fresh(proof).status == "running"


def test_the_first_word_stands(drain, outside):
    proof = called(outside.url)
    drain()
    callback = asked(outside)["callback"]
    assert call_back(callback, {"status": "failed", "detail": "A hole."}).json()["status"] == "failed"
    assert call_back(callback, {"status": "passed", "detail": "No hole."}).json()["status"] == "failed"
    assert fresh(proof).status == "failed"


@pytest.mark.parametrize("said", [{"status": "fine", "detail": "x"}, {"status": "passed"}, {"detail": "x"}, {}])
def test_an_answer_that_says_nothing_is_refused(drain, outside, said):
    proof = called(outside.url)
    drain()
    assert call_back(asked(outside)["callback"], said).status_code == 400
    assert fresh(proof).status == "running"


def test_silence_ends_as_an_error_and_a_late_answer_is_gone(drain, outside):
    with time_machine.travel(now(), tick=False) as clock:
        proof = called(outside.url, answer_within_minutes=30)
        drain()
        clock.shift(timedelta(minutes=29))
        drain()
        assert fresh(proof).status == "running"
        clock.shift(timedelta(minutes=2))
        drain()
        assert fresh(proof).status == "error"
        assert "did not call back within 30 minutes" in proof.runs.get().detail
        late = call_back(asked(outside)["callback"], {"status": "passed", "detail": "At last."})
    assert late.status_code == 410
    assert (fresh(proof).status, len(outside.heard)) == ("error", 1)


def test_a_call_that_is_not_taken_is_tried_again_with_growing_pauses(drain, outside):
    outside.status = 503
    with time_machine.travel(now(), tick=False) as clock:
        proof = called(outside.url, attempts=3, pause_seconds=10)
        drain()
        clock.shift(timedelta(seconds=11))
        drain()
        clock.shift(timedelta(seconds=11))
        drain()
        assert len(outside.heard) == 2
        clock.shift(timedelta(seconds=10))
        drain()
    assert (fresh(proof).status, len(outside.heard)) == ("error", 3)
    assert "(attempt 3 of 3)" in proof.runs.get().detail
    assert len({heard.headers["idempotency-key"] for heard in outside.heard}) == 1


def test_a_host_is_spared_when_many_checks_ask_at_once(drain, outside, monkeypatch):
    monkeypatch.setattr("apps.verification.kinds.webhook.Webhook.per_minute", 2)
    definitions = [check(f"scan-{n}", kind="webhook", params={"url": outside.url}) for n in range(5)]
    with time_machine.travel(now(), tick=False) as clock:
        release = release_in("verifying", content=content_with(checks=definitions))
        drain()
        assert len(outside.heard) == 2
        assert CallBudget.objects.get().calls == 2
        assert release.checks.filter(runs__detail__contains="2 times a minute at most").count() == 3
        for heard in (4, 5):
            clock.shift(timedelta(seconds=61))
            drain()
            assert len(outside.heard) == heard


def test_a_run_is_called_off_and_the_answer_that_comes_later_changes_nothing(drain, outside):
    proof = called(outside.url)
    drain()
    releases.cancel_check(check=fresh(proof), by=acting("carl"), note="Wrong suite.")
    run = proof.runs.get()
    assert (fresh(proof).status, run.status) == ("inconclusive", "inconclusive")
    assert "Called off by carl" in run.detail
    assert call_back(asked(outside)["callback"], {"status": "passed", "detail": "Done."}).json()["status"] != "passed"
    assert fresh(proof).status == "inconclusive"
    with time_machine.travel(now() + timedelta(hours=2), tick=False):
        drain()
    assert fresh(proof).status == "inconclusive"


def test_the_secret_stands_in_no_row(drain, outside):
    proof = called(outside.url)
    drain()
    secret = asked(outside)["callback"]["secret"]
    run = proof.runs.get()
    entries = AuditEntry.objects.filter(root_key=proof.release.key)
    assert secret not in json.dumps([run.detail, run.output, *entries.values_list("data", flat=True)], default=str)
