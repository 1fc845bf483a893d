"""Models for tests: rosa writes, rolf publishes."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from apps.release_models import actions
from apps.release_models.models import ModelVersion, ReleaseModel
from tests.people import SYSTEM, acting

APPROVER = {"name": "Change authority", "who": {"role": "approver"}}
SMALL: dict[str, Any] = {
    "tasks": [{"slug": "deploy", "title": "Deploy"}],
    "checks": [{"slug": "tests", "title": "Tests", "kind": "junit"}],
    "approvals": {"groups": [APPROVER]},
}


def small(**parts: Any) -> dict[str, Any]:
    """The smallest content worth having, with some parts replaced."""
    return {**deepcopy(SMALL), **parts}


def model(slug: str = "normal", **fields: Any) -> ReleaseModel:
    return actions.create_model(slug=slug, name=slug.capitalize(), by=SYSTEM, **fields)


def draft(of: ReleaseModel | None = None, content: dict[str, Any] | None = None) -> ModelVersion:
    """Rosa's draft."""
    return actions.draft_version(model=of or model(), content=content or small(), summary="New.", by=acting("rosa"))


def publish(version: ModelVersion) -> ModelVersion:
    """Rosa submits, rolf publishes."""
    submitted = actions.submit_version(version=version, by=acting("rosa"))
    return actions.publish_version(version=submitted, by=acting("rolf"))


def version_in(status: str) -> ModelVersion:
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
        publish(draft(version.model))
    return ModelVersion.objects.get(pk=version.pk)
