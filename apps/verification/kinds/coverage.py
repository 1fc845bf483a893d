"""The tests run through enough of the code."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.verification.evidence.coverage import CoverageReport, read_coverage
from apps.verification.kinds import result
from apps.verification.kinds.kind import PartKind, object_of
from apps.verification.kinds.result import Result
from apps.verification.kinds.subject import Part, Subject

PERCENT = {"type": "number", "minimum": 0, "maximum": 100}


class CoverageReached(PartKind):
    slug = "coverage"
    title = _("Coverage")
    help = _("A coverage report shows that the tests run through the wanted share of lines and branches.")
    params = object_of(
        min_lines={**PERCENT, "description": "Per cent of the lines (80)."},
        min_branches={**PERCENT, "description": "Per cent of the branches; not looked at when not given."},
    )
    reads = ("coverage",)

    def judge_part(self, subject: Subject, part: Part) -> Result:
        document = self.newest(subject, part, "coverage")
        if document is None:
            return result.no_data(f"{part.label} has no coverage report.")
        report = read_coverage(document.content())
        kept = {"evidence": [document.pk], "lines": report.line_percent, "branches": report.branch_percent}
        faults = list(_faults(report, subject.params))
        if faults:
            return result.failed(f"{part.label}: {' '.join(faults)}", **kept)
        return result.passed(f"{part.label}: {report.line_percent:g} % of {report.lines} lines are covered.", **kept)


def _faults(report: CoverageReport, params: dict):
    for found, wanted, word in (
        (report.line_percent, params.get("min_lines", 80), "lines"),
        (report.branch_percent, params.get("min_branches"), "branches"),
    ):
        if wanted is None:
            continue
        if found is None:
            yield f"the report counts no {word}."
        elif found < wanted:
            yield f"{found:g} % of the {word} are covered, not {wanted:g} %."
