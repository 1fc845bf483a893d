"""The calendar: what stands on it, and the views of it."""

from apps.desk.queries.calendar.events import KINDS, Event, Filters, Held, held_between
from apps.desk.queries.calendar.pages import Month, Week, month_of, week_of
from apps.desk.queries.calendar.timeline import Grouping, Timeline, timeline_of
from apps.desk.queries.calendar.told import told_between

__all__ = [
    "KINDS",
    "Event",
    "Filters",
    "Grouping",
    "Held",
    "Month",
    "Timeline",
    "Week",
    "held_between",
    "month_of",
    "timeline_of",
    "told_between",
    "week_of",
]
