"""Coverage, licences, banned components, rehearsals and the way back."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.verification.evidence.licences import satisfies
from apps.verification.evidence.ranges import compare, is_within
from apps.verification.kinds import kind_named
from apps.verification.kinds.kind import Kind
from apps.verification.kinds.result import ERROR, FAILED, INCONCLUSIVE, NO_DATA, PASSED
from apps.verification.kinds.subject import PipelineReport
from tests.verification.factory import BRIDGE, NOON, PROTON, deployed, document, subject

ROOT = Path(__file__).resolve().parents[2]


def run(slug: str, *documents, **more):
    return kind_named(slug).run(subject(*documents, **more))


# --- coverage --------------------------------------------------------------------------------------------------------

REPORT = b'{"totals": {"num_statements": 1000, "covered_lines": 799, "num_branches": 10, "covered_branches": 9}}'


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({}, FAILED),
        ({"min_lines": 79.9}, PASSED),
        ({"min_lines": 79.91}, FAILED),
        ({"min_lines": 50, "min_branches": 90}, PASSED),
        ({"min_lines": 50, "min_branches": 91}, FAILED),
        ({"min_lines": 101}, ERROR),
    ],
)
def test_coverage(params, status):
    assert run("coverage", document("coverage", REPORT), params=params).status == status


def test_coverage_without_lines_or_without_a_report():
    empty = b'{"totals": {"num_statements": 0, "covered_lines": 0}}'
    assert run("coverage", document("coverage", empty)).status == FAILED
    assert run("coverage").status == NO_DATA
    assert run("coverage", document("coverage", b"<html/>")).status == FAILED


# --- licences --------------------------------------------------------------------------------------------------------


def bom(*components: dict) -> bytes:
    listed = [{"type": "library", "name": f"lib{at}", "version": "1", **one} for at, one in enumerate(components)]
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": listed}).encode()


def licensed(*ids: str) -> dict:
    return {"licenses": [{"license": {"id": one}} for one in ids]}


def expressed(expression: str) -> dict:
    return {"licenses": [{"expression": expression}]}


@pytest.mark.parametrize(
    ("component", "params", "status"),
    [
        (licensed("MIT"), {"allowed": ["MIT"]}, PASSED),
        (licensed("MIT"), {"allowed": ["mit"]}, PASSED),
        (licensed("MIT"), {"allowed": ["Apache-2.0"]}, FAILED),
        (licensed("MIT"), {}, PASSED),
        (licensed("MIT"), {"denied": ["MIT"]}, FAILED),
        (licensed("MIT", "GPL-3.0-only"), {"allowed": ["MIT"]}, FAILED),
        (expressed("MIT OR GPL-3.0-only"), {"allowed": ["MIT"]}, PASSED),
        (expressed("MIT AND GPL-3.0-only"), {"allowed": ["MIT"]}, FAILED),
        (expressed("GPL-3.0-only OR (MIT AND Apache-2.0)"), {"denied": ["GPL-3.0-only"]}, PASSED),
        (expressed("GPL-2.0-only WITH Classpath-exception-2.0"), {"denied": ["GPL-2.0-only"]}, FAILED),
        (expressed("GPL-2.0-or-later"), {"denied": ["GPL-2.0"]}, FAILED),
        ({}, {"allowed": ["MIT"]}, INCONCLUSIVE),
        ({}, {"allowed": ["MIT"], "unknown": "fail"}, FAILED),
        ({}, {"allowed": ["MIT"], "unknown": "pass"}, PASSED),
    ],
)
def test_licence_policy(component, params, status):
    assert run("licence_policy", document("sbom", bom(component)), params=params).status == status


def test_licences_of_a_real_product(shared_data):
    keycloak = shared_data / "05a-cyclonedx/bom-examples/SBOM/keycloak-10.0.2/bom.json"
    verdict = run("licence_policy", document("sbom", keycloak), params={"denied": ["Apache-2.0"]})
    assert verdict.status == FAILED
    assert verdict.output["parts"]["proton-bridge"]["looked_at"] == 903
    assert run("licence_policy", document("sbom", bom())).status == NO_DATA
    assert run("licence_policy").status == NO_DATA


def spoken(children):
    return st.tuples(children, st.sampled_from([" AND ", " OR "]), children).map(lambda parts: f"({''.join(parts)})")


@given(
    st.recursive(st.sampled_from(["MIT", "GPL-3.0-only", "Zlib"]), spoken, max_leaves=12),
    st.sets(st.sampled_from("MGZ")),
)
def test_expressions_mean_what_logic_says(expression, true):
    holds = {"MIT": "M" in true, "GPL-3.0-only": "G" in true, "Zlib": "Z" in true}
    python = re.sub(r"MIT|GPL-3\.0-only|Zlib", lambda match: str(holds[match[0]]), expression)
    python = python.replace("AND", "and").replace("OR", "or")
    assert satisfies(expression, holds.__getitem__) is eval(python)


@pytest.mark.parametrize(
    "text", ["", "AND", "MIT AND", "(MIT", "MIT)", "MIT WITH", "((" * 100, "a" * 5000, "My own licence"]
)
def test_what_is_no_expression_is_judged_as_a_name(text):
    assert satisfies(text, lambda name: name == text.strip()) is True


# --- banned components -----------------------------------------------------------------------------------------------

LOG4J = {
    "name": "log4j-core",
    "version": "2.14.1",
    "purl": "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1?type=jar",
}


@pytest.mark.parametrize(
    ("pattern", "status"),
    [
        ("pkg:maven/org.apache.logging.log4j/log4j-core@2.14.*", FAILED),
        ("pkg:maven/org.apache.logging.log4j/log4j-core", FAILED),
        ("pkg:maven/org.apache.logging.log4j/log4j-core@2.17.1", PASSED),
        ("log4j-core", FAILED),
        ("LOG4J-CORE@2.14.1", FAILED),
        ("log4j", PASSED),
        ("*log4j*", FAILED),
    ],
)
def test_banned_components(pattern, status):
    assert run("denied_components", document("sbom", bom(LOG4J)), params={"denied": [pattern]}).status == status


def test_banned_components_need_a_list():
    assert run("denied_components", document("sbom", bom(LOG4J))).status == ERROR


def test_nothing_banned_in_a_real_product(shared_data):
    real = document("sbom", shared_data / PROTON.format("1.8.0"))
    assert run("denied_components", real, params={"denied": ["pkg:golang/github.com/evil/*"]}).status == PASSED
    assert run("denied_components", real, params={"denied": ["pkg:golang/github.com/sirupsen/logrus"]}).status == FAILED


# --- rehearsal and the way back --------------------------------------------------------------------------------------

DAY = timedelta(days=1)
SHA, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def rehearse(*deployments, slug="rehearsal", part=BRIDGE, params=None):
    return run(slug, parts=[part], deployments=deployments, params=params, environment_order=2)


@pytest.mark.parametrize(
    ("deployment", "status"),
    [
        (deployed("1.8.0"), PASSED),
        (deployed("v1.8.0"), PASSED),
        (deployed("1.7.0"), NO_DATA),
        (deployed("1.8.0", status="failure"), FAILED),
        (deployed("1.8.0", status="inactive"), NO_DATA),
        (deployed("1.8.0", status="inactive", has_succeeded=True), PASSED),
        (deployed("1.8.0", environment_order=2), NO_DATA),
        (deployed("1.8.0", at=NOON - 31 * DAY), NO_DATA),
        (deployed("1.8.0", at=NOON + DAY), NO_DATA),
        (deployed("1.8.0", part="other"), NO_DATA),
    ],
)
def test_a_rehearsal_is_of_these_versions_below_and_not_long_ago(deployment, status):
    assert rehearse(deployment).status == status


def test_a_rehearsal_of_another_artifact_under_the_same_version_fails():
    from dataclasses import replace

    part = replace(BRIDGE, digest=SHA)
    assert rehearse(deployed("1.8.0", digest=SHA), part=part).status == PASSED
    assert rehearse(deployed("1.8.0", digest=OTHER), part=part).status == FAILED
    assert rehearse(deployed("other name", digest=SHA), part=part).status == PASSED


def test_a_rehearsal_in_a_named_environment():
    there = deployed("1.8.0", environment="preprod")
    assert rehearse(there, params={"environment": "preprod"}).status == PASSED
    assert rehearse(there, params={"environment": "staging"}).status == NO_DATA
    assert rehearse(deployed("1.8.0", at=NOON - 3 * DAY), params={"within_days": 2}).status == NO_DATA


def back_and_forth(*steps: tuple[str, int], **more) -> list:
    return [deployed(version, at=NOON - 10 * DAY + hours * timedelta(hours=1), **more) for version, hours in steps]


@pytest.mark.parametrize(
    ("deployments", "status"),
    [
        (back_and_forth(("1.6.3", 0), ("1.8.0", 1), ("1.6.3", 2)), PASSED),
        (back_and_forth(("1.6.3", 0), ("1.8.0", 1)), NO_DATA),
        (back_and_forth(("1.8.0", 1), ("1.7.0", 2)), NO_DATA),
        (back_and_forth(("1.8.0", 1)) + back_and_forth(("1.6.3", 2), environment="qa"), NO_DATA),
        (back_and_forth(("1.8.0", 1)) + back_and_forth(("1.6.3", 2), status="failure"), FAILED),
        ([], NO_DATA),
    ],
)
def test_the_way_back(deployments, status):
    assert rehearse(*deployments, slug="rollback_proven").status == status


def test_without_a_version_before_there_is_no_way_back():
    from dataclasses import replace

    assert rehearse(slug="rollback_proven", part=replace(BRIDGE, from_version="")).status == NO_DATA


# --- the how-to ------------------------------------------------------------------------------------------------------


def test_the_kind_in_the_how_to_works_as_it_says():
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/howto/add-a-check-kind.md").read_text("utf-8"), re.DOTALL)
    scope: dict = {}
    exec(blocks[0], scope)
    (kind,) = [
        one()
        for one in scope.values()
        if isinstance(one, type) and issubclass(one, Kind) and one.__module__ == "builtins"
    ]
    scope |= {"run": lambda slug, *given: kind.run(subject(*given)), "document": document}
    scope |= {"FAILED": FAILED, "PASSED": PASSED, "NO_DATA": NO_DATA}
    exec(blocks[1], scope)
    scope["test_a_version_that_is_not_mentioned_fails"]()


# --- pipelines -------------------------------------------------------------------------------------------------------

COMMIT = "f95f852bd8fca8fcc58a9a2d6c842781e32a215e"
BUILT = replace(BRIDGE, purl=f"pkg:golang/x/bridge@v1.8.0?vcs_url=git%2Bhttps://git.example/x.git%40{COMMIT}")


def ran(name="build", conclusion="success", commit=COMMIT, minutes=0, **more) -> PipelineReport:
    known = {"part_key": "proton-bridge", "at": NOON + timedelta(minutes=minutes), **more}
    return PipelineReport(name=name, commit=commit, conclusion=conclusion, **known)


def piped(*reports, part=BUILT, **params):
    return run("pipeline_green", parts=[part], pipelines=reports, params=params)


@pytest.mark.parametrize(
    ("reports", "params", "status"),
    [
        ([ran()], {}, PASSED),
        ([ran(conclusion="failure")], {}, FAILED),
        ([ran(conclusion="cancelled")], {}, FAILED),
        ([ran(conclusion="")], {}, INCONCLUSIVE),
        ([ran(), ran("lint", "failure")], {}, FAILED),
        ([ran("lint", "skipped"), ran()], {}, PASSED),
        ([ran(conclusion="failure"), ran(minutes=5)], {}, PASSED),
        ([ran(), ran(conclusion="failure", minutes=5)], {}, FAILED),
        ([ran(commit="0" * 40)], {}, NO_DATA),
        ([ran(part_key="other")], {}, NO_DATA),
        ([], {}, NO_DATA),
        ([ran()], {"pipelines": ["build"]}, PASSED),
        ([ran()], {"pipelines": ["build", "deploy*"]}, NO_DATA),
        ([ran(), ran("lint", "failure")], {"pipelines": ["build"]}, PASSED),
    ],
)
def test_pipelines_over_the_commit(reports, params, status):
    assert piped(*reports, **params).status == status


def test_which_commit_a_component_is_of():
    assert piped(ran(), part=replace(BRIDGE, version=COMMIT, purl="")).status == PASSED
    assert piped(ran(), part=replace(BRIDGE, version=COMMIT[:10], purl="")).status == PASSED
    assert piped(ran(ref="v1.8.0"), part=BRIDGE).status == PASSED
    assert piped(ran(ref="main"), part=BRIDGE).status == NO_DATA


# --- dependencies live -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "wanted", "fits"),
    [
        ("2.1.0", ">=2.1, <3", True),
        ("v2.1", ">=2.1.0", True),
        ("2.0.9", ">=2.1", False),
        ("3.0.0", ">=2.1, <3", False),
        ("3.0.0-rc.1", "<3", True),
        ("3.0.0-rc.2", ">3.0.0-rc.1", True),
        ("3.0.0-rc.10", ">3.0.0-rc.9", True),
        ("3.0.0", ">3.0.0-rc.9", True),
        ("1.10.0", ">1.9.0", True),
        ("1.8.0+build.7", "==1.8.0", True),
        ("1.8", "1.8.0", True),
        ("1.8.0", "!=1.8.0", False),
        ("f95f852", "f95f852", True),
        ("f95f852", "0000000", False),
    ],
)
def test_ranges_of_versions(version, wanted, fits):
    assert is_within(version, wanted) is fits


NUMBERS = st.lists(st.integers(0, 30), min_size=1, max_size=4)


@given(NUMBERS, NUMBERS)
def test_numbers_compare_as_numbers(one, other):
    def padded(numbers):
        return numbers + [0] * (4 - len(numbers))

    expected = (padded(one) > padded(other)) - (padded(one) < padded(other))
    assert compare(".".join(map(str, one)), ".".join(map(str, other))) == expected


@pytest.mark.parametrize(
    ("installed", "needs", "status"),
    [
        ({"auth": "2.2.0"}, {"auth": ">=2.1, <3"}, PASSED),
        ({"auth": "2.0.0"}, {"auth": ">=2.1, <3"}, FAILED),
        ({}, {"auth": ">=2.1"}, NO_DATA),
        ({"auth": "2.0.0"}, {"auth": ">=2.1", "mail": "1.0"}, FAILED),
        ({"auth": "2.2.0"}, {"auth": ">=2.1", "mail": "1.0"}, NO_DATA),
        ({"auth": "2.2.0"}, {"auth": "about two"}, ERROR),
        ({"auth": "2.2.0"}, {}, ERROR),
    ],
)
def test_what_the_release_needs_is_live(installed, needs, status):
    verdict = run("dependencies_live", installed=installed, environment="production", params={"needs": needs})
    assert verdict.status == status


def test_without_an_environment_there_is_nowhere_to_look():
    assert run("dependencies_live", params={"needs": {"auth": "1"}}).status == ERROR
