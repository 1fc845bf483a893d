"""The verbs of release models."""

from apps.release_models.actions.communications import (
    acknowledge_version,
    answer_by_link,
    issue_acknowledgement_link,
    object_to_version,
    remind_parties,
    settle_objection,
    tell_parties,
)
from apps.release_models.actions.library import load_library
from apps.release_models.actions.models import change_model, create_model, note_reviewed, remove_model
from apps.release_models.actions.versions import (
    begin_version,
    change_draft,
    draft_version,
    publish_version,
    request_changes,
    retire_version,
    submit_version,
    withdraw_version,
)

__all__ = [
    "acknowledge_version",
    "answer_by_link",
    "begin_version",
    "issue_acknowledgement_link",
    "note_reviewed",
    "object_to_version",
    "remind_parties",
    "settle_objection",
    "tell_parties",
    "change_draft",
    "change_model",
    "create_model",
    "draft_version",
    "load_library",
    "publish_version",
    "remove_model",
    "request_changes",
    "retire_version",
    "submit_version",
    "withdraw_version",
]
