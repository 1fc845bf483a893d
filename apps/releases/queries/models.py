"""Which release models fit a release."""

from __future__ import annotations

from apps.release_models.queries import Match, Scope, rank_models
from apps.releases.lifecycle.words import ChangeKind, Risk
from apps.releases.models import Release


def scope_of(release: Release) -> Scope:
    """What the applicability rules of models look at. Asks nothing when value streams and components are at hand."""
    subject = release.subject
    return Scope(
        subject_type=subject.ci_type.slug,
        release_type=release.type,
        change_kind="" if release.change_kind == ChangeKind.NOT_STATED else release.change_kind,
        risk="" if release.risk == Risk.NOT_ASSESSED else release.risk,
        value_streams=tuple(one.slug for one in subject.value_streams.all()),
        environments=(release.environment.slug,) if release.environment_id else (),
        criticality=subject.criticality,
        component_count=len(release.components.all()),
    )


def applicable_models(release: Release) -> list[Match]:
    """Every published model, the best fitting first, each with what speaks for and against it."""
    return rank_models(scope_of(release))
