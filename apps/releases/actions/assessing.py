"""Take over what the stated factors say of the risk."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from apps.core import moves
from apps.core.actor import Actor
from apps.releases.actions.ground import by_itself, held
from apps.releases.lifecycle.editing import refuse_unless_editable
from apps.releases.lifecycle.words import Risk
from apps.releases.models import Release
from apps.releases.permissions import may_edit
from apps.releases.queries.risk import risk_of
from apps.releases.risk import Assessment


@transaction.atomic
def assess_risk(*, release: Release, by: Actor, note: str = "") -> Release:
    """State the risk that the factors give. The factors stand with it on record."""
    release = held(release)
    refuse_unless_editable(release, {"risk"})
    moves.require(may_edit, release, by)
    return _state(release, by, note)


def assess_unstated_risk(release: Release, *, by: Actor) -> Release:
    """A risk that nobody has stated is taken over by itself. The release is locked by the caller."""
    return _state(release, by_itself(by), "") if release.risk == Risk.NOT_ASSESSED else release


def _state(release: Release, by: Actor, note: str) -> Release:
    found = risk_of(release)
    if found.risk == release.risk:
        moves.record(release, "assess_risk", by=by, note=note, data=_on_record(found))
        return release
    return moves.change(release, {"risk": found.risk}, by=by, verb="assess_risk", note=note, data=_on_record(found))


def _on_record(found: Assessment) -> dict[str, Any]:
    factors = [{"factor": one.name, "points": one.points, "why": one.why} for one in found.factors]
    return {"points": found.points, "assessed": found.risk, "factors": factors}
