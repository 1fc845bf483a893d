"""Check runs carried out by the worker: begun, judged, taken down; cut off anywhere, sent for again, tried again."""

from datetime import timedelta

import pytest
import time_machine

from apps.core.clock import now
from apps.core.models import AuditEntry, OutboxDelivery, OutboxEvent
from apps.releases import actions as releases
from apps.releases.models import Check, CheckRun
from apps.verification import actions
from apps.verification.kinds import KINDS
from apps.verification.kinds.http_probe import HttpProbe
from apps.verification.kinds.junit import JunitGreen
from apps.verification.tasks import VERIFIER, sweep_runs
from tests.factories import (
    DIGEST,
    OTHER_DIGEST,
    check,
    ci,
    content_with,
    payments_api,
    production,
    release_in,
    staging,
)
from tests.outside import outside_server
from tests.people import SYSTEM, acting

pytestmark = pytest.mark.django_db
GREEN = b'<testsuite tests="2"><testcase name="a"/><testcase name="b"/></testsuite>'
RED = b'<testsuite tests="2"><testcase name="a"/><testcase name="b"><failure/></testcase></testsuite>'


def verifying(kind: str, **definition):
    """A release in verification with one check of this kind."""
    content = content_with(checks=[check("proof", kind=kind, **definition)])
    release = release_in("verifying", content=content)
    return release, release.checks.get()


def fresh(one: Check) -> Check:
    return Check.objects.get(pk=one.pk)


def bring(release, content: bytes, kind: str = "junit"):
    return actions.submit_evidence(release=release, kind=kind, content=content, by=acting("carl"))


def test_evidence_brought_before_the_run_decides_it(drain):
    release, proof = verifying("junit")
    evidence = bring(release, GREEN)
    drain()
    proof = fresh(proof)
    run = proof.runs.get()
    assert (proof.status, run.status, run.number) == ("passed", "passed", 1)
    assert run.detail == "Payments api 2.0.0: 2 tests: 0 failed, 0 in error, 0 skipped."
    assert list(run.evidence.all()) == [evidence]
    assert run.output["parts"]["payments-api"]["tests"] == 2


@pytest.mark.parametrize(
    ("on_no_data", "status"), [("fail", "failed"), ("inconclusive", "inconclusive"), ("pass", "passed")]
)
def test_what_no_data_means_the_definition_says(drain, on_no_data, status):
    _release, proof = verifying("junit", on_no_data=on_no_data)
    drain()
    assert fresh(proof).status == status
    assert "has no test report" in proof.runs.get().detail


def test_news_is_a_reason_to_look_again(drain):
    release, proof = verifying("junit")
    drain()
    assert fresh(proof).status == "failed"
    bring(release, RED)
    drain()
    assert fresh(proof).status == "failed"
    bring(release, GREEN)
    drain()
    assert fresh(proof).status == "passed"
    assert list(proof.runs.order_by("number").values_list("status", flat=True)) == ["failed", "failed", "passed"]
    bring(release, RED.replace(b'"a"', b'"c"'))
    drain()
    assert proof.runs.count() == 3  # what is proven is looked at again only when somebody asks


def test_a_deployment_is_news_for_the_digest(drain):
    release, proof = verifying("artifact_digest", on_no_data="inconclusive")
    drain()
    assert fresh(proof).status == "inconclusive"
    deployed = {"ci": payments_api(), "environment": staging(), "version": "2.0.0", "status": "success"}
    releases.record_deployment(**deployed, digest=DIGEST, source="test", external_id="1", by=SYSTEM)
    drain()
    releases.request_check(check=fresh(proof), by=acting("carl"))
    drain()
    assert fresh(proof).status == "passed"
    releases.record_deployment(**deployed, digest=OTHER_DIGEST, source="test", external_id="2", by=SYSTEM)
    releases.request_check(check=fresh(proof), by=acting("carl"))
    drain()
    assert fresh(proof).status == "failed"
    assert OTHER_DIGEST in proof.runs.order_by("-number").first().detail


