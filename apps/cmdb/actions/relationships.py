"""How items hang together, as people say it."""

from __future__ import annotations

from django.db import transaction

from apps.cmdb.actions.history import Chronicle
from apps.cmdb.models import ConfigurationItem, Relationship, RelationshipType
from apps.cmdb.permissions import may_edit_items
from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now


@transaction.atomic
def create_relationship(
    *,
    source: ConfigurationItem,
    type: RelationshipType,
    target: ConfigurationItem,
    by: Actor,
    note: str = "",
    origin: str = "",
) -> Relationship:
    """Say that one item hangs on another. `origin` says where the word comes from, when it is not a person's own."""
    moves.require(may_edit_items, source, by)
    edge = Relationship(source=source, type=type, target=target, origin=origin, last_confirmed_at=now())
    edge = moves.create(edge, by=by, note=note)
    Chronicle(by=by, note=note).keep(relationships=[edge.pk])
    return edge


@transaction.atomic
def confirm_relationship(*, relationship: Relationship, by: Actor, note: str = "") -> Relationship:
    """Somebody has looked: it is still so."""
    moves.require(may_edit_items, relationship.source, by)
    said = {"last_confirmed_at": now(), "missing_since": None}
    edge = moves.change(relationship, said, by=by, verb="confirm", note=note)
    Chronicle(by=by, note=note).keep(relationships=[edge.pk])
    return edge


@transaction.atomic
def remove_relationship(*, relationship: Relationship, by: Actor, note: str = "") -> None:
    """They no longer hang together, or never did."""
    moves.require(may_edit_items, relationship.source, by)
    gone = relationship.pk
    moves.remove(relationship, by=by, note=note)
    Chronicle(by=by, note=note).keep(relationships=[gone])
