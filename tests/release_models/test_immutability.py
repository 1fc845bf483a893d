"""A published version is not changed by any door, and two published versions of one model do not exist.

Every way in is tried on a version that serves, on one that was superseded, and on one that was retired.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client

from apps.core import moves
from apps.core.clock import now
from apps.core.errors import Refusal
from apps.release_models import actions
from apps.release_models.models import ModelVersion
from tests.core.api.conftest import Caller
from tests.people import SYSTEM, acting, person
from tests.release_models.models import draft, model, small, version_in
from tests.release_models.test_editor import save

pytestmark = pytest.mark.django_db
OTHER = small(early_life_hours=1)
TABLE = "release_models_modelversion"


def admin(version: ModelVersion, path: str, body: dict[str, Any]) -> int:
    client = Client()
    client.force_login(person("rosa"))
    return client.post(f"/admin/release_models/modelversion/{version.pk}/{path}", body).status_code


def api(version: ModelVersion, method: str, body: dict[str, Any] | None = None) -> int:
    path, tag = f"release-models/normal/versions/{version.number}/", {"If-Match": f'"{version.version}"'}
    return Caller(person("rosa"))(method, path, body, **tag).status_code


def refused(status: int) -> None:
    assert 400 <= status < 500, status


def sql(statement: str) -> Callable[[ModelVersion], None]:
    def run(version: ModelVersion) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [version.pk])

    return run


def saved(version: ModelVersion) -> None:
    version.content = OTHER
    with transaction.atomic():
        version.save()


def updated_in_bulk(version: ModelVersion) -> None:
    version.content = OTHER
    with transaction.atomic():
        ModelVersion.objects.bulk_update([version], ["content"])


def in_atomic(deed: Callable[[ModelVersion], Any]) -> Callable[[ModelVersion], None]:
    def run(version: ModelVersion) -> None:
        with transaction.atomic():
            deed(version)

    return run


FORM = {"summary": "Mine.", "content": json.dumps(OTHER), "record_version": "1"}
REFUSING_DOORS: dict[str, Callable[[ModelVersion], Any]] = {
    "the editor": lambda one: refused(save(one, **{"about-summary": "Mine."}).status_code),
    "the JSON form": lambda one: admin(one, "change/?tab=form", FORM),
    "the admin's delete page": lambda one: refused(admin(one, "delete/", {"post": "yes"})),
    "the step submit": lambda one: admin(one, "step/submit/", {"note": ""}),
    "the step request_changes": lambda one: admin(one, "step/request_changes/", {"note": "Mine."}),
    "PATCH": lambda one: refused(api(one, "PATCH", {"content": OTHER})),
    "PUT": lambda one: refused(api(one, "PUT", {"content": OTHER})),
    "DELETE": lambda one: refused(api(one, "DELETE")),
}
RAISING_DOORS: dict[str, Callable[[ModelVersion], Any]] = {
    "the action": lambda one: actions.change_draft(version=one, content=OTHER, by=acting("rosa")),
    "the action as the system": lambda one: actions.change_draft(version=one, content=OTHER, by=SYSTEM),
    "the one write path": in_atomic(lambda one: moves.change(one, {"content": OTHER}, by=SYSTEM)),
    "the one write path, removing": in_atomic(lambda one: moves.remove(one, by=SYSTEM)),
    "save": saved,
    "bulk_update": updated_in_bulk,
    "update": in_atomic(lambda one: ModelVersion.objects.filter(pk=one.pk).update(content=OTHER)),
    "delete": in_atomic(lambda one: ModelVersion.objects.filter(pk=one.pk).delete()),
    "SQL UPDATE of the content": sql(f"UPDATE {TABLE} SET content = '{{}}' WHERE id = %s"),
    "SQL UPDATE of the digest": sql(f"UPDATE {TABLE} SET digest = 'x' WHERE id = %s"),
    "SQL UPDATE of the number": sql(f"UPDATE {TABLE} SET number = 99 WHERE id = %s"),
    "SQL UPDATE that makes it a draft again": sql(
        f"UPDATE {TABLE} SET published_at = NULL, status = 'draft' WHERE id = %s"
    ),
    "SQL UPDATE of the model": sql(
        f"UPDATE {TABLE} SET model_id = (SELECT max(id) FROM release_models_releasemodel) WHERE id = %s"
    ),
    "SQL DELETE": sql(f"DELETE FROM {TABLE} WHERE id = %s"),
}


@pytest.mark.parametrize("status", ["published", "superseded", "retired"])
@pytest.mark.parametrize("door", [*REFUSING_DOORS, *RAISING_DOORS])
def test_no_door_changes_what_was_published(door: str, status: str) -> None:
    version = version_in(status)
    model("other")
    kept = ModelVersion.objects.filter(pk=version.pk).values().get()
    if door in REFUSING_DOORS:
        REFUSING_DOORS[door](version)
    else:
        with pytest.raises((DatabaseError, Refusal)):
            RAISING_DOORS[door](version)
    assert ModelVersion.objects.filter(pk=version.pk).values().get() == kept


TWICE: dict[str, Callable[[ModelVersion], Any]] = {
    "update": lambda one: ModelVersion.objects.filter(pk=one.pk).update(status="published", published_at=now()),
    "SQL UPDATE": lambda one: sql(f"UPDATE {TABLE} SET status = 'published', published_at = created_at WHERE id = %s")(
        one
    ),
    "bulk_create": lambda one: ModelVersion.objects.bulk_create(
        [ModelVersion(model=one.model, number=9, content=small(), status="published", published_at=now())]
    ),
}


@pytest.mark.parametrize("way", TWICE)
def test_two_published_versions_of_one_model_do_not_exist(way: str) -> None:
    serving = version_in("published")
    second = draft(serving.model)
    with pytest.raises(IntegrityError), transaction.atomic():
        TWICE[way](second)
    assert list(serving.model.versions.published()) == [serving]


def test_publishing_the_next_one_leaves_one_published() -> None:
    version = version_in("superseded")
    assert version.model.versions.published().count() == 1
