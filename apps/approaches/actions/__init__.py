"""The verbs of release approaches."""

from apps.approaches.actions.approaches import change_approach, create_approach, note_reviewed, remove_approach
from apps.approaches.actions.versions import (
    change_draft,
    draft_version,
    publish_version,
    request_changes,
    retire_version,
    submit_version,
    withdraw_version,
)

__all__ = [
    "change_approach",
    "change_draft",
    "create_approach",
    "draft_version",
    "note_reviewed",
    "publish_version",
    "remove_approach",
    "request_changes",
    "retire_version",
    "submit_version",
    "withdraw_version",
]
