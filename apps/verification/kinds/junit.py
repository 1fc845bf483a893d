"""Tests were run, and they are green."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.verification.evidence.junit import TestReport, read_junit
from apps.verification.kinds import result
from apps.verification.kinds.kind import PartKind, object_of
from apps.verification.kinds.result import Result
from apps.verification.kinds.subject import Document, Part, Subject

COUNT = {"type": "integer", "minimum": 0}


class JunitGreen(PartKind):
    slug = "junit"
    title = _("Test report")
    help = _("A JUnit report shows that tests were run and none failed, within the thresholds of the model.")
    reads = ("junit",)
    params = object_of(
        min_tests={"type": "integer", "minimum": 1, "description": "How many tests must have run (1)."},
        max_failures={**COUNT, "description": "How many tests may fail (0)."},
        max_errors={**COUNT, "description": "How many tests may end in an error (0)."},
        max_skipped={**COUNT, "description": "How many tests may be skipped (any number)."},
        reports={
            "enum": ["newest", "all"],
            "description": "Which reports count: the newest (a later run replaces an earlier one) or all together.",
        },
    )

    def judge_part(self, subject: Subject, part: Part) -> Result:
        documents = self._counted(subject, part)
        if not documents:
            return result.no_data(f"{part.label} has no test report.")
        report = together([read_junit(document.content()) for document in documents])
        faults = list(_faults(report, subject.params))
        kept = {
            "evidence": [document.pk for document in documents],
            "tests": report.tests,
            "failures": report.failures,
            "errors": report.errors,
            "skipped": report.skipped,
            "failed": list(report.failed_names),
        }
        if faults:
            return result.failed(f"{part.label}: {' '.join(faults)}", **kept)
        return result.passed(f"{part.label}: {report.in_words}.", **kept)

    def _counted(self, subject: Subject, part: Part) -> list[Document]:
        if subject.params.get("reports") == "all":
            return subject.documents_for(part, "junit")
        newest = self.newest(subject, part, "junit")
        return [newest] if newest else []


def together(reports: list[TestReport]) -> TestReport:
    return TestReport(
        tests=sum(one.tests for one in reports),
        failures=sum(one.failures for one in reports),
        errors=sum(one.errors for one in reports),
        skipped=sum(one.skipped for one in reports),
        seconds=sum(one.seconds for one in reports),
        failed_names=tuple(name for one in reports for name in one.failed_names),
    )


def _faults(report: TestReport, params: dict):
    least = params.get("min_tests", 1)
    if report.executed < least:
        yield f"only {report.executed} tests were run, not {least}."
    for count, limit, word in (
        (report.failures, params.get("max_failures", 0), "failed"),
        (report.errors, params.get("max_errors", 0), "ended in an error"),
        (report.skipped, params.get("max_skipped"), "were skipped"),
    ):
        if limit is not None and count > limit:
            named = f" ({', '.join(report.failed_names[:3])})" if report.failed_names and word != "were skipped" else ""
            yield f"{count} of {report.tests} tests {word}{named}; allowed are {limit}."
