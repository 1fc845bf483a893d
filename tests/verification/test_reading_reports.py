"""Test and coverage reports, in the dialects that tools write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.errors import Invalid, Refusal
from apps.verification.evidence import understand
from apps.verification.evidence.coverage import read_coverage
from apps.verification.evidence.junit import read_junit

PYTEST = b"""<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="0"
failures="1" skipped="1" tests="4" time="0.123"><testcase classname="test_a" name="test_one" time="0.001"/>
<testcase classname="test_a" name="test_two"><failure message="assert 1 == 2">trace</failure></testcase>
<testcase classname="test_a" name="test_three"><skipped type="pytest.skip"/></testcase>
<testcase classname="test_b" name="test_four"/></testsuite></testsuites>"""
GRADLE = b"""<testsuite name="a.B" tests="2" skipped="0" failures="0" errors="0" time="1,234.5">
<testcase name="x" classname="a.B"/><testcase name="y" classname="a.B"/></testsuite>"""
FLAKY = b"""<testsuite tests="1"><testcase name="x"><flakyFailure message="once"/></testcase></testsuite>"""
NESTED = b"""<testsuites><testsuite name="outer"><testsuite name="inner" tests="2" failures="0">
<testcase name="a"/><testcase name="b"><error/></testcase></testsuite></testsuite></testsuites>"""
ONLY_CLAIMS = b"""<testsuites tests="10" failures="2" errors="1" disabled="3"/>"""
COLLECTION = (
    b"""<testsuite name="jest" tests="1"><error message="suite failed to run"/><testcase name="a"/></testsuite>"""
)
NAMESPACED = b"""<t:testsuite xmlns:t="urn:x" tests="1"><t:testcase name="a"><t:failure/></t:testcase></t:testsuite>"""


@pytest.mark.parametrize(
    ("content", "counts"),
    [
        (PYTEST, (4, 1, 0, 1)),
        (GRADLE, (2, 0, 0, 0)),
        (FLAKY, (1, 0, 0, 0)),
        (NESTED, (2, 0, 1, 0)),
        (ONLY_CLAIMS, (10, 2, 1, 3)),
        (COLLECTION, (1, 0, 1, 0)),
        (NAMESPACED, (1, 1, 0, 0)),
        (b"<testsuites/>", (0, 0, 0, 0)),
        (b'<testsuite tests="99999999999999999999" failures="-1"/>', (0, 0, 0, 0)),
    ],
)
def test_counts(content, counts):
    report = read_junit(content)
    assert (report.tests, report.failures, report.errors, report.skipped) == counts


def test_a_suite_cannot_hide_a_failing_case_behind_its_attributes():
    hidden = b'<testsuite tests="1" failures="0"><testcase classname="a" name="b"><failure/></testcase></testsuite>'
    report = read_junit(hidden)
    assert (report.failures, report.failed_names) == (1, ("a.b",))


def test_what_is_understood_of_a_report():
    assert understand("junit", PYTEST) == {
        "format": "junit",
        "tests": 4,
        "failures": 1,
        "errors": 0,
        "skipped": 1,
        "seconds": 0.001,
        "failed": ["test_a.test_two"],
        "summary": "JUnit report of 4 tests: 1 failed, 0 in error, 1 skipped",
    }


BOMB = b"""<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><testsuite name="&b;"/>"""
REACHING = b"""<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><testsuite name="x">&a;</testsuite>"""


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"<testsuite", "malformed_xml"),
        (b"not xml", "malformed_xml"),
        (b"<html/>", "not_junit"),
        (BOMB, "xml_entities"),
        (REACHING, "xml_entities"),
        (b"<testsuite>" * 100 + b"</testsuite>" * 100, "too_deep"),
        (b'<?xml version="1.0" encoding="x-nonsense"?><testsuite/>', "malformed_xml"),
    ],
)
def test_what_is_no_report_is_refused_in_words(content, code):
    with pytest.raises(Invalid) as refusal:
        understand("junit", content)
    assert refusal.value.errors[0].code == code


COBERTURA = (
    b"""<coverage line-rate="0.75" lines-valid="200" lines-covered="150" branches-valid="10" branches-covered="5"/>"""
)
COBERTURA_BARE = b"""<coverage line-rate="0.5"><packages><package><classes><class><lines><line number="1" hits="1"/>
<line number="2" hits="0"/></lines></class></classes></package></packages></coverage>"""
JACOCO = b"""<report name="x"><counter type="INSTRUCTION" missed="9" covered="1"/>
<counter type="LINE" missed="1" covered="3"/><counter type="BRANCH" missed="2" covered="2"/></report>"""
CLOVER = b"""<coverage generated="1"><project><metrics statements="8" coveredstatements="4" conditionals="2"
coveredconditionals="1"/></project></coverage>"""
LCOV = b"TN:\nSF:a.js\nDA:1,1\nLF:4\nLH:3\nBRF:2\nBRH:1\nend_of_record\nSF:b.js\nLF:6\nLH:6\nend_of_record\n"
COVERAGE_PY = b'{"meta": {}, "totals": {"num_statements": 3, "covered_lines": 2}}'


@pytest.mark.parametrize(
    ("content", "name", "lines", "branches"),
    [
        (COBERTURA, "cobertura", 75, 50),
        (COBERTURA_BARE, "cobertura", 50, None),
        (JACOCO, "jacoco", 75, 50),
        (CLOVER, "clover", 50, 50),
        (LCOV, "lcov", 90, 50),
        (COVERAGE_PY, "coverage.py", 66.66, None),
    ],
)
def test_coverage_in_every_dialect(content, name, lines, branches):
    understood = understand("coverage", content)
    assert (understood["format"], understood["line_percent"], understood["branch_percent"]) == (name, lines, branches)


def test_coverage_is_rounded_down():
    report = read_coverage(b'{"totals": {"num_statements": 100000, "covered_lines": 79999}}')
    assert report.line_percent == 79.99


@pytest.mark.parametrize(
    "content", [b"<html/>", b"{}", b"hello", b'<coverage line-rate="2" lines-valid="1" lines-covered="2"/>']
)
def test_what_is_no_coverage_report_is_refused(content):
    with pytest.raises(Invalid) as refusal:
        understand("coverage", content)
    assert refusal.value.errors[0].code == "not_coverage"


@given(st.sampled_from([PYTEST, GRADLE, COBERTURA, JACOCO, CLOVER]), st.integers(0, 999), st.integers(0, 255))
def test_a_flipped_byte_never_breaks_a_reader(content, place, byte):
    damaged = bytearray(content)
    damaged[place % len(damaged)] = byte
    for kind in ("junit", "coverage"):
        try:
            understand(kind, bytes(damaged))
        except Refusal:
            continue


SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@pytest.mark.parametrize(
    "content",
    [
        f"{SHA}  bridge.tar.gz\n",
        f"{SHA} *bridge.tar.gz",
        f"SHA256 (bridge.tar.gz) = {SHA.upper()}",
    ],
)
def test_a_list_of_checksums_is_understood(content):
    assert understand("other", content.encode())["checksums"] == {"bridge.tar.gz": f"sha256:{SHA}"}


@pytest.mark.parametrize(
    "content", [b"", b"Dear all,\n", b"\xff\xfe", b"d41d8cd98f00b204e9800998ecf8427e  md5-is-too-weak"]
)
def test_anything_else_is_kept_without_being_understood(content):
    assert understand("other", content) == {}
