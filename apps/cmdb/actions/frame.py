"""What the map is drawn with: types of items and relationships, and environments."""

from __future__ import annotations

from typing import Any

from apps.cmdb.models import CIType, Environment, RelationshipType
from apps.cmdb.permissions import may_edit_frame
from apps.core import moves
from apps.core.actor import Actor


def create_ci_type(*, slug: str, name: str, by: Actor, note: str = "", **fields: Any) -> CIType:
    """Add a kind of configuration item, with the schema of its attributes."""
    moves.require(may_edit_frame, None, by)
    return moves.create(CIType(slug=slug, name=name, **fields), by=by, note=note)


def change_ci_type(*, ci_type: CIType, by: Actor, note: str = "", **fields: Any) -> CIType:
    """Items that no longer fit a changed schema stay as they are; the page of the type names them."""
    moves.require(may_edit_frame, ci_type, by)
    return moves.change(ci_type, fields, by=by, note=note)


def remove_ci_type(*, ci_type: CIType, by: Actor, note: str = "") -> None:
    """Refused while items are of this type."""
    moves.require(may_edit_frame, ci_type, by)
    moves.remove(ci_type, by=by, note=note)


def create_relationship_type(
    *, slug: str, name: str, reverse_name: str, by: Actor, note: str = "", **fields: Any
) -> RelationshipType:
    """Add a way in which items hang together, with the direction in which impact flows."""
    moves.require(may_edit_frame, None, by)
    return moves.create(RelationshipType(slug=slug, name=name, reverse_name=reverse_name, **fields), by=by, note=note)


def change_relationship_type(
    *, relationship_type: RelationshipType, by: Actor, note: str = "", **fields: Any
) -> RelationshipType:
    moves.require(may_edit_frame, relationship_type, by)
    return moves.change(relationship_type, fields, by=by, note=note)


def remove_relationship_type(*, relationship_type: RelationshipType, by: Actor, note: str = "") -> None:
    """Refused while relationships are of this type."""
    moves.require(may_edit_frame, relationship_type, by)
    moves.remove(relationship_type, by=by, note=note)


def create_environment(*, slug: str, name: str, by: Actor, note: str = "", **fields: Any) -> Environment:
    """Add a place that versions are deployed to."""
    moves.require(may_edit_frame, None, by)
    return moves.create(Environment(slug=slug, name=name, **fields), by=by, note=note)


def change_environment(*, environment: Environment, by: Actor, note: str = "", **fields: Any) -> Environment:
    moves.require(may_edit_frame, environment, by)
    return moves.change(environment, fields, by=by, note=note)


def remove_environment(*, environment: Environment, by: Actor, note: str = "") -> None:
    """Refused while releases, deployments or windows name it."""
    moves.require(may_edit_frame, environment, by)
    moves.remove(environment, by=by, note=note)
