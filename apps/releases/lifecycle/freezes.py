"""Freezes as a release sees them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

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


def freezes_on(release: Any, at: datetime) -> list[Any]:
    """The freezes in force at a moment over what the release touches."""
    services = {release.subject_id, *release.components.values_list("ci_id", flat=True)}
    return schedule.freezes_in_force(
        at,
        environments=[release.environment_id] if release.environment_id else [],
        services=list(services),
        value_streams=list(release.subject.value_streams.values_list("pk", flat=True)),
    )
