"""A published version of an approach is changed by no door, and what it names as its scope stays."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from apps.approaches import actions
from apps.approaches.models import ApproachVersion
from apps.cmdb.actions import remove_ci
from apps.core.errors import NotNow
from tests.approaches.approaches import draft, publish, version_in
from tests.factories import ci, payments, publish_model, value_stream
from tests.people import SYSTEM, acting

pytestmark = pytest.mark.django_db
TABLE = "approaches_approachversion"
STATEMENTS = [
    f"UPDATE {TABLE} SET principles = 'Whatever.' WHERE id = %s",
    f"UPDATE {TABLE} SET number = number + 10 WHERE id = %s",
    f"UPDATE {TABLE} SET published_at = NULL WHERE id = %s",
    f"DELETE FROM {TABLE} WHERE id = %s",
    f"DELETE FROM {TABLE}_items WHERE approachversion_id = %s",
    f"DELETE FROM {TABLE}_release_models WHERE approachversion_id = %s",
    f"UPDATE {TABLE}_value_streams SET valuestream_id = valuestream_id WHERE approachversion_id = %s",
    f"INSERT INTO {TABLE}_items (approachversion_id, configurationitem_id) SELECT %s, id FROM cmdb_configurationitem",
]


@pytest.fixture
def published() -> ApproachVersion:
    ci("other", type="service")
    return publish(draft(items=[payments()], value_streams=[value_stream()]))


@pytest.mark.parametrize("statement", STATEMENTS)
def test_sql_is_refused(published, statement):
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [published.pk])


@pytest.mark.parametrize("status", ["in_review", "published", "superseded", "retired", "withdrawn"])
def test_only_a_draft_is_edited(status):
    with pytest.raises(NotNow, match="cannot be edited"):
        actions.change_draft(version=version_in(status), principles="Whatever.", by=acting("rosa"))


def test_two_versions_of_one_approach_are_never_in_force_together(published):
    with pytest.raises(IntegrityError), transaction.atomic():
        ApproachVersion.objects.bulk_create(
            [
                ApproachVersion(
                    approach=published.approach, number=9, status="published", published_at=published.created_at
                )
            ]
        )


def test_an_item_that_a_published_approach_names_is_not_removed(published):
    with pytest.raises(NotNow, match="something that is published names it"):
        remove_ci(ci=payments(), by=SYSTEM)


def test_a_draft_still_changes():
    version = draft(items=[payments()])
    changed = actions.change_draft(version=version, items=[], release_models=[publish_model("other").model], by=SYSTEM)
    assert not changed.items.exists()
