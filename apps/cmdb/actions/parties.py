"""Value streams, parties outside, and the services that tie them to us."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from apps.cmdb.actions.history import Chronicle
from apps.cmdb.models import ConfigurationItem, Party, ServiceRelationship, ValueStream
from apps.cmdb.permissions import may_edit_items
from apps.core import moves
from apps.core.actor import Actor


def create_value_stream(*, slug: str, name: str, by: Actor, note: str = "", **fields: Any) -> ValueStream:
    moves.require(may_edit_items, None, by)
    return moves.create(ValueStream(slug=slug, name=name, **fields), by=by, note=note)


def change_value_stream(*, value_stream: ValueStream, by: Actor, note: str = "", **fields: Any) -> ValueStream:
    moves.require(may_edit_items, value_stream, by)
    return moves.change(value_stream, fields, by=by, note=note)


@transaction.atomic
def remove_value_stream(*, value_stream: ValueStream, by: Actor, note: str = "") -> None:
    """The items that served it serve it no more."""
    moves.require(may_edit_items, value_stream, by)
    served = list(value_stream.items.select_for_update().values_list("pk", flat=True))
    moves.remove(value_stream, by=by, note=note)
    Chronicle(by=by, note=note).keep(items=served)


def create_party(*, slug: str, name: str, by: Actor, note: str = "", **fields: Any) -> Party:
    """Add a consumer or partner outside the organisation."""
    moves.require(may_edit_items, None, by)
    return moves.create(Party(slug=slug, name=name, **fields), by=by, note=note)


def change_party(*, party: Party, by: Actor, note: str = "", **fields: Any) -> Party:
    moves.require(may_edit_items, party, by)
    return moves.change(party, fields, by=by, note=note)


def remove_party(*, party: Party, by: Actor, note: str = "") -> None:
    moves.require(may_edit_items, party, by)
    moves.remove(party, by=by, note=note)


def create_service_relationship(
    *, party: Party, service: ConfigurationItem, by: Actor, note: str = "", **fields: Any
) -> ServiceRelationship:
    """Tie a party to a service, with the notice it must be given before a release."""
    moves.require(may_edit_items, service, by)
    return moves.create(ServiceRelationship(party=party, service=service, **fields), by=by, note=note)


def change_service_relationship(
    *, service_relationship: ServiceRelationship, by: Actor, note: str = "", **fields: Any
) -> ServiceRelationship:
    moves.require(may_edit_items, service_relationship.service, by)
    return moves.change(service_relationship, fields, by=by, note=note)


def remove_service_relationship(*, service_relationship: ServiceRelationship, by: Actor, note: str = "") -> None:
    moves.require(may_edit_items, service_relationship.service, by)
    moves.remove(service_relationship, by=by, note=note)
