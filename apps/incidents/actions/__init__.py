"""The verbs of incidents."""

from apps.incidents.actions.links import confirm_link, correlate, refute_link, suspect
from apps.incidents.actions.reporting import change_incident, report_incident, resolve_incident

__all__ = [
    "change_incident",
    "confirm_link",
    "correlate",
    "refute_link",
    "report_incident",
    "resolve_incident",
    "suspect",
]
