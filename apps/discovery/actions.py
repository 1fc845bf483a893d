"""The one deed: look at what happened, and tell the map what it may be missing."""

from __future__ import annotations

from datetime import datetime

from apps.cmdb.actions import renew_proposals
from apps.core.actor import Actor
from apps.discovery.queries import found_pairs


def look_for_relationships(*, at: datetime, by: Actor) -> int:
    """Judge the last year again. Returns how many relationships are proposed now."""
    return renew_proposals(found=found_pairs(at), at=at, by=by)
