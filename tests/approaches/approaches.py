"""Approaches for tests: rosa writes, rolf publishes."""

from __future__ import annotations

from typing import Any

from apps.approaches import actions
from apps.approaches.models import Approach, ApproachVersion
from tests.factories import publish_model
from tests.people import SYSTEM, acting


def approach(slug: str = "company", **fields: Any) -> Approach:
    known = Approach.objects.filter(slug=slug).first()
    return known or actions.create_approach(slug=slug, name=slug.capitalize(), by=SYSTEM, **fields)


def draft(of: Approach | None = None, **fields: Any) -> ApproachVersion:
    """Rosa's draft."""
    of = of or approach()
    if not of.versions.exists():
        fields = {"principles": "Small and often.", "release_models": [publish_model(f"for-{of.slug}").model], **fields}
    return actions.draft_version(approach=of, by=acting("rosa"), **{"summary": "New.", **fields})


def publish(version: ApproachVersion) -> ApproachVersion:
    """Rosa submits, rolf publishes."""
    submitted = actions.submit_version(version=version, by=acting("rosa"))
    return actions.publish_version(version=submitted, by=acting("rolf"))


def version_in(status: str) -> ApproachVersion:
    """A version brought to a status by real actions."""
    version = draft()
    if status == "in_review":
        return actions.submit_version(version=version, by=acting("rosa"))
    if status == "withdrawn":
        return actions.withdraw_version(version=version, by=acting("rosa"))
    if status in ("published", "superseded", "retired"):
        version = publish(version)
    if status == "retired":
        return actions.retire_version(version=version, by=acting("rosa"), note="No longer wanted.")
    if status == "superseded":
        publish(draft(version.approach))
    return ApproachVersion.objects.get(pk=version.pk)
