"""The verbs of the schedule."""

from apps.schedule.actions.exceptions import (
    deny_exception,
    expire_exception,
    grant_exception,
    request_exception,
    sweep_exceptions,
)
from apps.schedule.actions.freezes import change_freeze, create_freeze, lift_freeze, remove_freeze
from apps.schedule.actions.importing import Imported, import_freezes
from apps.schedule.actions.scoping import leave_out
from apps.schedule.actions.windows import change_window, create_window, remove_window

__all__ = [
    "Imported",
    "change_freeze",
    "change_window",
    "create_freeze",
    "create_window",
    "deny_exception",
    "expire_exception",
    "grant_exception",
    "import_freezes",
    "leave_out",
    "lift_freeze",
    "remove_freeze",
    "remove_window",
    "request_exception",
    "sweep_exceptions",
]
