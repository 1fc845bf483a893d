"""Release models through the API and the admin."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from apps.core.models import AuditEntry
from apps.release_models import actions
from apps.release_models.models import ModelVersion, ReleaseModel
from tests.core.api.conftest import Caller, problem
from tests.people import SYSTEM, acting, person
from tests.release_models.models import draft, model, publish, small, version_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def api():
    """`api("rosa")`: a caller with her token."""
    return lambda name, *scopes: Caller(person(name), scopes or ("*",))


@pytest.fixture
def at_desk():
    """`at_desk("rosa")`: her browser, signed in."""

    def sign_in(name: str) -> Client:
        client = Client()
        client.force_login(person(name))
        return client

    return sign_in


def test_a_model_from_draft_to_published_over_the_api(api):
    rosa, rolf = api("rosa"), api("rolf")
    made = rosa.post("release-models/", {"slug": "normal", "name": "Normal", "kind": "normal"})
    assert (made.status_code, made["Location"]) == (201, "/api/v1/release-models/normal/")
    body = {"content": small(), "summary": "First."}
    version = rosa.post("release-models/normal/versions/", body)
    assert version.status_code == 201
    assert version["Location"] == "/api/v1/release-models/normal/versions/1/"
    assert version.json()["content"]["tasks"][0]["phase"] == "execute", "defaults are written out"
    path = "release-models/normal/versions/1/transitions/"
    assert rosa.post(path, {"name": "submit"}).json()["status"] == "in_review"
    told = problem(rosa.post(path, {"name": "publish"}), 403)
    assert "did not write any of it" in told["detail"]
    assert rolf.post(path, {"name": "publish"}).json()["status"] == "published"
    assert rosa.get("release-models/normal/").json()["published_version"] == 1


def test_a_faulty_content_is_answered_with_pointers(api):
    model()
    content = small(
        tasks=[{"slug": "a", "title": "A", "depends_on": ["b"]}, {"slug": "b", "title": "B", "depends_on": ["a"]}]
    )
    told = problem(api("rosa").post("release-models/normal/versions/", {"content": content}), 400)
    (fault,) = told["errors"]
    assert fault["pointer"] == "/content/tasks/0/depends_on"
    assert "a → b → a" in fault["detail"]
    assert not ModelVersion.objects.exists()


def test_a_published_version_is_not_changed_over_the_api(api):
    version_in("published")
    rosa = api("rosa")
    told = problem(rosa.patch("release-models/normal/versions/1/", {"content": small()}), 409)
    assert told["blockers"][0]["code"] == "not_editable"
    assert rosa.delete("release-models/normal/versions/1/").status_code == 405
    assert rosa.delete("release-models/normal/").status_code == 409


def test_a_stale_edit_is_refused(api):
    draft()
    rosa = api("rosa")
    tag = rosa.get("release-models/normal/versions/1/")["ETag"]
    assert rosa.patch("release-models/normal/versions/1/", {"summary": "One."}, If_Match=tag).status_code == 200
    problem(rosa.patch("release-models/normal/versions/1/", {"summary": "Two."}, If_Match=tag), 412)


@pytest.mark.parametrize("name", ["carl", "adam", "sven", "audrey", "ivan", "ida"])
def test_who_is_no_release_manager_reads_and_writes_nothing(api, name):
    draft()
    caller = api(name)
    assert caller.get("release-models/normal/versions/1/").status_code == 200
    assert caller.post("release-models/", {"slug": "mine", "name": "Mine"}).status_code == 403
    assert caller.post("release-models/normal/versions/", {"content": small()}).status_code == 403
    assert caller.patch("release-models/normal/versions/1/", {"summary": "Mine."}).status_code == 403
    assert caller.post("release-models/normal/versions/1/transitions/", {"name": "withdraw"}).status_code == 403
    assert ReleaseModel.objects.count() == ModelVersion.objects.count() == 1


def test_the_difference_of_two_versions(api):
    normal = model()
    draft(normal)
    draft(normal, small(early_life_hours=48))
    answer = api("audrey").get("release-models/normal/versions/2/diff/1/")
    assert answer.json() == {
        "old": "normal/1",
        "new": "normal/2",
        "changes": ["early-life support (hours) 24 → 48"],
    }


@pytest.mark.parametrize("path", ["versions/9/", "versions/x/", "versions/1/diff/9/", f"versions/{10**30}/"])
def test_what_is_not_there_is_not_found(api, path):
    draft()
    problem(api("audrey").get(f"release-models/normal/{path}"), 404)


def test_blocked_steps_are_listed_with_their_reason(api):
    version = draft()
    actions.change_draft(version=version, summary="", by=acting("rosa"))
    steps = {one["name"]: one for one in api("rosa").get("release-models/normal/versions/1/transitions/").json()}
    assert steps["submit"]["allowed"] is False
    assert steps["submit"]["blockers"][0]["message"] == "Say in a summary what is new in this version."
    assert steps["withdraw"]["allowed"] is True


def test_the_lists_keep_their_budgets(api, query_budget):
    actions.load_library(by=SYSTEM)
    for _time in range(3):
        draft(ReleaseModel.objects.get(slug="normal"))
    caller = api("audrey")
    with query_budget("api.release_models.list"):
        assert len(caller.get("release-models/").json()["results"]) == 7
    with query_budget("api.release_models.versions.list"):
        assert len(caller.get("release-models/normal/versions/").json()["results"]) == 4


# --- admin --------------------------------------------------------------------------------------------------------


def page(client: Client, obj, tab: str = "") -> str:
    kind = obj._meta.model_name
    answer = client.get(f"/admin/release_models/{kind}/{obj.pk}/change/", {"tab": tab} if tab else {})
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_version_is_read_as_tables(at_desk):
    actions.load_library(by=SYSTEM)
    shown = page(at_desk("audrey"), ModelVersion.objects.get(model__slug="major"), "content")
    for words in (
        "Type of release: major",
        "Rehearse the release and the way back",
        "The tests of every component are green",
        "The service’s owners",
        "2 people, no objection",
        "Not approved by who asks for the approval",
    ):
        assert words in shown


def test_the_changes_of_a_draft_are_said_in_words_against_what_serves(at_desk):
    serving = publish(draft())
    fresh = draft(serving.model, small(early_life_hours=48))
    shown = page(at_desk("audrey"), fresh, "changes")
    assert "From version 1 to version 2" in shown
    assert "early-life support (hours) 24 → 48" in shown


def test_a_draft_is_written_in_the_admin_starting_from_what_serves(at_desk):
    serving = publish(draft())
    rosa = at_desk("rosa")
    shown = rosa.get(f"/admin/release_models/modelversion/add/?model={serving.model_id}").content.decode()
    assert "&quot;slug&quot;: &quot;deploy&quot;" in shown
    body = {"model": serving.model_id, "summary": "Longer care.", "content": json.dumps(small(early_life_hours=72))}
    assert rosa.post("/admin/release_models/modelversion/add/", body).status_code == 302
    written = ModelVersion.objects.get(number=2)
    assert (written.status, written.author, written.content["early_life_hours"]) == ("draft", person("rosa"), 72)
    entry = AuditEntry.objects.get(event="release_models.modelversion.draft", subject_key="normal/2")
    assert (entry.door, entry.actor_name) == ("admin", "rosa")


@pytest.mark.parametrize("content", ["{", '{"tasks": 5}', "[]"])
def test_a_faulty_content_is_shown_at_its_field(at_desk, content):
    body = {"model": model().pk, "summary": "X", "content": content}
    answer = at_desk("rosa").post("/admin/release_models/modelversion/add/", body)
    assert answer.status_code in (200, 400)
    assert "errorlist" in answer.content.decode() or "tg-wrong" in answer.content.decode()
    assert not ModelVersion.objects.exists()


def test_a_published_version_has_no_form_to_change_it(at_desk):
    version = version_in("published")
    rosa = at_desk("rosa")
    assert "<textarea" not in page(rosa, version, "form")
    kept = ModelVersion.objects.values().get()
    body = {"summary": "Mine.", "content": json.dumps(small()), "record_version": version.version}
    rosa.post(f"/admin/release_models/modelversion/{version.pk}/change/?tab=form", body)
    assert ModelVersion.objects.values().get() == kept


def test_steps_are_buttons_for_whom_they_are_meant(at_desk):
    version = version_in("in_review")
    path = f"/admin/release_models/modelversion/{version.pk}/step/publish/"
    assert at_desk("rosa").post(path, {"note": ""}).status_code == 403
    assert ModelVersion.objects.get().status == "in_review"
    assert at_desk("rolf").get(path).status_code == 200
    assert ModelVersion.objects.get().status == "in_review", "looking changes nothing"
    assert at_desk("rolf").post(path, {"note": ""}).status_code == 302
    assert ModelVersion.objects.get().status == "published"


def test_the_pages_keep_their_budgets(at_desk, query_budget):
    actions.load_library(by=SYSTEM)
    client = at_desk("rosa")
    client.get("/admin/")
    with query_budget("admin.release_models.releasemodel.rows"):
        assert client.get("/admin/release_models/releasemodel/").status_code == 200
    with query_budget("admin.release_models.modelversion.rows"):
        assert client.get("/admin/release_models/modelversion/").status_code == 200
    with query_budget("admin.release_models.version"):
        page(client, ModelVersion.objects.get(model__slug="major"), "content")
