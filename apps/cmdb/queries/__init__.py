"""Questions to the map."""

from apps.cmdb.queries.drift import Drift, drift, versions_of
from apps.cmdb.queries.health import HEALTH_LISTS, HealthList, health
from apps.cmdb.queries.impact import AFFECTED, DEPENDENCIES, Impact, ImpactEdge, ImpactNode, impact, impact_of
from apps.cmdb.queries.proposals import FoundPair
from apps.cmdb.queries.reach import Reach, consumers_of, owners_of_affected, reach, value_streams_affected

__all__ = [
    "AFFECTED",
    "DEPENDENCIES",
    "HEALTH_LISTS",
    "Drift",
    "FoundPair",
    "HealthList",
    "Impact",
    "ImpactEdge",
    "ImpactNode",
    "Reach",
    "consumers_of",
    "drift",
    "health",
    "impact",
    "impact_of",
    "owners_of_affected",
    "reach",
    "value_streams_affected",
    "versions_of",
]
