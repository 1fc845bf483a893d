"""Questions to the map."""

from apps.cmdb.queries.impact import (
    affected_parties,
    affected_services,
    affected_value_streams,
    consumers_of,
    impact,
    owners_of_affected,
    picture,
)

__all__ = [
    "affected_parties",
    "affected_services",
    "affected_value_streams",
    "consumers_of",
    "impact",
    "owners_of_affected",
    "picture",
]
