"""Freezes as a release sees them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from apps.cmdb.queries.wholes import with_wholes
from apps.core.blockers import Blocker
from apps.releases.lifecycle.scope import scope_digest
from apps.schedule import queries as schedule


def freeze_blockers(release: Any, at: datetime) -> Iterator[Blocker]:
    """Every freeze in force at a moment that forbids this release and from which it is not excepted."""
    digest = ""
    for freeze in freezes_on(release, at):
        if not freeze.forbids(release.model_kind):
            continue
        digest = digest or release.approved_digest or scope_digest(release)
        if not freeze.is_excepted(release.key, digest, at):
            yield schedule.freeze_blocker(freeze, at)


def planned_freeze_blockers(release: Any) -> Iterator[Blocker]:
    """Every freeze that the planned window runs into, each told once, unless the release is excepted for that time."""
    told = set()
    for entry in standing_freezes(release, release.planned_start, release.planned_end):
        if entry.record.pk not in told:
            told.add(entry.record.pk)
            yield schedule.planned_freeze_blocker(entry)


def standing_freezes(release: Any, start: datetime, end: datetime) -> Iterator[schedule.Entry]:
    """Every occurrence in a span of a freeze that forbids this release, unless it is excepted for that time."""
    if not schedule.freezes_between(start, end):
        return
    digest = release.approved_digest or scope_digest(release)
    for entry in schedule.freezes_between(start, end, **reach_of(release)):
        freeze, frozen_until = entry.record, min(end, entry.occurrence.ends_at)
        if freeze.forbids(release.model_kind) and not freeze.is_excepted_until(release.key, digest, frozen_until):
            yield entry


def freezes_on(release: Any, at: datetime) -> list[Any]:
    """The freezes in force at a moment over what the release touches. Mostly there is none, which is cheap to know."""
    if not schedule.freezes_in_force(at):
        return []
    return schedule.freezes_in_force(at, **reach_of(release))


def reach_of(release: Any) -> dict[str, list[int] | None]:
    """A freeze over a product holds for its parts. Until its environment is chosen, a release touches every one."""
    moved = {release.subject_id, *release.components.values_list("ci_id", flat=True)}
    return {
        "environments": [release.environment_id] if release.environment_id else None,
        "services": list(with_wholes(moved)),
        "value_streams": list(release.subject.value_streams.values_list("pk", flat=True)),
    }