def test_the_consumer_called_twice_has_one_effect(drain):
    release, proof = verifying("junit")
    bring(release, GREEN)
    run = proof.runs.get()
    actions.carry_out_run(run_id=run.pk, by=VERIFIER)
    entries = AuditEntry.objects.count()
    actions.carry_out_run(run_id=run.pk, by=VERIFIER)
    drain()
    assert proof.runs.count() == 1
    assert AuditEntry.objects.count() == entries
    assert fresh(proof).status == "passed"


def test_a_worker_killed_while_looking_leaves_a_run_that_is_resumed(drain, monkeypatch):
    class Killed(BaseException):
        """What kill -9 looks like from the inside: nothing after it runs."""

    def die(self, subject):
        raise Killed

    release, proof = verifying("junit")
    bring(release, GREEN)
    with monkeypatch.context() as patch:
        patch.setattr(JunitGreen, "judge", die)
        with pytest.raises(Killed):
            drain()
    assert fresh(proof).status == "running"
    OutboxDelivery.objects.filter(done_at__isnull=True).update(available_at=now())  # the lease of the dead worker ends
    drain()
    assert fresh(proof).status == "passed"
    assert proof.runs.count() == 1
    steps = AuditEntry.objects.filter(subject_type="releases.checkrun", subject_id=str(proof.runs.get().pk))
    assert sorted(steps.values_list("event", flat=True)) == [
        "releases.checkrun.begin",
        "releases.checkrun.create",
        "releases.checkrun.succeed",
    ]


def test_a_kind_that_breaks_is_an_error_and_not_a_failure(drain, monkeypatch):
    def break_down(self, subject):
        raise ZeroDivisionError("secret words of the machine")

    monkeypatch.setattr(JunitGreen, "judge", break_down)
    _release, proof = verifying("junit")
    drain()
    run = proof.runs.get()
    assert (fresh(proof).status, run.status) == ("error", "error")
    assert "ZeroDivisionError" in run.detail
    assert "secret" not in run.detail


def test_an_unknown_kind_is_an_error(drain, monkeypatch):
    release, proof = verifying("junit")
    monkeypatch.delitem(KINDS, "junit")
    drain()
    assert fresh(proof).status == "error"


def test_a_manual_check_is_left_to_people(drain):
    _release, proof = verifying("manual")
    drain()
    assert fresh(proof).status == "running"
    actions.carry_out_run(run_id=proof.runs.get().pk, by=VERIFIER)
    assert fresh(proof).status == "running"


@pytest.fixture
def outside(settings):
    settings.TIDEGATE_OUTBOUND_ALLOW = ["127.0.0.1"]
    with outside_server() as server:
        yield server


def probing(url: str):
    params = {"url": url, "attempts": 3, "pause_seconds": 30}
    return verifying("http_probe", params=params)


def test_a_probe_is_tried_again_later_and_stays_under_way_meanwhile(drain, outside):
    outside.status = 503
    with time_machine.travel(now(), tick=False) as clock:
        _release, proof = probing(outside.url)
        drain()
        assert (fresh(proof).status, len(outside.heard)) == ("running", 1)
        clock.shift(timedelta(seconds=31))
        drain()
        assert (fresh(proof).status, len(outside.heard)) == ("running", 2)
        outside.status = 200
        clock.shift(timedelta(seconds=31))
        drain()
        assert len(outside.heard) == 2  # the pause doubles
        clock.shift(timedelta(seconds=31))
        drain()
    assert (fresh(proof).status, len(outside.heard)) == ("passed", 3)
    assert proof.runs.get().output["attempt"] == 3


def test_attempts_come_to_an_end(drain, outside):
    outside.status = 503
    with time_machine.travel(now(), tick=False) as clock:
        _release, proof = probing(outside.url)
        for _ in range(5):
            drain()
            clock.shift(timedelta(seconds=61))
    assert (fresh(proof).status, len(outside.heard)) == ("failed", 3)


