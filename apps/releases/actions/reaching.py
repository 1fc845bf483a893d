"""What the change would reach is put on record when the release comes to a stage at which somebody relies on it."""

from __future__ import annotations

from apps.core import moves
from apps.core.actor import Actor
from apps.releases.actions.ground import by_itself
from apps.releases.lifecycle.words import ImpactStage
from apps.releases.models import ImpactRecord, Release
from apps.releases.queries.reach import reached_by


def note_impact(release: Release, stage: ImpactStage, *, by: Actor) -> ImpactRecord:
    """Ask the map and keep its answer. The release is locked."""
    found = reached_by(release)
    record = ImpactRecord(
        release=release,
        stage=stage,
        items=found.items,
        parties=found.parties,
        weight=found.impact.weight,
        edges=len(found.impact.edges),
        stale_edges=len(found.impact.stale_edges()),
        unresolved=found.impact.unresolved,
        truncated=found.impact.truncated,
    )
    return moves.create(record, by=by_itself(by), verb="note")
