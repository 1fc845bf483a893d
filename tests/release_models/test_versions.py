"""Versions: drafted from what serves, edited only as drafts, never changed once published."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.core.clock import now
from apps.core.errors import Invalid, NotNow, NotPermitted
from apps.core.models import AuditEntry
from apps.release_models import actions
from apps.release_models.content import complete, digest_of
from apps.release_models.models import ModelVersion, ReleaseModel
from apps.release_models.queries import published_version, version_named
from tests.people import SYSTEM, acting, person
from tests.release_models.models import draft, model, publish, small, version_in

pytestmark = pytest.mark.django_db


def test_numbers_count_up_within_a_model():
    normal = model()
    assert [draft(normal).number, draft(normal).number, draft(model("major")).number] == [1, 2, 1]


def test_defaults_are_written_out_and_the_digest_is_of_what_is_kept():
    version = draft()
    assert version.content["tasks"][0]["role"] == "contributor"
    assert version.digest == digest_of(version.content)
    assert digest_of(complete(small())) == version.digest


def test_a_new_draft_starts_from_what_serves():
    serving = publish(draft(content=small(early_life_hours=48)))
    fresh = actions.draft_version(model=serving.model, by=acting("rosa"))
    assert fresh.content == serving.content


def test_the_first_version_needs_a_content():
    with pytest.raises(Invalid, match="needs a content"):
        actions.draft_version(model=model(), by=acting("rosa"))


def test_editing_a_draft_keeps_what_is_not_named():
    version = actions.change_draft(version=draft(), content=small(early_life_hours=1), by=acting("rosa"))
    assert (version.content["early_life_hours"], version.summary) == (1, "New.")
    assert version.digest == digest_of(version.content)


@pytest.mark.parametrize("status", ["in_review", "published", "superseded", "retired", "withdrawn"])
def test_only_a_draft_is_edited(status):
    version = version_in(status)
    with pytest.raises(NotNow, match="cannot be edited"):
        actions.change_draft(version=version, content=small(early_life_hours=1), by=acting("rosa"))


@pytest.mark.parametrize("name", ["carl", "adam", "audrey", "ivan", "ida"])
def test_only_a_release_manager_writes(name):
    with pytest.raises(NotPermitted):
        actions.draft_version(model=model(), content=small(), by=acting(name))
    with pytest.raises(NotPermitted):
        actions.change_draft(version=draft(ReleaseModel.objects.get()), summary="Mine.", by=acting(name))


def test_a_faulty_content_is_refused_and_nothing_is_written():
    with pytest.raises(Invalid):
        draft(content={"tasks": "many"})
    assert not ModelVersion.objects.exists()


def test_a_draft_is_not_under_that_seal():
    version = draft()
    ModelVersion.objects.filter(pk=version.pk).update(content={"tasks": []})
    assert ModelVersion.objects.get().content == {"tasks": []}


def test_a_published_status_needs_its_time():
    version = draft()
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.filter(pk=version.pk).update(status="published")


def test_publishing_sets_the_next_review():
    version = publish(draft(model(review_every_days=90)))
    due = ReleaseModel.objects.get(pk=version.model_id).next_review_on
    assert due == now().date() + timedelta(days=90)


def test_versions_are_found_by_what_people_say():
    version = version_in("published")
    assert version_named("normal/1") == version_named("normal") == published_version("normal") == version
    assert [version_named(key) for key in ("normal/2", "normal/x", "unknown", "")] == [None] * 4


def test_a_model_in_use_is_not_removed():
    version = draft()
    with pytest.raises(NotNow, match="still used"):
        actions.remove_model(model=version.model, by=acting("rosa"))
    actions.remove_model(model=model("unused"), by=acting("rosa"))
    assert not ReleaseModel.objects.filter(slug="unused").exists()


def test_the_same_slug_twice_is_refused():
    model()
    with pytest.raises(Invalid, match="already"):
        model()


def test_the_ready_made_models_load_once_published():
    loaded = actions.load_library(by=SYSTEM)
    assert {one.model.slug for one in loaded} == {
        "minimal",
        "standard",
        "normal",
        "major",
        "emergency",
        "phased",
        "dark",
    }
    assert all(one.status == "published" for one in loaded)
    assert actions.load_library(by=SYSTEM) == []


def test_a_model_that_exists_is_left_alone_by_the_library():
    mine = publish(draft(model("normal")))
    loaded = actions.load_library(by=SYSTEM)
    assert "normal" not in {one.model.slug for one in loaded}
    assert published_version("normal") == mine


def test_a_content_that_made_sense_once_is_judged_again_at_each_step():
    adam = person("adam")
    named = small(approvals={"groups": [{"name": "Named", "who": {"people": ["adam"]}}]})
    version = actions.submit_version(version=draft(content=named), by=acting("rosa"))
    User.objects.filter(pk=adam.pk).update(is_active=False)
    with pytest.raises(NotNow, match="no active person “adam”"):
        actions.publish_version(version=version, by=acting("rolf"))


def test_each_deed_leaves_one_entry_under_the_model():
    publish(draft())
    events = list(AuditEntry.objects.filter(root_key="normal").order_by("id").values_list("event", flat=True))
    assert events == [
        "release_models.releasemodel.create",
        "release_models.modelversion.draft",
        "release_models.modelversion.submit",
        "release_models.modelversion.publish",
        "release_models.releasemodel.change",
    ]
