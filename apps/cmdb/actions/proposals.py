"""Relationships that the map may be missing: proposed by what happens to items, decided by people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.cmdb.actions.relationships import create_relationship
from apps.cmdb.lifecycle import ProposalStatus
from apps.cmdb.models import ProposedRelationship, RelationshipType
from apps.cmdb.queries.proposals import FoundPair, in_words
from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.keys import next_key

ORIGIN = "proposed"
USUAL_TYPE = "depends-on"


@transaction.atomic
def renew_proposals(*, found: Iterable[FoundPair], at: datetime, by: Actor) -> int:
    """Bring the proposals up to date with what was found now. Returns how many are proposed.

    What was dismissed stays so until the evidence has doubled; what is no longer found lapses.
    """
    known = {one.pair: one for one in ProposedRelationship.objects.all()}
    usual = RelationshipType.objects.get(slug=USUAL_TYPE)
    named = {one.pair: one for one in found}
    for pair, one in named.items():
        row = known.get(pair)
        if row is None:
            _propose(one, usual, at, by)
        else:
            _renew(row, one, at, by)
    for pair, row in known.items():
        if pair not in named and row.status == ProposalStatus.PROPOSED:
            moves.move(row, "lapse", by=by)
    return ProposedRelationship.objects.filter(status=ProposalStatus.PROPOSED).count()


@transaction.atomic
def accept_proposal(
    *,
    proposal: ProposedRelationship,
    by: Actor,
    type: RelationshipType | None = None,
    is_turned: bool = False,
    note: str = "",
) -> ProposedRelationship:
    """Put it on the map, in the direction proposed or turned round; the evidence stands in the note."""
    row = moves.move(proposal, "accept", by=by, note=note, change=_decided(by, note))
    source, target = (row.target, row.source) if is_turned else (row.source, row.target)
    said = " ".join([*in_words(row), note]).strip()
    edge = create_relationship(source=source, type=type or row.type, target=target, origin=ORIGIN, by=by, note=said)
    return moves.change(row, {"relationship": edge}, by=by, verb="relate")


@transaction.atomic
def dismiss_proposal(*, proposal: ProposedRelationship, by: Actor, note: str = "") -> ProposedRelationship:
    """They do not hang together; the reason is kept."""
    support = moves.lock(proposal).support
    return moves.move(
        proposal, "dismiss", by=by, note=note, change={**_decided(by, note), "dismissed_support": support}
    )


def _decided(by: Actor, note: str) -> dict[str, Any]:
    return {"decided_by": by.user, "decided_at": now(), "reason": note}


def _propose(one: FoundPair, usual: RelationshipType, at: datetime, by: Actor) -> None:
    row = ProposedRelationship(
        key=next_key("PRP", at.year), source_id=one.source, target_id=one.target, type=usual, **_weight(one, at)
    )
    moves.create(row, by=by)


def _renew(row: ProposedRelationship, one: FoundPair, at: datetime, by: Actor) -> None:
    if row.status == ProposalStatus.PROPOSED:
        if row.evidence != one.evidence:
            moves.change(row, _weight(one, at), by=by, verb="weigh")
    elif _is_due_again(row, one):
        moves.move(row, "raise_again", by=by, change=_weight(one, at))


def _is_due_again(row: ProposedRelationship, one: FoundPair) -> bool:
    """Accepted is accepted: whoever removed the relationship since has looked."""
    if row.status == ProposalStatus.ACCEPTED:
        return False
    return row.dismissed_support is None or one.support >= 2 * row.dismissed_support


def _weight(one: FoundPair, at: datetime) -> dict[str, Any]:
    return {"evidence": one.evidence, "times": one.times, "support": one.support, "judged_at": at}
