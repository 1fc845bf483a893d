"""Freezes as a release sees them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from apps.cmdb.models import Relationship
from apps.core.blockers import Blocker
from apps.releases.lifecycle.scope import scope_digest
from apps.schedule import queries as schedule

PART_OF = "part-of"
DEEPEST = 10


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
    """The freezes in force at a moment over what the release touches. Mostly there is none, which is cheap to know.

    Until its environment is chosen, a release counts as touching every one.
    """
    if not schedule.freezes_in_force(at):
        return []
    moved = {release.subject_id, *release.components.values_list("ci_id", flat=True)}
    return schedule.freezes_in_force(
        at,
        environments=[release.environment_id] if release.environment_id else None,
        services=list(_with_wholes(moved)),
        value_streams=list(release.subject.value_streams.values_list("pk", flat=True)),
    )


def _with_wholes(moved: set[int]) -> set[int]:
    """What is moved and everything it is part of: a freeze over a product holds for its parts."""
    found, level = set(moved), set(moved)
    for _level in range(DEEPEST):
        edges = Relationship.objects.filter(type__slug=PART_OF, source__in=level)
        level = set(edges.values_list("target_id", flat=True)) - found
        if not level:
            break
        found |= level
    return found
