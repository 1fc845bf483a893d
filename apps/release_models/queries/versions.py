"""Questions about models: which applies to a scope and why, what serves now, what changed."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from apps.release_models.content import Scope, difference, judge
from apps.release_models.models import ModelVersion, ReleaseModel


@dataclass(frozen=True)
class Match:
    """One published version against a scope: whether it applies, and each rule's verdict in words."""

    model_version: ModelVersion
    applies: bool
    matches: list[str]
    misses: list[str]
    score: int


def published_versions() -> QuerySet[ModelVersion]:
    return ModelVersion.objects.published().select_related("model", "model__owner")


def published_version(slug: str) -> ModelVersion | None:
    """The version of a model that serves new releases now."""
    return published_versions().filter(model__slug=slug).first()


def version_named(key: str) -> ModelVersion | None:
    """The version called normal/3; just `normal` names its published version."""
    slug, _slash, number = key.partition("/")
    if not number:
        return published_version(slug)
    if not number.isdigit():
        return None
    return ModelVersion.objects.select_related("model").filter(model__slug=slug, number=int(number)).first()


def rank_models(scope: Scope) -> list[Match]:
    """Every published model against the scope: those that apply first, the most specific first, then by name."""
    found = []
    for version in published_versions():
        verdict = judge(version.content.get("applies", {}), scope)
        found.append(
            Match(
                model_version=version,
                applies=verdict.applies,
                matches=list(verdict.matches),
                misses=list(verdict.misses),
                score=verdict.score,
            )
        )
    return sorted(
        found,
        key=lambda one: (not one.applies, len(one.misses), -one.score, one.model_version.model.name),
    )


def diff(a: ModelVersion, b: ModelVersion) -> list[str]:
    """What version `b` changes against version `a`, in words."""
    return difference(a.content, b.content)


def versions_of(model: ReleaseModel) -> QuerySet[ModelVersion]:
    return model.versions.select_related("model", "author", "published_by").order_by("-number")
