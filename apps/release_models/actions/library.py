"""The ready-made models that ship with the product, loaded published."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from apps.core.actor import Actor
from apps.release_models.actions.models import create_model
from apps.release_models.actions.versions import draft_version, publish_version, submit_version
from apps.release_models.models import ModelVersion, ReleaseModel
from apps.release_models.queries import ready_made


def load_library(*, by: Actor) -> list[ModelVersion]:
    """Publish every ready-made model that is not there yet. What exists under a slug is left alone."""
    present = set(ReleaseModel.objects.values_list("slug", flat=True))
    return [_load(entry, by) for entry in ready_made() if entry["slug"] not in present]


@transaction.atomic
def _load(entry: dict[str, Any], by: Actor) -> ModelVersion:
    model = create_model(slug=entry["slug"], name=entry["name"], kind=entry["kind"], purpose=entry["purpose"], by=by)
    draft = draft_version(model=model, content=entry["content"], summary="Ready-made, as shipped.", by=by)
    return publish_version(version=submit_version(version=draft, by=by), by=by)
