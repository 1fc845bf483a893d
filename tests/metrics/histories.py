"""Past releases as records: what really happened elsewhere, written down as rows of ours.

The real histories know days, not times. A slot is its whole day in the organisation's zone: a release planned for a day
has that day as its baseline, and one released on a day was released at its noon.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from apps.cmdb.models import ConfigurationItem
from apps.metrics.periods import organisation_zone
from apps.releases.models import Release
from tests.factories import DIGEST, ci, publish_model
from tests.people import person


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=organisation_zone())


def past_release(
    key: str,
    *,
    planned: date,
    actual: date | None,
    replanned: date | None = None,
    subject: ConfigurationItem | None = None,
    **fields,
) -> Release:
    """One slot of a real schedule: the day first planned, the day last planned, the day it really came."""
    replanned = replanned or planned
    released = midnight(actual) + timedelta(hours=12) if actual else None
    ended = {
        "status": "closed",
        "outcome": "successful",
        "started_at": released,
        "released_at": released,
        "finished_at": released,
        "closed_at": released,
    }
    waiting = {"status": "scheduled"}
    release = Release(
        key=key,
        title=key,
        release_version=key,
        subject=subject or ci("upstream", type="product"),
        release_manager=person("rosa"),
        model_version=publish_model(),
        planned_start=midnight(replanned),
        planned_end=midnight(replanned + timedelta(days=1)),
        baseline_start=midnight(planned),
        baseline_end=midnight(planned + timedelta(days=1)),
        approved_digest=DIGEST,
        **((ended if actual else waiting) | fields),
    )
    release.save(force_insert=True)
    return release
