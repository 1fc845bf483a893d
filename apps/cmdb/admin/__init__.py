"""The map in the admin: items with what they touch, imports with their reports, and what the map is drawn with."""

from apps.cmdb.admin.frame import EnvironmentAdmin, RelationshipAdmin
from apps.cmdb.admin.imports import ImportRunAdmin, ImportSourceAdmin
from apps.cmdb.admin.items import ConfigurationItemAdmin
from apps.cmdb.admin.mappings import ColumnMappingAdmin
from apps.cmdb.admin.parties import PartyAdmin, ServiceRelationshipAdmin, ValueStreamAdmin
from apps.cmdb.admin.proposals import ProposedRelationshipAdmin
from apps.cmdb.admin.types import CITypeAdmin, RelationshipTypeAdmin

__all__ = [
    "CITypeAdmin",
    "ColumnMappingAdmin",
    "ConfigurationItemAdmin",
    "EnvironmentAdmin",
    "ImportRunAdmin",
    "ImportSourceAdmin",
    "PartyAdmin",
    "ProposedRelationshipAdmin",
    "RelationshipAdmin",
    "RelationshipTypeAdmin",
    "ServiceRelationshipAdmin",
    "ValueStreamAdmin",
]
