"""The ready-made models that ship with the product."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from apps.release_models.models import ModelVersion, ReleaseModel

LIBRARY = Path(__file__).resolve().parent.parent / "library"


@cache
def ready_made() -> list[dict[str, Any]]:
    """The models of the library, in the order of their files."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(LIBRARY.glob("*.json"))]


def ready_made_content(slug: str) -> dict[str, Any] | None:
    return next((one["content"] for one in ready_made() if one["slug"] == slug), None)


def starting_points(model: ReleaseModel) -> list[tuple[str, str]]:
    """From what a new version can begin: (name, words), the usual one first."""
    own = model.versions.published().first() or model.versions.order_by("-number").first()
    first = [("", f"{own} ({own.get_status_display().lower()})")] if own else []
    others = ModelVersion.objects.published().exclude(model=model).select_related("model").order_by("model__name")
    return [
        *first,
        *((one.model.slug, str(one)) for one in others),
        *((f"ready-made:{one['slug']}", f"{one['name']}, ready-made") for one in ready_made()),
    ]
