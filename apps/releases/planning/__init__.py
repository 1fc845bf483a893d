"""The arithmetic of a plan: graphs, the schedule, the forecast. Pure: nothing here knows a database."""

from apps.releases.planning.forecast import Forecast, forecast
from apps.releases.planning.graph import circle_in
from apps.releases.planning.schedule import Fit, Placed, Schedule, Step, fit, is_early, is_late, scheduled

__all__ = [
    "Fit",
    "Forecast",
    "Placed",
    "Schedule",
    "Step",
    "circle_in",
    "fit",
    "forecast",
    "is_early",
    "is_late",
    "scheduled",
]
