"""The verbs of the CMDB."""

from apps.cmdb.actions.frame import (
    change_ci_type,
    change_environment,
    change_relationship_type,
    create_ci_type,
    create_environment,
    create_relationship_type,
    remove_ci_type,
    remove_environment,
    remove_relationship_type,
)
from apps.cmdb.actions.imports import import_catalog
from apps.cmdb.actions.installed import note_installed
from apps.cmdb.actions.items import (
    add_identifier,
    change_ci,
    confirm_ci,
    create_ci,
    remove_ci,
    remove_identifier,
    retire_ci,
)
from apps.cmdb.actions.mappings import (
    add_column,
    change_column,
    change_mapping,
    create_mapping,
    remove_column,
    remove_mapping,
)
from apps.cmdb.actions.parties import (
    change_party,
    change_service_relationship,
    change_value_stream,
    create_party,
    create_service_relationship,
    create_value_stream,
    remove_party,
    remove_service_relationship,
    remove_value_stream,
)
from apps.cmdb.actions.relationships import confirm_relationship, create_relationship, remove_relationship
from apps.cmdb.actions.sources import change_source, create_source

__all__ = [
    "add_column",
    "add_identifier",
    "change_ci",
    "confirm_ci",
    "change_ci_type",
    "change_column",
    "change_environment",
    "change_mapping",
    "change_party",
    "change_relationship_type",
    "change_service_relationship",
    "change_source",
    "change_value_stream",
    "confirm_relationship",
    "create_ci",
    "create_ci_type",
    "create_environment",
    "create_mapping",
    "create_party",
    "create_relationship",
    "create_relationship_type",
    "create_service_relationship",
    "create_source",
    "create_value_stream",
    "import_catalog",
    "note_installed",
    "remove_ci",
    "remove_ci_type",
    "remove_column",
    "remove_environment",
    "remove_identifier",
    "remove_mapping",
    "remove_party",
    "remove_relationship",
    "remove_relationship_type",
    "remove_service_relationship",
    "remove_value_stream",
    "retire_ci",
]
