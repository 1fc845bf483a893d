"""What CI tools say about their runs."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.cmdb.models import ConfigurationItem
from apps.core import moves
from apps.core.actor import Actor
from apps.releases.permissions import may_report
from apps.verification.models import PipelineRun


@transaction.atomic
def note_pipeline_run(
    *,
    ci: ConfigurationItem,
    source: str,
    external_id: str,
    commit: str,
    at: datetime,
    by: Actor,
    name: str = "",
    ref: str = "",
    conclusion: str = "",
    attempt: int = 1,
    url: str = "",
) -> PipelineRun:
    """Take down where a run stands. In whatever order reports come, the end of its last attempt is what stays."""
    moves.require(may_report, None, by)
    told = {"name": name, "ref": ref, "conclusion": conclusion, "attempt": attempt, "at": at, "url": url}
    known = PipelineRun.objects.select_for_update().filter(source=source, external_id=external_id).first()
    if known is None:
        row = PipelineRun(ci=ci, source=source, external_id=external_id, commit=commit, **told)
        return moves.create(row, by=by, verb="note")
    if _weight(attempt, conclusion, at) <= _weight(known.attempt, known.conclusion, known.at):
        return known
    return moves.change(known, told, by=by, verb="note")


def _weight(attempt: int, conclusion: str, at: datetime) -> tuple[int, bool, datetime]:
    return attempt, bool(conclusion), at
