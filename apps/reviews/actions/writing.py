"""Writing in a review of either kind: only what may be written, and only while it is being written."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from apps.core import moves
from apps.core.actor import Actor
from apps.core.blockers import Blocker
from apps.core.errors import FieldError, Invalid, NotNow
from apps.reviews.lifecycle import REVIEW_EDITABLE


def write(*, review: Any, fields: dict[str, Any], editable: Collection[str], by: Actor) -> Any:
    """The caller has asked whether the actor may."""
    unknown = sorted(set(fields) - set(editable))
    if unknown:
        raise Invalid([FieldError(name, "not_editable", f"“{name}” of a review cannot be edited.") for name in unknown])
    if review.status not in REVIEW_EDITABLE:
        status = review.get_status_display().lower()
        raise NotNow([Blocker("not_editable", f"The review is {status}; send it back to change it.")])
    return moves.change(review, fields, by=by)
