"""Judging stored evidence: passed, failed, error and no data are four different things."""

import json
from dataclasses import replace

import pytest

from apps.verification.kinds import KINDS, kind_named
from apps.verification.kinds.result import ERROR, FAILED, NO_DATA, PASSED
from apps.verification.kinds.subject import Part
from tests.verification.factory import BRIDGE, PROTON, deployed, document, subject

SHA = "sha256:" + "a" * 64
OTHER_SHA = "sha256:" + "b" * 64
GREEN = b'<testsuite tests="2"><testcase name="a"/><testcase name="b"/></testsuite>'
RED = b'<testsuite tests="2"><testcase name="a"/><testcase name="b"><failure/></testcase></testsuite>'


def run(slug: str, *documents, **more):
    return kind_named(slug).run(subject(*documents, **more))


def bom(name: str = "Proton Bridge", version: str = "1.8.0", **more) -> bytes:
    component = {"type": "application", "name": name, "version": version, **more}
    content = {"bomFormat": "CycloneDX", "specVersion": "1.5", "metadata": {"component": component}}
    return json.dumps(content).encode()


def statement(*digests: str) -> bytes:
    subjects = [{"name": "x", "digest": dict([digest.split(":")])} for digest in digests]
    content = {"_type": "https://in-toto.io/Statement/v1", "subject": subjects, "predicateType": "x", "predicate": {}}
    return json.dumps(content).encode()


def test_every_kind_says_what_it_is_and_what_it_takes():
    for slug, kind in KINDS.items():
        assert (kind.slug, bool(str(kind.title)), bool(str(kind.help))) == (slug, True, True)
        assert kind.params["type"] == "object"
        assert kind.params["additionalProperties"] is False


def test_parameters_that_make_no_sense_are_an_error_and_not_a_failure():
    verdict = run("junit", document("junit", GREEN), params={"min_tests": "many", "speed": 1})
    assert verdict.status == ERROR
    assert "/min_tests" in verdict.detail


# --- SBOM ------------------------------------------------------------------------------------------------------------


def test_a_real_sbom_names_the_real_version(shared_data):
    verdict = run("sbom", document("sbom", shared_data / PROTON.format("1.8.0"), pk=7))
    assert verdict.status == PASSED
    assert verdict.evidence == (7,)
    assert "v1.8.0" in verdict.detail


def test_the_sbom_of_the_version_before_does_not_do(shared_data):
    verdict = run("sbom", document("sbom", shared_data / PROTON.format("1.6.3")))
    assert verdict.status == FAILED
    assert "names it in v1.6.3, not 1.8.0" in verdict.detail


@pytest.mark.parametrize("place", [0, 1, 1000, 50_000, -1])
def test_one_changed_byte_in_the_stored_file_always_fails(shared_data, place):
    content = bytearray((shared_data / PROTON.format("1.8.0")).read_bytes())
    whole = document("sbom", bytes(content))
    content[place] ^= 1
    verdict = run("sbom", document("sbom", bytes(content), sha256=whole.sha256))
    assert verdict.status == FAILED
    assert "no longer has the digest" in verdict.detail


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (bom(), PASSED),
        (bom(version="v1.8.0"), PASSED),
        (bom(name="proton-bridge"), PASSED),
        (bom(name="PROTON BRIDGE"), PASSED),
        (bom(name="other", purl="pkg:golang/github.com/ProtonMail/proton-bridge@v1.8.0?type=module"), PASSED),
        (bom(name="other", version="", purl="pkg:golang/github.com/ProtonMail/proton-bridge@v1.8.0"), PASSED),
        (bom(name="other", version="", purl="pkg:golang/github.com/ProtonMail/proton-bridge@v1.7.0"), FAILED),
        (bom(name="other", purl="pkg:golang/github.com/Other/proton-bridge@v1.8.0"), FAILED),
        (bom(version="1.8"), FAILED),
        (bom(version=""), FAILED),
        (bom(name="proton"), FAILED),
        (b"{}", FAILED),
    ],
)
def test_which_names_and_versions_are_the_same(content, status):
    assert run("sbom", document("sbom", content)).status == status


def test_no_sbom_is_no_data():
    assert run("sbom").status == NO_DATA
    assert run("sbom", document("junit", GREEN)).status == NO_DATA


def test_the_newest_sbom_that_names_the_component_counts():
    old, new = document("sbom", bom(version="1.7.0"), pk=1), document("sbom", bom(), pk=2)
    assert run("sbom", new, old).status == PASSED
    assert run("sbom", old, new).status == FAILED
    own = document("sbom", bom(), pk=3, part="proton-bridge")
    assert run("sbom", old, own).status == PASSED


def test_every_component_needs_its_own_and_the_gravest_verdict_counts():
    other = Part(key="relay", name="Relay", version="2.0")
    ours = document("sbom", bom(), part="proton-bridge")
    verdict = run("sbom", ours, parts=(BRIDGE, other))
    assert verdict.status == NO_DATA
    assert "Relay 2.0 has no SBOM." in verdict.detail
    wrong = document("sbom", bom("Relay", "1.0"), part="relay")
    assert run("sbom", ours, wrong, parts=(BRIDGE, other)).status == FAILED
    right = document("sbom", bom("Relay", "2.0"), part="relay")
    verdict = run("sbom", ours, right, parts=(BRIDGE, other))
    assert verdict.status == PASSED
    assert set(verdict.output["parts"]) == {"proton-bridge", "relay"}


def test_format_and_size_can_be_demanded():
    assert run("sbom", document("sbom", bom()), params={"formats": ["spdx"]}).status == FAILED
    assert run("sbom", document("sbom", bom()), params={"formats": ["cyclonedx", "spdx"]}).status == PASSED
    assert run("sbom", document("sbom", bom()), params={"min_components": 1}).status == FAILED


