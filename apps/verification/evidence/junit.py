"""JUnit XML reports, as surefire, pytest, gradle, jest, go-junit-report and others write them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from apps.core.documents import local_name, read_xml
from apps.core.errors import FieldError, Invalid

SUITES = ("testsuites", "testsuite")
NAMED = 20


@dataclass(frozen=True)
class TestReport:
    """The counts, taken from the test cases themselves; what the suites claim counts where it is worse."""

    __test__ = False

    tests: int
    failures: int
    errors: int
    skipped: int
    seconds: float
    failed_names: tuple[str, ...]

    @property
    def executed(self) -> int:
        return self.tests - self.skipped

    @property
    def in_words(self) -> str:
        return f"{self.tests} tests: {self.failures} failed, {self.errors} in error, {self.skipped} skipped"

    def summary(self) -> dict[str, Any]:
        return {
            "format": "junit",
            "tests": self.tests,
            "failures": self.failures,
            "errors": self.errors,
            "skipped": self.skipped,
            "seconds": self.seconds,
            "failed": list(self.failed_names),
            "summary": f"JUnit report of {self.in_words}",
        }


def read_junit(content: bytes) -> TestReport:
    """Raises Invalid when it is not a JUnit report."""
    root = read_xml(content)
    if local_name(root) not in SUITES:
        detail = f"The outermost element is <{local_name(root)[:60]}>, not <testsuites> or <testsuite>."
        raise Invalid([FieldError("", "not_junit", detail)])
    cases = [element for element in root.iter() if local_name(element) == "testcase"]
    outcomes = [_outcome(case) for case in cases]
    suite_errors = sum(1 for suite in _suites(root) for child in suite if local_name(child) == "error")
    bad = [_case_name(case) for case, outcome in zip(cases, outcomes, strict=True) if outcome in ("failure", "error")]
    return TestReport(
        tests=max(len(cases), _claimed(root, "tests")),
        failures=max(outcomes.count("failure"), _claimed(root, "failures")),
        errors=max(outcomes.count("error") + suite_errors, _claimed(root, "errors")),
        skipped=max(outcomes.count("skipped"), _claimed(root, "skipped"), _claimed(root, "disabled")),
        seconds=round(_seconds(root, cases), 3),
        failed_names=tuple(bad[:NAMED]),
    )


def _outcome(case: Element) -> str:
    """A failure that went away when the test ran again (flakyFailure, rerunFailure) is not a failure."""
    children = {local_name(child) for child in case}
    return next((outcome for outcome in ("error", "failure", "skipped") if outcome in children), "passed")


def _suites(root: Element) -> list[Element]:
    return [element for element in root.iter() if local_name(element) == "testsuite"]


def _claimed(element: Element, name: str) -> int:
    """What an attribute says; where an outer suite says nothing, the sum of its inner suites."""
    said = element.get(name)
    if said is not None:
        return int(said) if said.strip().isascii() and said.strip().isdigit() and len(said) < 10 else 0
    return sum(_claimed(child, name) for child in element if local_name(child) == "testsuite")


def _seconds(root: Element, cases: list[Element]) -> float:
    total = _number(root.get("time"))
    return total if total else sum(_number(case.get("time")) for case in cases)


def _number(text: str | None) -> float:
    try:
        value = float((text or "0").replace(",", ""))
    except ValueError:
        return 0.0
    return value if 0 <= value < 1e9 else 0.0


def _case_name(case: Element) -> str:
    return ".".join(filter(None, [case.get("classname"), case.get("name")]))[:200] or "a test without a name"
