"""Configuration items, their identifiers and the edges between them, one by one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from apps.cmdb.models import (
    CIType,
    ConfigurationItem,
    Environment,
    Identifier,
    Party,
    Relationship,
    RelationshipType,
    ServiceRelationship,
    ValueStream,
)
from apps.cmdb.permissions import may_change_map
from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.models import Recorded


@transaction.atomic
def create_ci(
    *,
    by: Actor,
    value_streams: Iterable[ValueStream] = (),
    identifiers: Iterable[tuple[str, str]] = (),
    **fields: Any,
) -> ConfigurationItem:
    """A new item. `fields` are the columns of ConfigurationItem; Invalid names each that does not fit."""
    moves.require(may_change_map, None, by)
    item = moves.create(ConfigurationItem(**fields), by=by)
    item.value_streams.set(value_streams)
    for source, external_id in identifiers:
        add_identifier(ci=item, source=source, external_id=external_id, by=by)
    return item


@transaction.atomic
def change_ci(
    *, ci: ConfigurationItem, by: Actor, value_streams: Iterable[ValueStream] | None = None, **fields: Any
) -> ConfigurationItem:
    """Change columns of an item."""
    moves.require(may_change_map, ci, by)
    item = moves.change(ci, fields, by=by)
    return item if value_streams is None else moves.relate(item, "value_streams", value_streams, by=by)


def add_identifier(*, ci: ConfigurationItem, source: str, external_id: str, by: Actor) -> Identifier:
    """The name by which a source knows the item."""
    moves.require(may_change_map, ci, by)
    return moves.create(Identifier(ci=ci, source=source, external_id=external_id), by=by)


def create_relationship(
    *,
    source: ConfigurationItem,
    target: ConfigurationItem,
    type: RelationshipType,
    by: Actor,
    origin: str = "",
) -> Relationship:
    """A directed edge. Invalid when it is there already or would be a loop."""
    moves.require(may_change_map, source, by)
    edge = Relationship(source=source, target=target, type=type, origin=origin, last_confirmed_at=now())
    return moves.create(edge.directed(), by=by)


def remove_relationship(*, relationship: Relationship, by: Actor) -> None:
    moves.require(may_change_map, relationship.source, by)
    moves.remove(relationship, by=by)


def create_ci_type(*, by: Actor, **fields: Any) -> CIType:
    return _create(CIType(**fields), by)


def create_environment(*, by: Actor, **fields: Any) -> Environment:
    return _create(Environment(**fields), by)


def create_value_stream(*, by: Actor, **fields: Any) -> ValueStream:
    return _create(ValueStream(**fields), by)


def create_party(*, by: Actor, **fields: Any) -> Party:
    return _create(Party(**fields), by)


def create_service_relationship(*, by: Actor, **fields: Any) -> ServiceRelationship:
    return _create(ServiceRelationship(**fields), by)


def create_relationship_type(*, by: Actor, **fields: Any) -> RelationshipType:
    return _create(RelationshipType(**fields), by)


def change_record(*, record: Recorded, by: Actor, **fields: Any) -> Any:
    """Change columns of a type, an environment, a value stream, a party or a service relationship."""
    moves.require(may_change_map, record, by)
    return moves.change(record, fields, by=by)


def remove_record(*, record: Recorded, by: Actor) -> None:
    """Remove a record that nothing uses any more."""
    moves.require(may_change_map, record, by)
    moves.remove(record, by=by)


def _create(record: Any, by: Actor) -> Any:
    moves.require(may_change_map, record, by)
    return moves.create(record, by=by)