# --- JUnit -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "params", "status"),
    [
        (GREEN, {}, PASSED),
        (RED, {}, FAILED),
        (RED, {"max_failures": 1}, PASSED),
        (GREEN, {"min_tests": 3}, FAILED),
        (b"<testsuites/>", {}, FAILED),
        (b'<testsuite><testcase name="a"><skipped/></testcase></testsuite>', {}, FAILED),
        (GREEN.replace(b"</testsuite>", b'<testcase name="c"><skipped/></testcase></testsuite>'), {}, PASSED),
        (GREEN.replace(b"</testsuite>", b"<testcase><skipped/></testcase></testsuite>"), {"max_skipped": 0}, FAILED),
        (GREEN.replace(b"</testsuite>", b"<testcase><error/></testcase></testsuite>"), {}, FAILED),
        (b"<broken", {}, FAILED),
    ],
)
def test_test_reports(content, params, status):
    assert run("junit", document("junit", content), params=params).status == status


def test_no_report_is_no_data():
    assert run("junit").status == NO_DATA


def test_a_later_run_replaces_an_earlier_one_unless_all_count():
    red, green = document("junit", RED, pk=1), document("junit", GREEN, pk=2)
    assert run("junit", green, red).status == PASSED
    assert run("junit", green, red, params={"reports": "all"}).status == FAILED
    assert run("junit", green, red, params={"reports": "all"}).evidence == (2, 1)


def test_a_failed_test_is_named():
    assert "(b)" in run("junit", document("junit", RED)).detail


# --- artifact digest -------------------------------------------------------------------------------------------------

DECLARED = replace(BRIDGE, digest=SHA)


def test_an_attestation_states_the_digest():
    verdict = run("artifact_digest", document("attestation", statement(OTHER_SHA, SHA)), parts=[DECLARED])
    assert verdict.status == PASSED
    assert "the attestation states" in verdict.detail


def test_a_checksum_list_states_the_digest():
    listed = f"{'a' * 64}  bridge.tar.gz\n{'c' * 64}  bridge.zip\n".encode()
    assert run("artifact_digest", document("other", listed, part="proton-bridge"), parts=[DECLARED]).status == PASSED
    other = f"{'b' * 64}  bridge.tar.gz\n".encode()
    verdict = run("artifact_digest", document("other", other, part="proton-bridge"), parts=[DECLARED])
    assert verdict.status == FAILED
    assert OTHER_SHA in verdict.detail


def test_a_list_that_speaks_of_no_component_can_confirm_but_not_contradict():
    other = f"{'b' * 64}  something-else.tar.gz\n".encode()
    assert run("artifact_digest", document("other", other), parts=[DECLARED]).status == NO_DATA


def test_an_sbom_states_the_digest_of_this_version_only():
    hashes = [{"alg": "SHA-256", "content": "a" * 64}]
    assert run("artifact_digest", document("sbom", bom(hashes=hashes)), parts=[DECLARED]).status == PASSED
    old = document("sbom", bom(version="1.7.0", hashes=hashes))
    assert run("artifact_digest", old, parts=[DECLARED]).status == NO_DATA


def test_a_deployment_of_this_version_states_the_digest():
    assert run("artifact_digest", parts=[DECLARED], deployments=(deployed("1.8.0", digest=SHA),)).status == PASSED
    assert run("artifact_digest", parts=[DECLARED], deployments=(deployed("1.7.0", digest=SHA),)).status == NO_DATA


def test_what_really_runs_contradicts_whatever_documents_say():
    confirmed = document("attestation", statement(SHA))
    verdict = run("artifact_digest", confirmed, parts=[DECLARED], deployments=(deployed("1.8.0", digest=OTHER_SHA),))
    assert verdict.status == FAILED
    assert "staging" in verdict.detail


def test_nothing_to_compare_with_is_no_data():
    assert run("artifact_digest", parts=[DECLARED]).status == NO_DATA


def test_no_digest_needs_a_reason():
    assert run("artifact_digest", parts=[BRIDGE]).status == FAILED
    excused = replace(BRIDGE, no_digest_reason="a hosted service")
    assert run("artifact_digest", parts=[excused]).status == NO_DATA
    verdict = run(
        "artifact_digest", document("attestation", statement(SHA)), parts=[DECLARED, replace(excused, key="b")]
    )
    assert verdict.status == PASSED
    assert "a hosted service" in verdict.detail


def test_a_digest_that_is_none_fails():
    assert run("artifact_digest", parts=[replace(BRIDGE, digest="md5:abc")]).status == FAILED


def test_real_provenance_states_the_digest_of_the_real_artifact(shared_data):
    folder = shared_data / "05c-attestations/gh-cli"
    wheel = folder / "github_provenance_demo-0.0.12-py3-none-any.whl"
    stated = document("attestation", folder / "github_provenance_demo-0.0.12-py3-none-any-bundle.jsonl")
    part = Part(key="demo", name="demo", version="0.0.12", digest=document("other", wheel).sha256)
    assert run("artifact_digest", stated, parts=[part]).status == PASSED
    flipped = part.digest[:-1] + ("0" if part.digest[-1] != "0" else "1")
    own = replace(stated, part_key="demo")
    assert run("artifact_digest", own, parts=[replace(part, digest=flipped)]).status == FAILED


# --- manual ----------------------------------------------------------------------------------------------------------


def test_a_manual_check_waits_for_a_person():
    assert kind_named("manual").is_by_hand
    assert run("manual").status == NO_DATA
