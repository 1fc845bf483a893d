"""Every kind that is registered: a pass, a failure and an error told apart, from real files where there are any; a waiver."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from apps.core.clock import now
from apps.core.errors import NotPermitted
from apps.integrations.adapters.github import read_workflow_run
from apps.releases import actions as releases
from apps.releases.lifecycle.plan_guards import has_proof
from apps.releases.models import Check
from apps.verification.kinds import KINDS, kind_named
from apps.verification.kinds.result import ERROR, FAILED, PASSED, Result
from apps.verification.kinds.subject import Part, PipelineReport, Reported
from tests.factories import check, content_with, fresh, release_in
from tests.outside import outside_server
from tests.people import acting
from tests.verification.factory import BRIDGE, NOON, PROTON, deployed, document, subject
from tests.verification.test_kinds_on_evidence import GREEN, RED
from tests.verification.test_provenance import SLSA, key_in

SLSA_DIGEST = "sha256:89cfc6954e88b2f92a7c2879d9eb085c42f3c7065d012a5066f450dbe59b2c00"
ARTIFACT = Part(key="slsa", name="binary", version="1.0", digest=SLSA_DIGEST)
COBERTURA = b'<coverage line-rate="%s" lines-covered="9" lines-valid="10"><packages/></coverage>'
Seen = tuple[Result | None, Result | None, Result]


def look(slug: str, *documents, **more) -> Result:
    return kind_named(slug).run(subject(*documents, **more))


def record(**said) -> object:
    return document("other", json.dumps(said).encode())


def _slsa(data: Path):
    return document("attestation", data / "05c-attestations" / SLSA)


def artifact_digest(data: Path) -> Seen:
    other = replace(ARTIFACT, digest=SLSA_DIGEST[:-1] + "1")
    own = replace(_slsa(data), part_key="slsa")
    return (
        look("artifact_digest", own, parts=[ARTIFACT]),
        look("artifact_digest", own, parts=[other]),
        look("artifact_digest", own, parts=[ARTIFACT], params={"speed": 1}),
    )


def sbom(data: Path) -> Seen:
    right, wrong = (document("sbom", data / PROTON.format(version)) for version in ("1.8.0", "1.6.3"))
    return look("sbom", right), look("sbom", wrong), look("sbom", right, params={"formats": "any"})


def licence_policy(data: Path) -> Seen:
    keycloak = document("sbom", data / "05a-cyclonedx/bom-examples/SBOM/keycloak-10.0.2/bom.json")
    return (
        look("licence_policy", keycloak, params={"denied": ["AGPL-3.0-only"], "unknown": "pass"}),
        look("licence_policy", keycloak, params={"denied": ["Apache-2.0"]}),
        look("licence_policy", keycloak, params={"unknown": "maybe"}),
    )


def denied_components(data: Path) -> Seen:
    real = document("sbom", data / PROTON.format("1.8.0"))
    return (
        look("denied_components", real, params={"denied": ["pkg:golang/github.com/evil/*"]}),
        look("denied_components", real, params={"denied": ["pkg:golang/github.com/sirupsen/logrus"]}),
        look("denied_components", real),
    )


def provenance(data: Path) -> Seen:
    trusted = [("slsa", key_in(data / "05c-attestations" / SLSA))]
    wrong = replace(ARTIFACT, digest=SLSA_DIGEST[:-1] + "1")
    return (
        look("provenance", _slsa(data), parts=[ARTIFACT], trusted_keys=trusted),
        look("provenance", _slsa(data), parts=[wrong], trusted_keys=trusted),
        look("provenance", _slsa(data), parts=[ARTIFACT]),  # no key is trusted: nobody can look
    )


def junit(data: Path) -> Seen:
    files = document("junit", GREEN), document("junit", RED)
    return look("junit", files[0]), look("junit", files[1]), look("junit", files[0], params={"min_tests": "many"})


def coverage(data: Path) -> Seen:
    good, bad = document("coverage", COBERTURA % b"0.9"), document("coverage", COBERTURA % b"0.9")
    return (
        look("coverage", good, params={"min_lines": 90}),
        look("coverage", bad, params={"min_lines": 91}),
        look("coverage", good, params={"min_lines": 101}),
    )


def pipeline_green(data: Path) -> Seen:
    told = read_workflow_run(json.loads((data / "01-github-webhooks/workflow_run/completed.payload.json").read_text()))
    part = replace(BRIDGE, version=told["commit"])
    report = PipelineReport(part.key, told["name"], told["commit"], NOON, told["ref"], told["conclusion"])
    red = replace(report, conclusion="failure")
    return (
        look("pipeline_green", parts=[part], pipelines=(replace(report, conclusion="success"),)),
        look("pipeline_green", parts=[part], pipelines=(red,)),
        look("pipeline_green", parts=[part], pipelines=(report,), params={"pipelines": []}),
    )


def dependencies_live(data: Path) -> Seen:
    params = {"needs": {"auth": ">=2.1"}}
    return (
        look("dependencies_live", environment="production", installed={"auth": "2.2"}, params=params),
        look("dependencies_live", environment="production", installed={"auth": "2.0"}, params=params),
        look("dependencies_live", installed={"auth": "2.2"}, params=params),
    )


def _target(*reported: Reported, **params) -> dict:
    return {"deployments": reported, "environment": "production", "environment_order": 2, "params": params}


def rehearsal(data: Path) -> Seen:
    part = replace(BRIDGE, digest="sha256:" + "a" * 64)
    another = deployed("1.8.0", digest="sha256:" + "b" * 64)
    return (
        look("rehearsal", **_target(deployed("1.8.0"))),
        look("rehearsal", parts=[part], **_target(another)),
        look("rehearsal", **_target(deployed("1.8.0"), within_days=0)),
    )


def rollback_proven(data: Path) -> Seen:
    forth, back = deployed("1.8.0", at=NOON - timedelta(hours=2)), deployed("1.6.3", at=NOON - timedelta(hours=1))
    return (
        look("rollback_proven", **_target(forth, back)),
        look("rollback_proven", **_target(forth, replace(back, status="failure"))),
        look("rollback_proven", **_target(forth, back, within_days=-1)),
    )


def runbook_reviewed(data: Path) -> Seen:
    said = {"record": "runbook_review", "reviewed_at": "2026-02-20T08:00:00Z", "reviewers": ["carl"], "result": "fit"}
    return (
        look("runbook_reviewed", record(**said)),
        look("runbook_reviewed", record(**said), params={"within_days": 5}),
        look("runbook_reviewed", record(**said), params={"within_days": "soon"}),
    )


def back_up_taken(data: Path) -> Seen:
    said = {"record": "back_up", "of": "payments-db", "taken_at": "2026-03-02T01:00:00Z", "status": "success"}
    return (
        look("back_up_taken", record(**said), params={"of": ["payments-db"]}),
        look("back_up_taken", record(**{**said, "status": "failure"})),
        look("back_up_taken", record(**{**said, "status": "error"})),
    )


def communication_prepared(data: Path) -> Seen:
    said = {"record": "communication", "to": "customers", "text": "Refunds!", "sends_at": "2026-03-01T12:00:00Z"}
    opens = {"starts_at": NOON + timedelta(hours=1)}
    return (
        look("communication_prepared", record(**said), params={"notice_hours": 24}, **opens),
        look("communication_prepared", record(**said), params={"notice_hours": 48}, **opens),
        look("communication_prepared", record(**said)),  # no window: nobody can say whether it is in time
    )


def manual(data: Path) -> Seen:
    """People judge it; what becomes of their words is held by the charts."""
    return None, None, look("manual", params={"instructions": 1})


def http_probe(data: Path) -> Seen:
    with outside_server() as other:
        passed = look("http_probe", params={"url": other.url, "attempts": 1})
        other.status = 500
        failed = look("http_probe", params={"url": other.url, "attempts": 1})
    return passed, failed, look("http_probe", params={"url": other.url, "attempts": 1})


def webhook(data: Path) -> Seen:
    """What is called back is held by test_call_backs; here nobody takes the call."""
    with outside_server() as other:
        gone = other.url
    return None, None, look("webhook", params={"url": gone, "attempts": 1})


CASES: dict[str, Callable[[Path], Seen]] = {
    one.__name__: one
    for one in (
        artifact_digest, sbom, licence_policy, denied_components, provenance, junit, coverage, pipeline_green,
        dependencies_live, rehearsal, rollback_proven, runbook_reviewed, back_up_taken, communication_prepared,
        manual, http_probe, webhook,
    )
}  # fmt: skip


JUDGED_ELSEWHERE = ("manual", "webhook")  # by people (test_task_and_check_charts), by a tool (test_call_backs)


def test_no_kind_is_left_out():
    assert CASES.keys() == KINDS.keys()


@pytest.fixture(autouse=True)
def _outside_is_here(settings):
    settings.TIDEGATE_OUTBOUND_ALLOW = ["127.0.0.1"]


@pytest.mark.parametrize("slug", sorted(KINDS))
def test_a_pass_a_failure_and_an_error_are_three_things(slug, shared_data):
    passed, failed, error = CASES[slug](shared_data)
    assert error.status == ERROR
    assert error.detail
    if slug in JUDGED_ELSEWHERE:
        assert (passed, failed) == (None, None)
        return
    assert (passed.status, failed.status) == (PASSED, FAILED), (passed, failed)
    assert passed.detail
    assert failed.detail


@pytest.mark.django_db
@pytest.mark.parametrize("slug", sorted(KINDS))
def test_a_waiver_stands_in_for_each_kind_until_it_ends(slug, drain):
    """By whom the model allows it, with a reason; the gate closes again when it ends."""
    params = {"dependencies_live": {"needs": {"auth": ">=1"}}, "denied_components": {"denied": ["x"]}}.get(slug, {})
    definition = check("proof", kind=slug, params=params, waivable_by=["release_manager"])
    release = release_in("verifying", content=content_with(checks=[definition]))
    if slug == "manual":
        releases.find_check_wanting(check=release.checks.get(), by=acting("carl"), note="It does not.")
    drain()
    proof = release.checks.get()
    assert proof.status == "failed", proof.runs.get().detail
    until = now() + timedelta(hours=2)
    with pytest.raises(NotPermitted):
        releases.waive_check(check=proof, by=acting("carl"), until=until, note="It hurts.")
    releases.waive_check(check=proof, by=acting("rosa"), until=until, note="Seen elsewhere.")
    assert not list(has_proof(fresh(release)))
    with time_machine.travel(until + timedelta(minutes=1), tick=False):
        releases.judge_release(release=fresh(release), by=acting("rosa"))
        assert Check.objects.get(pk=proof.pk).status == "expired"
        assert list(has_proof(fresh(release)))
