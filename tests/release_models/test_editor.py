"""The editor: what it shows is what is there, what is entered is what is kept, every fault stands beside its field."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.test import Client

from apps.accounts import actions as accounts
from apps.core.errors import Invalid
from apps.release_models import actions
from apps.release_models.content import SCHEMA, complete
from apps.release_models.forms import ContentEditor
from apps.release_models.models import ModelVersion
from apps.release_models.queries import ready_made
from tests.people import SYSTEM, acting, person
from tests.release_models.models import APPROVER, draft, model, publish, small
from tests.schedule.calendar import window

pytestmark = pytest.mark.django_db
RICH = small(
    applies={"value_streams": ["order-to-cash"], "criticality": {"min": 1, "max": 2}, "max_components": 5},
    tasks=[
        {"slug": "announce", "title": "Announce", "phase": "prepare", "role": "release_manager"},
        {
            "slug": "deploy",
            "title": "Deploy",
            "depends_on": ["announce"],
            "mandatory": False,
            "kind": "automatic",
            "instructions": "First: this.\nThen: that.",
        },
    ],
    checks=[
        {
            "slug": "answers",
            "title": "It answers",
            "group": "release",
            "kind": "http_probe",
            "params": {"path": "/healthz", "attempts": 3, "expect": {"status": 200}},
            "waivable_by": [],
            "stale_after_hours": 24,
            "on_no_data": "inconclusive",
            "required": False,
        }
    ],
    approvals={
        "groups": [
            APPROVER,
            {"name": "Owners", "who": {"service_owner": True}, "mode": "percent", "n": 50, "order": 2},
            {"name": "Desk", "who": {"team": "desk"}, "mode": "all", "max_objections": 1},
            {"name": "Named", "who": {"people": ["adam", "anna"]}, "mode": "n", "n": 2},
        ],
        "distinct_people": False,
        "bar": ["author"],
        "email_code": False,
    },
    after_the_fact={"approve_within_hours": 12},
    rollout={"strategy": "phased", "stages": [{"name": "canary", "percentage": 2.5, "bake_minutes": 30}]},
    window={"required": False},
    communication={"notice_hours": 48, "roles": ["supplier"], "acknowledge_within_days": 30},
    examples=[
        {
            "title": "a small one",
            "scope": {"release_type": "minor", "value_streams": ["order-to-cash"], "criticality": 1},
            "applies": True,
        }
    ],
)


def rich() -> dict[str, Any]:
    for name in ("adam", "anna"):
        person(name)
    accounts.create_team(slug="desk", name="Desk", by=SYSTEM)
    return complete(RICH)


def entries(editor: ContentEditor) -> dict[str, Any]:
    """What a browser would send of the page as it is."""
    sent: dict[str, Any] = {}
    for form in [editor.about, editor.applies, editor.approval, editor.course]:
        _enter(sent, form)
    for rows in editor.rows.values():
        _enter(sent, rows.management_form)
        for row in rows:
            _enter(sent, row)
    return sent


def _enter(sent: dict[str, Any], form: forms.BaseForm) -> None:
    for field in form:
        value = field.value()
        if isinstance(field.field, forms.BooleanField):
            if value:
                sent[field.html_name] = "on"
        elif isinstance(field.field, forms.MultipleChoiceField):
            if value:
                sent[field.html_name] = value
        else:
            sent[field.html_name] = "" if value is None else value


def at_desk(name: str = "rosa") -> Client:
    client = Client()
    client.force_login(person(name))
    return client


def page_of(version: ModelVersion) -> ContentEditor:
    return ContentEditor(version.content, version.summary, version.version)


def save(version: ModelVersion, client: Client | None = None, **changes: Any):
    sent = {**entries(page_of(version)), **changes}
    sent = {name: value for name, value in sent.items() if value is not None}
    return (client or at_desk()).post(f"/admin/release_models/modelversion/{version.pk}/editor/", sent)


@pytest.mark.parametrize("entry", ready_made(), ids=lambda entry: entry["slug"])
def test_saving_a_ready_made_model_untouched_changes_nothing(entry):
    version = draft(content=entry["content"])
    assert save(version).status_code == 302
    kept = ModelVersion.objects.get(pk=version.pk)
    assert (kept.content, kept.digest, kept.version) == (version.content, version.digest, version.version)


def test_saving_a_rich_one_untouched_changes_nothing():
    version = draft(content=rich())
    assert save(version).status_code == 302
    assert ModelVersion.objects.get(pk=version.pk).content == version.content


def test_every_section_is_changed_by_its_fields():
    version = draft(content=rich())
    changes = {
        "about-summary": "All of it.",
        "applies-release_types": "minor, patch",
        "applies-criticality_min": "",
        "applies-criticality_max": "",
        "approval-pre_authorised": "on",
        "approval-approve_within_hours": "",
        "approval-bar": ["requester"],
        "course-early_life_hours": "72",
        "course-window__required": "on",
        "course-communication__roles": "",
        "tasks-1-title": "Deploy gently",
        "checks-0-params": "path: /ready\nattempts: 5",
        "groups-1-mode": "any",
        "stages-0-bake_minutes": "60",
        "examples-0-applies": "no",
    }
    assert save(version, **changes).status_code == 400, "the example does not hold any more"
    assert ModelVersion.objects.get(pk=version.pk).content == version.content
    changes["examples-0-release_type"] = "major"
    assert save(version, **changes).status_code == 302
    kept = ModelVersion.objects.get(pk=version.pk)
    content = kept.content
    assert kept.summary == "All of it."
    assert content["applies"]["release_types"] == ["minor", "patch"]
    assert content["applies"]["criticality"] is None
    assert (content["pre_authorised"], content["after_the_fact"]) == (True, None)
    assert content["approvals"]["bar"] == ["requester"]
    assert (content["early_life_hours"], content["window"]["required"]) == (72, True)
    assert content["communication"]["roles"] == []
    assert content["tasks"][1]["title"] == "Deploy gently"
    assert content["checks"][0]["params"] == {"path": "/ready", "attempts": 5}
    assert content["approvals"]["groups"][1]["mode"] == "any"
    assert content["rollout"]["stages"][0]["bake_minutes"] == 60
    assert content["examples"][0]["applies"] is False


def test_a_blank_row_becomes_a_task_named_after_its_title():
    version = draft()
    assert save(version, **{"tasks-1-title": "Warm the caches", "tasks-1-depends_on": "deploy"}).status_code == 302
    added = ModelVersion.objects.get(pk=version.pk).content["tasks"][1]
    assert (added["slug"], added["depends_on"], added["phase"]) == ("warm-the-caches", ["deploy"], "execute")


def test_rows_are_deleted_and_ordered():
    version = draft(content=rich())
    changes = {"groups-0-ORDER": "9", "groups-2-DELETE": "on"}
    assert save(version, **changes).status_code == 302
    groups = ModelVersion.objects.get(pk=version.pk).content["approvals"]["groups"]
    assert [one["name"] for one in groups] == ["Owners", "Named", "Change authority"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tasks-1-depends_on": "nowhere"}, "which is not a task here"),
        ({"tasks-1-title": ""}, "This field is required"),
        ({"tasks-1-slug": "announce"}, "Two tasks are called"),
        ({"checks-0-params": "no colon"}, "is not “name: value”"),
        ({"checks-0-kind": ""}, "This field is required"),
        ({"groups-0-role": ""}, "Say which."),
        ({"groups-3-people": "adam, ghost"}, "There is no active person “ghost”"),
        ({"groups-0-n": "0"}, "greater than or equal to 1"),
        ({"stages-0-percentage": "200"}, "less than or equal to 100"),
        ({"applies-criticality_min": "3"}, "The lowest number is above the highest"),
        ({"course-communication__remind_after_days": "30"}, "The reminder would come when the answer is already due"),
        ({"course-early_life_hours": "many"}, "Enter a whole number"),
        ({"examples-0-criticality": "4"}, "the model should apply"),
    ],
)
def test_a_fault_stands_in_the_form_and_nothing_is_written(changes, said):
    version = draft(content=rich())
    answer = save(version, **changes)
    assert answer.status_code == 400
    assert said in answer.content.decode().replace("&quot;", "“")
    kept = ModelVersion.objects.get(pk=version.pk)
    assert (kept.content, kept.version) == (version.content, version.version)


def test_a_fault_is_put_beside_the_row_it_belongs_to_although_rows_moved():
    version = draft(content=rich())
    answer = save(version, **{"tasks-0-ORDER": "9", "tasks-1-depends_on": "nowhere"})
    editor = answer.context["editor"]
    assert [bool(row.errors) for row in editor.rows["tasks"]] == [False, True, False, False]
    assert "depends_on" in editor.rows["tasks"].forms[1].errors


def test_what_somebody_else_saved_meanwhile_is_not_written_over():
    version = draft()
    stale = entries(page_of(version))
    actions.change_draft(version=version, summary="Mine first.", by=acting("rolf"))
    answer = at_desk().post(f"/admin/release_models/modelversion/{version.pk}/editor/", stale)
    assert answer.status_code == 412
    assert "Somebody else changed this draft" in answer.content.decode()
    assert ModelVersion.objects.get(pk=version.pk).summary == "Mine first."


@pytest.mark.parametrize("name", ["carl", "adam", "audrey", "ivan"])
def test_who_is_no_release_manager_has_no_editor(name):
    version = draft()
    assert save(version, at_desk(name), **{"about-summary": "Mine."}).status_code == 403
    page = at_desk(name).get(f"/admin/release_models/modelversion/{version.pk}/change/", {"tab": "editor"})
    assert "tg-editor-row" not in page.content.decode()
    assert ModelVersion.objects.get(pk=version.pk).summary == "New."


def test_what_is_no_draft_is_not_edited():
    version = publish(draft())
    answer = save(version, **{"about-summary": "Mine."})
    assert answer.status_code == 409
    assert "cannot be edited" in answer.content.decode()
    assert (
        "tab=editor" not in at_desk().get(f"/admin/release_models/modelversion/{version.pk}/change/").content.decode()
    )


def test_looking_at_the_editor_changes_nothing():
    version = draft()
    client = at_desk()
    shown = client.get(f"/admin/release_models/modelversion/{version.pk}/change/", {"tab": "editor"}).content.decode()
    assert "Deploy" in shown
    assert client.get(f"/admin/release_models/modelversion/{version.pk}/editor/").status_code == 302
    assert ModelVersion.objects.get(pk=version.pk).version == version.version


# --- beginning a version ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", ["", "major", "ready-made:minimal"])
def test_a_version_begins_from_what_serves_another_model_or_a_ready_made_one(start):
    mine = publish(draft(model("mine"), small(early_life_hours=1)))
    other = publish(draft(model("major"), small(early_life_hours=2)))
    body = {"start_from": start, "note": "Next."}
    assert at_desk().post(f"/admin/release_models/releasemodel/{mine.model_id}/do/begin/", body).status_code == 302
    begun = mine.model.versions.get(number=2)
    ready = complete(next(one["content"] for one in ready_made() if one["slug"] == "minimal"))
    expected = {"": mine.content, "major": other.content, "ready-made:minimal": ready}
    assert (begun.content, begun.summary, begun.status) == (expected[start], "Next.", "draft")


def test_a_version_does_not_begin_from_nothing():
    mine = model("mine")
    body = {"start_from": "unknown", "note": ""}
    assert at_desk().post(f"/admin/release_models/releasemodel/{mine.pk}/do/begin/", body).status_code == 400
    assert at_desk("carl").post(f"/admin/release_models/releasemodel/{mine.pk}/do/begin/", {}).status_code == 403
    assert not ModelVersion.objects.exists()


# --- windows, surveys, guards, examples, rows ------------------------------------------------------------------------


def test_windows_surveyed_groups_and_guards_are_chosen_in_the_form():
    key = window().key
    version = draft(content=rich())
    changes = {
        "course-window__required": "on",
        "course-window__keys": [key],
        "course-review__survey": "on",
        "course-review__survey_to": ["consumer"],
        "applies-change_kinds": ["code", "data"],
        "applies-risks": ["low"],
        "examples-0-risk": "low",
        "examples-0-change_kind": "data",
        "stages-0-guards": "No new errors.\n\nNobody called.",
    }
    assert save(version, **changes).status_code == 302
    content = ModelVersion.objects.get(pk=version.pk).content
    assert (content["window"]["keys"], content["review"]["survey_to"]) == ([key], ["consumer"])
    assert (content["applies"]["change_kinds"], content["applies"]["risks"]) == (["code", "data"], ["low"])
    assert content["rollout"]["stages"][0]["guards"] == ["No new errors.", "Nobody called."]
    said = at_desk().get(f"/admin/release_models/modelversion/{version.pk}/change/", {"tab": "content"})
    for words in (
        f"within {key}",
        "a survey of consumers",
        "Nobody called.",
        "Kind of change: code, data",
        "Risk: low",
    ):
        assert words in said.content.decode(), words


def test_every_part_of_the_schema_has_a_field():
    """What is added to the schema and forgotten in the editor fails here."""
    editor = ContentEditor(draft(content=small()).content, "", 0)
    fields = {name for section in (editor.applies, editor.approval, editor.course) for name in section.fields}
    names = {name.rpartition("__")[2] for name in fields} | {"criticality", "groups", "stages", "after_the_fact"}
    parts = SCHEMA["properties"]
    for section in ("applies", "approvals", "rollout", "back_out", "start", "window", "communication", "review"):
        assert parts[section]["properties"].keys() <= names, section
    rows = {
        "tasks": parts["tasks"],
        "checks": parts["checks"],
        "groups": parts["approvals"]["properties"]["groups"],
        "stages": parts["rollout"]["properties"]["stages"],
    }
    for name, schema in rows.items():
        known = schema["items"]["properties"]
        conditions = {f"when_{one}" for one in known.get("when", {}).get("properties", ())}
        assert (known.keys() - {"when"}) | conditions <= editor.rows[name].forms[0].fields.keys(), name
    scope = parts["examples"]["items"]["properties"]["scope"]["properties"]
    assert scope.keys() <= editor.rows["examples"].forms[0].fields.keys()


def test_an_example_is_shown_with_what_the_rules_say_of_it_now():
    example = {"title": "a major", "scope": {"release_type": "major"}, "applies": False}
    version = draft(content=small(applies={"release_types": ["minor"]}, examples=[example]))
    for tab in ("content", "editor"):
        page = at_desk().get(f"/admin/release_models/modelversion/{version.pk}/change/", {"tab": tab}).content.decode()
        assert "The model is for the type of release minor; here it is major." in page, tab


def test_a_change_that_breaks_an_example_is_refused_beside_it():
    example = {"title": "a major", "scope": {"release_type": "major"}, "applies": False}
    version = draft(content=small(applies={"release_types": ["minor"]}, examples=[example]))
    answer = save(version, **{"applies-release_types": "minor, major"})
    assert answer.status_code == 400
    assert "should not apply" in str(answer.context["editor"].rows["examples"].forms[0].errors)


@pytest.mark.parametrize(
    ("changes", "name", "said"),
    [
        ({"groups-0-DELETE": "on"}, "groups", "Nobody approves."),
        ({"course-rollout__strategy": "phased"}, "stages", "A phased rollout needs stages."),
    ],
)
def test_a_fault_of_a_whole_list_stands_at_the_list(changes, name, said):
    answer = save(draft(), **changes)
    assert answer.status_code == 400
    assert said in " ".join(answer.context["editor"].rows[name].faults)


def test_a_window_that_is_gone_is_named_at_its_field():
    version = draft()
    assert "Select a valid choice" in save(version, **{"course-window__keys": ["WIN-9"]}).content.decode()
    with pytest.raises(Invalid, match="There is no release window “WIN-9”"):
        draft(version.model, small(window={"keys": ["WIN-9"]}))


def test_more_rows_are_offered_and_nothing_is_kept():
    version = draft()
    answer = save(version, **{"more": "tasks", "tasks-1-title": "Warm the caches"})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert 'name="tasks-5-title"' in page and "Warm the caches" in page
    assert ModelVersion.objects.get(pk=version.pk).version == version.version
    sent = {**entries(answer.context["editor"]), "tasks-5-title": "Sixth", "tasks-5-ORDER": ""}
    assert at_desk().post(f"/admin/release_models/modelversion/{version.pk}/editor/", sent).status_code == 302
    slugs = [one["slug"] for one in ModelVersion.objects.get(pk=version.pk).content["tasks"]]
    assert slugs == ["deploy", "warm-the-caches", "sixth"]
    assert save(version, more="nonsense").status_code == 200
