"""Coverage reports: Cobertura and JaCoCo XML, Clover XML, LCOV, and coverage.py JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from apps.core.documents import local_name, read_json_object, read_xml
from apps.core.errors import FieldError, Invalid


@dataclass(frozen=True)
class CoverageReport:
    """How much of the code the tests ran through."""

    format: str
    lines: int
    covered_lines: int
    branches: int = 0
    covered_branches: int = 0

    @property
    def line_percent(self) -> float | None:
        return _percent(self.covered_lines, self.lines)

    @property
    def branch_percent(self) -> float | None:
        return _percent(self.covered_branches, self.branches)

    def summary(self) -> dict[str, Any]:
        lines = "no lines at all" if self.line_percent is None else f"{self.line_percent:g} % of {self.lines} lines"
        return {
            "format": self.format.lower(),
            "lines": self.lines,
            "covered_lines": self.covered_lines,
            "line_percent": self.line_percent,
            "branches": self.branches,
            "covered_branches": self.covered_branches,
            "branch_percent": self.branch_percent,
            "summary": f"{self.format} report covering {lines}",
        }


def _percent(part: int, whole: int) -> float | None:
    """Rounded down: 79.99 must not read as 80."""
    return int(part * 10000 / whole) / 100 if whole else None


def read_coverage(content: bytes) -> CoverageReport:
    """Raises Invalid when it is none of the formats."""
    start = content[:4096].lstrip(b"\xef\xbb\xbf \r\n\t")
    if start.startswith(b"<"):
        return _from_xml(content)
    if start.startswith(b"{"):
        return _from_coverage_py(read_json_object(content))
    return _from_lcov(content.decode("utf-8", errors="replace"))


def _from_xml(content: bytes) -> CoverageReport:
    root = read_xml(content)
    name = local_name(root)
    if name == "coverage" and root.get("line-rate") is not None:
        return _from_cobertura(root)
    if name == "coverage":
        return _from_clover(root)
    if name == "report":
        return _from_jacoco(root)
    raise _not_coverage(f"The outermost element is <{name[:60]}>.")


def _from_cobertura(root: Element) -> CoverageReport:
    lines = {
        (position, line.get("number")): _count(line.get("hits")) > 0
        for position, group in enumerate(one for one in root.iter() if local_name(one) == "class")
        for line in group.iter()
        if local_name(line) == "line"
    }
    return _checked(
        CoverageReport(
            "Cobertura",
            lines=_count(root.get("lines-valid")) or len(lines),
            covered_lines=_count(root.get("lines-covered")) or sum(lines.values()),
            branches=_count(root.get("branches-valid")),
            covered_branches=_count(root.get("branches-covered")),
        )
    )


def _from_clover(root: Element) -> CoverageReport:
    project = next((one for one in root if local_name(one) == "project"), root)
    metrics = next((one for one in project if local_name(one) == "metrics"), None)
    if metrics is None:
        raise _not_coverage("It has neither a line-rate (Cobertura) nor metrics (Clover).")
    return _checked(
        CoverageReport(
            "Clover",
            lines=_count(metrics.get("statements")),
            covered_lines=_count(metrics.get("coveredstatements")),
            branches=_count(metrics.get("conditionals")),
            covered_branches=_count(metrics.get("coveredconditionals")),
        )
    )


def _from_jacoco(root: Element) -> CoverageReport:
    counters = {one.get("type"): one for one in root if local_name(one) == "counter"}
    if "LINE" not in counters:
        raise _not_coverage("It has no LINE counter (JaCoCo).")

    def both(kind: str) -> tuple[int, int]:
        counter = counters.get(kind)
        if counter is None:
            return 0, 0
        covered = _count(counter.get("covered"))
        return covered + _count(counter.get("missed")), covered

    (lines, covered_lines), (branches, covered_branches) = both("LINE"), both("BRANCH")
    return _checked(CoverageReport("JaCoCo", lines, covered_lines, branches, covered_branches))


def _from_coverage_py(document: dict[str, Any]) -> CoverageReport:
    totals = document.get("totals")
    if not isinstance(totals, dict) or "num_statements" not in totals:
        raise _not_coverage("It is JSON without the totals of coverage.py.")
    names = ("num_statements", "covered_lines", "num_branches", "covered_branches")
    return _checked(CoverageReport("coverage.py", *(_count(totals.get(name)) for name in names)))


def _from_lcov(text: str) -> CoverageReport:
    sums = {"LF": 0, "LH": 0, "BRF": 0, "BRH": 0}
    files = 0
    for line in text.splitlines():
        tag, _, value = line.strip().partition(":")
        files += tag == "SF"
        if tag in sums:
            sums[tag] += _count(value)
    if not files:
        raise _not_coverage("It is not one of Cobertura, JaCoCo, Clover, LCOV and coverage.py JSON.")
    return _checked(CoverageReport("LCOV", sums["LF"], sums["LH"], sums["BRF"], sums["BRH"]))


def _checked(report: CoverageReport) -> CoverageReport:
    if report.covered_lines > report.lines or report.covered_branches > report.branches:
        raise _not_coverage("It counts more covered lines than there are lines.")
    return report


def _count(value: Any) -> int:
    text = str(value if value is not None else "0").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 13 else 0


def _not_coverage(detail: str) -> Invalid:
    return Invalid([FieldError("", "not_coverage", f"This is not a coverage report: {detail}")])
