"""The page of drift: one list at a time, each row with the page where it is settled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.paginator import Page, Paginator
from django.urls import reverse

from apps.compliance import queries as compliance
from apps.compliance.permissions import may_answer_bypass
from apps.releases.queries import DriftKind, DriftList, DriftRow

ROWS_A_PAGE = 50
ROWS_AT_A_TIME = 500


def drift_page(user: Any, found: DriftList, number: str | None) -> dict[str, Any]:
    """A page of rows, each with where to go: to its item, its release, or the deed that answers a bypass."""
    page: Page = Paginator(found, ROWS_A_PAGE).get_page(number)
    bring = _answers(user) if found.kind == DriftKind.UNRELEASED else {}
    rows = [_line(row, bring) for row in page.object_list]
    return {"lines": rows, "page": page}


def drift_cells(found: DriftList) -> Iterator[list[Any]]:
    """Every row of the list as cells of a table, read page by page."""
    for page in Paginator(found, ROWS_AT_A_TIME):
        for row in page.object_list:
            owner = row.ci.owner.slug if row.ci.owner else ""
            yield [
                row.ci.key,
                row.ci.name,
                owner,
                row.environment.slug,
                row.live_version,
                row.expected_version,
                row.release.key if row.release else "",
                row.since,
                row.detail,
                row.advice,
            ]


def _line(row: DriftRow, bring: dict[tuple[Any, ...], str]) -> dict[str, Any]:
    item = reverse("admin:cmdb_configurationitem_change", args=[row.ci.pk])
    return {
        "row": row,
        "item": f"{item}?tab=installed",
        "release": reverse("admin:releases_release_change", args=[row.release.pk]) if row.release else "",
        "bring": bring.get((row.ci.pk, row.environment.pk, row.live_version), ""),
    }


def _answers(user: Any) -> dict[tuple[Any, ...], str]:
    """For each open bypass that this person may answer: what went live where, and the page of the deed."""
    return {
        (one.deployment.ci_id, one.deployment.environment_id, one.deployment.deployed_version): reverse(
            "admin:compliance_finding_deed", args=[one.finding.pk, "bring"]
        )
        for one in compliance.bypasses()
        if may_answer_bypass(one.finding, user)
    }
