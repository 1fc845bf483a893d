"""What CI tools say about their runs."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.cmdb.models import ConfigurationItem
from apps.core import moves
from apps.core.actor import Actor
from apps.releases import actions as releases
from apps.releases.permissions import may_report
from apps.verification.models import PipelineRun
from apps.verification.queries import components_of_run


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
    author: str = "",
    started_by: str = "",
) -> PipelineRun:
    """Take down where a run stands. In whatever order reports come, the end of its last attempt is what stays."""
    moves.require(may_report, None, by)
    told = {"name": name, "ref": ref, "conclusion": conclusion, "attempt": attempt, "at": at, "url": url}
    told |= {"author": author[:200], "started_by": started_by[:200]}
    known = PipelineRun.objects.select_for_update().filter(source=source, external_id=external_id).first()
    if known is None:
        row = PipelineRun(ci=ci, source=source, external_id=external_id, commit=commit, **told)
        return moves.create(row, by=by, verb="note")
    if _weight(attempt, conclusion, at) <= _weight(known.attempt, known.conclusion, known.at):
        return known
    return moves.change(known, told, by=by, verb="note")


def note_origins(*, run: PipelineRun, by: Actor) -> int:
    """The author of a commit and whoever had it built are named in each open release that brings this very commit."""
    if not (run.author or run.started_by):
        return 0
    noted = 0
    for component in components_of_run(run):
        authors = [run.author] if run.author else []
        releases.note_origin(component=component, authors=authors, built_by=run.started_by, by=by)
        noted += 1
    return noted


def _weight(attempt: int, conclusion: str, at: datetime) -> tuple[int, bool, datetime]:
    return attempt, bool(conclusion), at
