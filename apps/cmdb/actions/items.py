"""Configuration items and the names by which sources know them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q

from apps.cmdb.actions.history import Chronicle
from apps.cmdb.models import CIType, ConfigurationItem, Identifier, Relationship, ValueStream
from apps.cmdb.naming import key_from
from apps.cmdb.permissions import may_edit_items
from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now

MOST_TRIES = 10_000


@transaction.atomic
def create_ci(
    *,
    name: str,
    ci_type: CIType,
    by: Actor,
    key: str = "",
    value_streams: Iterable[ValueStream] = (),
    identifiers: Iterable[Mapping[str, str]] = (),
    note: str = "",
    **fields: Any,
) -> ConfigurationItem:
    """Put an item on the map. Without a key it gets one from its name."""
    moves.require(may_edit_items, None, by)
    ci = ConfigurationItem(name=name, ci_type=ci_type, key=key or _free_key(name, ci_type), **fields)
    ci = moves.create(ci, by=by, note=note)
    for one in identifiers:
        moves.create(Identifier(ci=ci, **one), by=by, note=note)
    ci = moves.relate(ci, "value_streams", value_streams, by=by)
    Chronicle(by=by, note=note).keep(items=[ci.pk])
    return ci


def _free_key(name: str, ci_type: CIType) -> str:
    """A key from the name that no other item has."""
    wanted = key_from(name) or ci_type.slug
    taken = set(ConfigurationItem.objects.filter(key__startswith=wanted).values_list("key", flat=True))
    if wanted not in taken:
        return wanted
    return next(key for number in range(2, MOST_TRIES) if (key := f"{wanted}-{number}") not in taken)


@transaction.atomic
def change_ci(
    *,
    ci: ConfigurationItem,
    by: Actor,
    value_streams: Iterable[ValueStream] | None = None,
    identifiers: Iterable[Mapping[str, str]] | None = None,
    note: str = "",
    **fields: Any,
) -> ConfigurationItem:
    """Change an item's own facts. Its key stays: others know it by that. `identifiers` are all it then has."""
    moves.require(may_edit_items, ci, by)
    ci = moves.change(ci, fields, by=by, note=note)
    if identifiers is not None:
        _set_identifiers(ci, identifiers, by, note)
    if value_streams is not None:
        ci = moves.relate(ci, "value_streams", value_streams, by=by, note=note)
    Chronicle(by=by, note=note).keep(items=[ci.pk])
    return ci


def _set_identifiers(ci: ConfigurationItem, wanted: Iterable[Mapping[str, str]], by: Actor, note: str) -> None:
    known = {(one.source, one.external_id): one for one in ci.identifiers.all()}
    names = {(one["source"], one["external_id"]) for one in wanted}
    for name, identifier in known.items():
        if name not in names:
            moves.remove(identifier, by=by, note=note)
    for source, external_id in sorted(names - known.keys()):
        moves.create(Identifier(ci=ci, source=source, external_id=external_id), by=by, note=note)


def confirm_ci(*, ci: ConfigurationItem, by: Actor, note: str = "") -> ConfigurationItem:
    """Somebody has looked: it still exists, whatever its sources say."""
    moves.require(may_edit_items, ci, by)
    return moves.change(ci, {"confirmed_at": now()}, by=by, verb="confirm", note=note)


@transaction.atomic
def retire_ci(*, ci: ConfigurationItem, by: Actor, note: str = "") -> ConfigurationItem:
    """It is no longer in use; it stays on the map for the record."""
    moves.require(may_edit_items, ci, by)
    retired = {"lifecycle": ConfigurationItem.Lifecycle.RETIRED}
    ci = moves.change(ci, retired, by=by, verb="retire", note=note)
    Chronicle(by=by, note=note).keep(items=[ci.pk])
    return ci


@transaction.atomic
def remove_ci(*, ci: ConfigurationItem, by: Actor, note: str = "") -> None:
    """Take an item off the map, with its relationships. Refused while releases or deployments name it."""
    moves.require(may_edit_items, ci, by)
    gone, edges = ci.pk, list(Relationship.objects.filter(Q(source=ci) | Q(target=ci)).values_list("pk", flat=True))
    moves.remove(ci, by=by, note=note)
    Chronicle(by=by, note=note).keep(items=[gone], relationships=edges)


def add_identifier(*, ci: ConfigurationItem, source: str, external_id: str, by: Actor, note: str = "") -> Identifier:
    """Say by which name a source knows the item."""
    moves.require(may_edit_items, ci, by)
    return moves.create(Identifier(ci=ci, source=source, external_id=external_id), by=by, note=note)


@transaction.atomic
def remove_identifier(*, identifier: Identifier, by: Actor, note: str = "") -> None:
    """The source no longer knows the item by this name."""
    moves.require(may_edit_items, identifier.ci, by)
    ci = moves.lock(identifier.ci)
    moves.remove(identifier, by=by, note=note)
    Chronicle(by=by, note=note).keep(items=[ci.pk])
