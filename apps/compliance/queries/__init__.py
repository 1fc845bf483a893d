"""Questions about findings, and about what goes past the practice."""

from apps.compliance.queries.findings import compliance_of, is_overdue, today
from apps.compliance.queries.onboarding import (
    Bypass,
    Newcomer,
    bypasses,
    deployment_of,
    is_open_bypass,
    onboarding,
    service_of,
)
from apps.compliance.queries.ways_round import ways_round

__all__ = [
    "Bypass",
    "Newcomer",
    "bypasses",
    "compliance_of",
    "deployment_of",
    "is_open_bypass",
    "is_overdue",
    "onboarding",
    "service_of",
    "today",
    "ways_round",
]
