"""The verbs of the CMDB."""

from apps.cmdb.actions.installing import note_installed
from apps.cmdb.actions.items import (
    add_identifier,
    change_ci,
    change_record,
    create_ci,
    create_ci_type,
    create_environment,
    create_party,
    create_relationship,
    create_relationship_type,
    create_service_relationship,
    create_value_stream,
    remove_record,
    remove_relationship,
)

__all__ = [
    "add_identifier",
    "change_ci",
    "change_record",
    "create_ci",
    "create_ci_type",
    "create_environment",
    "create_party",
    "create_relationship",
    "create_relationship_type",
    "create_service_relationship",
    "create_value_stream",
    "note_installed",
    "remove_record",
    "remove_relationship",
]
