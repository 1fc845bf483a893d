"""Which published models a service is bound to, and which would be the lightest for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.release_models.content import Scope, judge
from apps.release_models.queries.versions import published_versions

OF_A_SERVICE = ("subject_types", "value_streams", "criticality")
IN_SCOPE_TYPES = ("service", "application")


@dataclass(frozen=True)
class Light:
    """A published model as a candidate for a service: how much it asks for, and what keeps it from applying, in words."""

    slug: str
    name: str
    activities: int
    misses: tuple[str, ...]


def bound_to(applies: Mapping[str, Any], scope: Scope) -> bool:
    """Whether a version applies to a service for at least one type of release: only what concerns the service counts."""
    return judge(_of_a_service(applies), scope).applies


def activities_of(content: Mapping[str, Any]) -> int:
    """How much a version asks for at least: mandatory tasks, required checks, groups of approvers."""
    tasks = sum(one.get("mandatory", True) and one.get("phase") != "back_out" for one in content.get("tasks", ()))
    checks = sum(one.get("required", True) for one in content.get("checks", ()))
    return tasks + checks + len((content.get("approvals") or {}).get("groups", ()))


class PublishedModels:
    """What serves now, asked for once."""

    def __init__(self) -> None:
        self.versions = list(published_versions())

    def bound(self, scope: Scope) -> list[str]:
        """The slugs of the models that apply to such a service."""
        return [one.model.slug for one in self.versions if bound_to(one.content.get("applies") or {}, scope)]

    def lightest(self, scope: Scope) -> Light | None:
        """The model with the fewest activities among those that come closest to applying."""
        found = [self._candidate(one, scope) for one in self.versions if one.model.kind != "emergency"]
        return min(found, key=lambda one: (len(one.misses), one.activities, one.slug), default=None)

    def _candidate(self, version: Any, scope: Scope) -> Light:
        misses = judge(_of_a_service(version.content.get("applies") or {}), scope).misses
        return Light(version.model.slug, version.model.name, activities_of(version.content), misses)


def _of_a_service(applies: Mapping[str, Any]) -> dict[str, Any]:
    return {name: applies[name] for name in OF_A_SERVICE if name in applies}
