"""The map of what is managed: configuration items, how they hang together, whom they serve, where they run."""

from apps.cmdb.models.history import ItemVersion, MapChange, RelationshipPeriod
from apps.cmdb.models.imports import (
    ImportLine,
    ImportPiece,
    ImportProgress,
    ImportRun,
    ImportSource,
    UnresolvedReference,
)
from apps.cmdb.models.items import CIType, ConfigurationItem, Identifier
from apps.cmdb.models.mappings import ColumnMapping, MappedColumn, Meaning
from apps.cmdb.models.parties import Party, ServiceRelationship, ValueStream
from apps.cmdb.models.places import Environment, InstalledVersion
from apps.cmdb.models.proposals import ProposedRelationship
from apps.cmdb.models.relationships import Relationship, RelationshipType

__all__ = [
    "CIType",
    "ColumnMapping",
    "ConfigurationItem",
    "Environment",
    "Identifier",
    "ImportLine",
    "ImportPiece",
    "ImportProgress",
    "ImportRun",
    "ImportSource",
    "InstalledVersion",
    "ItemVersion",
    "MapChange",
    "MappedColumn",
    "Meaning",
    "Party",
    "ProposedRelationship",
    "Relationship",
    "RelationshipPeriod",
    "RelationshipType",
    "ServiceRelationship",
    "UnresolvedReference",
    "ValueStream",
]