def test_a_repeated_message_plans_the_next_attempt_once(drain, outside):
    outside.status = 503
    _release, proof = probing(outside.url)
    run = proof.runs.get()
    actions.carry_out_run(run_id=run.pk, by=VERIFIER)
    actions.carry_out_run(run_id=run.pk, by=VERIFIER)
    assert OutboxEvent.objects.filter(name="verification.attempt.due").count() == 1


def test_no_transaction_is_open_while_looking(drain, outside, monkeypatch, django_capture_on_commit_callbacks):
    depth = []
    looked = HttpProbe.judge

    def judge(self, subject):
        from django.db import connection

        depth.append(len(connection.savepoint_ids))
        return looked(self, subject)

    monkeypatch.setattr(HttpProbe, "judge", judge)
    probing(outside.url)
    drain()
    assert depth == [0]


def test_the_sweep_sends_for_a_run_whose_message_was_lost(drain):
    release, proof = verifying("junit")
    bring(release, GREEN)
    OutboxEvent.objects.all().delete()
    drain()
    assert fresh(proof).status == "pending"
    assert actions.sweep_runs(by=VERIFIER) == 0  # not yet: it may still come
    with time_machine.travel(now() + timedelta(minutes=16)):
        sweep_runs()
        sweep_runs()
        assert OutboxEvent.objects.filter(name="verification.attempt.due").count() == 1
        drain()
    assert fresh(proof).status == "passed"


def test_the_sweep_gives_up_after_a_day(drain):
    _release, proof = verifying("junit")
    OutboxEvent.objects.all().delete()
    with time_machine.travel(now() + timedelta(hours=25)):
        sweep_runs()
    assert fresh(proof).status == "error"


def test_the_sweep_leaves_people_and_finished_runs_alone(drain):
    _release, manual = verifying("manual")
    drain()
    runs = CheckRun.objects.count()
    with time_machine.travel(now() + timedelta(days=3)):
        sweep_runs()
        drain()
    assert (CheckRun.objects.count(), fresh(manual).status) == (runs, "running")


def test_a_run_that_is_no_longer_the_newest_leaves_the_check_alone(drain):
    release, proof = verifying("junit")
    old = proof.runs.get()
    actions.carry_out_run(run_id=old.pk, by=VERIFIER)
    releases.request_check(check=fresh(proof), by=acting("carl"))
    bring(release, GREEN)
    drain()
    actions.carry_out_run(run_id=old.pk, by=VERIFIER)
    assert fresh(proof).status == "passed"


def test_what_is_live_is_taken_from_deployments(drain):
    needs = {"params": {"needs": {"ledger": ">=3"}}, "on_no_data": "inconclusive"}
    _release, proof = verifying("dependencies_live", **needs)
    drain()
    assert fresh(proof).status == "inconclusive"
    told = {"ci": ci("ledger"), "environment": production(), "status": "success", "source": "test"}
    releases.record_deployment(**told, version="3.1.0", external_id="1", by=SYSTEM)
    releases.request_check(check=fresh(proof), by=acting("carl"))
    drain()
    assert fresh(proof).status == "passed"


def test_a_rehearsal_counts_also_when_a_later_one_took_its_place(drain):
    _release, proof = verifying("rehearsal", group="procedure", on_no_data="inconclusive")
    drain()
    assert fresh(proof).status == "inconclusive"
    told = {"ci": payments_api(), "environment": staging(), "version": "2.0.0", "digest": DIGEST, "source": "test"}
    for status in ("success", "inactive"):
        releases.record_deployment(**told, status=status, external_id="1", by=SYSTEM)
    releases.request_check(check=fresh(proof), by=acting("carl"))
    drain()
    assert fresh(proof).status == "passed"
