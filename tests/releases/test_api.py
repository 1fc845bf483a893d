"""A release through the API, by the people who may, and refused to those who may not."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest

from apps.core.clock import now
from apps.core.models import AuditEntry
from apps.releases import actions
from apps.releases.models import Release
from tests.factories import (
    DIGEST,
    OTHER_DIGEST,
    do_tasks,
    fresh,
    payments,
    payments_api,
    production,
    prove,
    publish_model,
    release_in,
    staging,
)
from tests.people import acting, person

pytestmark = pytest.mark.django_db


def body(**fields) -> dict:
    start = now() - timedelta(hours=1)
    return {
        "title": "Payments with instant refunds",
        "version": "2.0.0",
        "subject": payments().key,
        "type": "minor",
        "environment": production().slug,
        "planned_start": start.isoformat(),
        "planned_end": (start + timedelta(hours=4)).isoformat(),
        "expected_benefit": "Refunds within a minute.",
        "back_out_plan": "Deploy 1.9.0 again.",
        "components": [{"ci": payments_api().key, "from_version": "1.9.0", "to_version": "2.0.0", "digest": DIGEST}],
        **fields,
    }


def test_a_release_goes_its_whole_way_through_the_api(api) -> None:
    publish_model()
    for name in ("adam", "anna", "carl"):
        person(name)
    rosa = api("rosa")
    made = rosa.post("releases/", body())
    assert made.status_code == 201, made.json()
    key = made.json()["key"]
    assert made["Location"] == f"/api/v1/releases/{key}/"
    assert made.json()["components"][0]["owner"] == "payments"
    path = f"releases/{key}"
    models = rosa.get(f"{path}/applicable-models/").json()
    assert [(one["model"], one["applies"], one["misses"]) for one in models] == [("normal/1", True, [])]
    assert models[0]["matches"]
    assert rosa.step(path, "apply_model", model_version="normal").json()["status"] == "planning"
    assert rosa.step(path, "start_verification").json()["status"] == "verifying"
    blocked = rosa.step(path, "request_approval")
    assert blocked.status_code == 409
    assert {one["code"] for one in blocked.json()["blockers"]} == {"check_running"}
    for check in rosa.get(f"{path}/checks/", status="running").json()["results"]:
        if check["group"] != "release":
            done = api("carl").step(f"{path}/checks/{check['slug']}", "sign_off", comment="I saw it.")
            assert done.json()["status"] == "passed"
    assert rosa.step(path, "request_approval").json()["status"] == "awaiting_approval"
    for name in ("adam", "anna"):
        asked = api(name).get(f"{path}/approvals/").json()["results"][-1]
        said = api(name).post(f"{path}/approvals/", {"decision": "approve", "digest": asked["digest"]})
        assert said.status_code == 201, said.json()
    assert rosa.get(f"{path}/").json()["status"] == "scheduled"
    assert rosa.get(f"{path}/gate/").json()["gate"] == "closed"
    assert rosa.step(path, "start").json()["status"] == "releasing"
    assert rosa.get(f"{path}/gate/", strict="true").json() == {
        "gate": "open",
        "environment": "production",
        "reasons": [],
    }
    assert api("rosa").step(f"{path}/tasks/announce", "start").json()["status"] == "in_progress"
    assert api("rosa").step(f"{path}/tasks/announce", "finish").json()["status"] == "done"
    do_tasks(Release.objects.get(key=key), "execute")
    assert rosa.get(f"{path}/").json()["availability"] == "generally_available"
    assert rosa.step(path, "accept_early", comment="All is well.").json()["status"] == "in_review"
    events = [one["event"] for one in rosa.get(f"{path}/timeline/", page_size=500).json()["results"]]
    steps = ["create", "apply_model", "start_verification", "request_approval", "approve", "start", "finish"]
    assert [event for event in events if event.split(".", 2)[:2] == ["releases", "release"]][0].endswith("create")
    assert [f"releases.release.{step}" for step in steps] == [
        event for event in events if event in {f"releases.release.{step}" for step in steps}
    ]
    assert "approvals.answer.create" in events


def test_steps_say_what_stands_in_the_way_and_who_may(api) -> None:
    release = release_in("planning", back_out_plan="", expected_benefit="")
    steps = {one["name"]: one for one in api("rosa").get(f"releases/{release.key}/transitions/").json()}
    assert steps["start_verification"]["allowed"] is False
    assert {one["code"] for one in steps["start_verification"]["blockers"]} == {
        "no_back_out_plan",
        "no_expected_benefit",
    }
    assert steps["cancel"]["allowed"] is True
    hers = {one["name"]: one for one in api("audrey").get(f"releases/{release.key}/transitions/").json()}
    assert hers["cancel"]["allowed"] is False
    assert hers["cancel"]["blockers"][-1]["code"] == "not_permitted"


@pytest.mark.parametrize("name", ["audrey", "adam", "carl", "sven", "ida", "ivan"])
def test_only_a_release_manager_moves_a_release(api, name: str) -> None:
    release = release_in("planning")
    refused = api(name).step(f"releases/{release.key}", "cancel", reason="not_needed", comment="No.")
    assert refused.status_code == 403
    assert fresh(release).status == "planning"


def test_an_auditor_changes_nothing(api) -> None:
    release = release_in("planning")
    audrey = api("audrey")
    assert audrey.post("releases/", body()).status_code == 403
    assert audrey.patch(f"releases/{release.key}/", {"title": "Mine"}).status_code == 403
    assert audrey.post(f"releases/{release.key}/holds/", {"reason": "Stop."}).status_code == 403
    assert audrey.post(f"releases/{release.key}/tasks/", {"slug": "x", "title": "X"}).status_code == 403
    assert audrey.delete(f"releases/{release.key}/tasks/deploy/").status_code == 403


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"planned_end": "2020-01-01T00:00:00Z"}, "/planned_end", "before_start"),
        ({"components": [{"ci": "nobody-knows-me"}]}, "/components/0/ci", "unknown"),
        ({"components": [{"ci": "payments-api"}, {"ci": "payments-api"}]}, "/components/1/ci", "repeated"),
        ({"components": [{"ci": "payments-api", "digest": "md5:abc"}]}, "/components/0/digest", "digest"),
        ({"components": [{"ci": "payments-api", "owner": "nobody"}]}, "/components/0/owner", "unknown"),
        ({"subject": "nobody-knows-me"}, "/subject", "does_not_exist"),
        ({"type": "gigantic"}, "/type", "invalid_choice"),
        ({"title": ""}, "/title", "blank"),
        ({"planned_start": "tomorrow"}, "/planned_start", "invalid"),
        ({"colour": "red"}, "/colour", "unknown_field"),
    ],
)
def test_bad_input_is_refused_with_its_place_and_nothing_is_written(api, change, pointer: str, code: str) -> None:
    rosa, given = api("rosa"), body()
    entries = AuditEntry.objects.count()
    answer = rosa.post("releases/", {**given, **change})
    assert answer.status_code == 400
    assert (pointer, code) in {(one["pointer"], one["code"]) for one in answer.json()["errors"]}
    assert Release.objects.count() == 0
    assert AuditEntry.objects.count() == entries


def test_a_circle_of_tasks_is_refused(api) -> None:
    release = release_in("planning")
    path = f"releases/{release.key}/tasks"
    answer = api("rosa").patch(f"{path}/deploy/", {"depends_on": ["smoke-test"]})
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {
            "pointer": "/depends_on",
            "code": "circle",
            "detail": "These tasks would wait for each other: deploy → smoke-test → deploy.",
        }
    ]
    assert api("rosa").get(f"{path}/deploy/").json()["depends_on"] == ["announce"]
    foreign = api("rosa").post(f"{path}/", {"slug": "late", "title": "Late", "depends_on": ["nobody"]})
    assert foreign.status_code == 400
    assert api("rosa").get(f"{path}/late/").status_code == 404


def test_a_stale_copy_is_not_written_over(api) -> None:
    release = release_in("planning")
    rosa = api("rosa")
    tag = rosa.get(f"releases/{release.key}/")["ETag"]
    assert rosa.patch(f"releases/{release.key}/", {"risk": "low"}, **{"If-Match": tag}).status_code == 200
    assert rosa.patch(f"releases/{release.key}/", {"risk": "high"}, **{"If-Match": tag}).status_code == 412
    assert fresh(release).risk == "low"


def test_what_the_status_does_not_let_be_edited_is_refused(api) -> None:
    release = release_in("awaiting_approval")
    answer = api("rosa").patch(f"releases/{release.key}/", {"title": "Other", "planned_end": "2031-01-01T00:00:00Z"})
    assert answer.status_code == 409
    assert [one["code"] for one in answer.json()["blockers"]] == ["not_editable", "not_editable"]
    assert api("rosa").patch(f"releases/{release.key}/", {"title": release.title}).status_code == 200


def test_parts_are_added_changed_and_taken_away(api) -> None:
    release = release_in("planning")
    rosa, path = api("rosa"), f"releases/{release.key}"
    assert rosa.post(f"{path}/tasks/", {"slug": "brief", "title": "Brief the desk"}).status_code == 201
    assert rosa.patch(f"{path}/tasks/brief/", {"assignee": "carl", "duration_minutes": 5}).status_code in (200, 400)
    person("carl")
    assert rosa.patch(f"{path}/tasks/brief/", {"assignee": "carl"}).json()["assignee"] == "carl"
    assert rosa.delete(f"{path}/tasks/brief/").status_code == 204
    assert rosa.patch(f"{path}/components/payments-api/", {"to_version": "2.0.1"}).json()["to_version"] == "2.0.1"
    assert rosa.delete(f"{path}/components/payments-api/").status_code == 204
    assert rosa.post(f"{path}/components/", {"ci": "payments", "to_version": "2"}).status_code == 201
    other = release_in("draft", title="The other")
    made = rosa.post(f"{path}/dependencies/", {"needs": other.key, "state": "released"})
    assert made.json()["is_met"] is False
    back = rosa.post(f"releases/{other.key}/dependencies/", {"needs": release.key})
    assert back.status_code == 400
    assert back.json()["errors"][0]["code"] == "circle"
    assert rosa.delete(f"{path}/dependencies/{made.json()['number']}/").status_code == 204


def test_a_hold_is_placed_and_lifted(api) -> None:
    release = release_in("scheduled")
    path = f"releases/{release.key}"
    held = api("adam").post(f"{path}/holds/", {"reason": "The bank is down."})
    assert held.status_code == 201
    blocked = api("rosa").step(path, "start")
    assert [one["code"] for one in blocked.json()["blockers"]] == ["held"]
    assert "adam" in blocked.json()["blockers"][0]["who_can_lift"].lower()
    assert api("carl").post(f"{path}/holds/{held.json()['number']}/lift/").status_code == 403
    lifted = api("adam").post(f"{path}/holds/{held.json()['number']}/lift/", {"comment": "It is back."})
    assert lifted.json()["in_force"] is False
    assert api("rosa").step(path, "start").json()["status"] == "releasing"


def test_the_gate_is_closed_with_reasons_and_strict_stops_a_pipeline(api) -> None:
    release = release_in("awaiting_approval")
    ida = api("ida")
    closed = ida.get(f"releases/{release.key}/gate/")
    assert (closed.status_code, closed.json()["gate"]) == (200, "closed")
    assert closed.json()["reasons"][0]["code"] == "not_releasing"
    assert ida.get(f"releases/{release.key}/gate/", strict="true").status_code == 423
    staging()
    assert ida.get(f"releases/{release.key}/gate/", environment="staging").json()["gate"] == "open"
    assert ida.get(f"releases/{release.key}/gate/", environment="moon").status_code == 400
    assert ida.get(f"releases/{release.key}/gate/", wait="61").status_code == 400


def test_a_pipeline_can_wait_at_the_gate_until_it_opens(api, monkeypatch) -> None:
    """No time passes in this test: while the pipeline waits, rosa starts the release."""
    release = release_in("scheduled")
    waited = []

    def pause(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 2:
            actions.start_release(release=release, by=acting("rosa"))

    monkeypatch.setattr("time.sleep", pause)
    answer = api("ida").get(f"releases/{release.key}/gate/", wait="30", strict="true")
    assert (answer.status_code, answer.json()["gate"], len(waited)) == (200, "open", 2)


@pytest.mark.parametrize(("status", "is_open"), [("draft", False), ("releasing", True), ("released", True)])
def test_when_the_gate_is_open(api, status: str, is_open: bool) -> None:
    release = release_in(status)
    assert (api("ida").get(f"releases/{release.key}/gate/").json()["gate"] == "open") is is_open


def test_every_gate_of_a_withdrawn_release_is_closed(api) -> None:
    release = release_in("closed")
    staging()
    assert api("ida").get(f"releases/{release.key}/gate/").json()["gate"] == "open"
    actions.withdraw_release(release=release, by=acting("rosa"), note="It leaks.")
    for where in ("production", "staging"):
        closed = api("ida").get(f"releases/{release.key}/gate/", environment=where).json()
        assert [one["code"] for one in closed["reasons"]] == ["not_available"]


def test_a_hold_closes_the_gate_of_a_release_that_has_started(api) -> None:
    release = release_in("releasing")
    actions.place_hold(release=release, reason="Look at the graphs.", by=acting("adam"))
    assert [one["code"] for one in api("ida").get(f"releases/{release.key}/gate/").json()["reasons"]] == ["held"]


def test_a_deployment_is_reported_and_linked_and_changes_no_release(api) -> None:
    release = release_in("scheduled")
    report = {
        "ci": "payments-api",
        "environment": "production",
        "version": "2.0.0",
        "digest": DIGEST,
        "status": "in_progress",
        "source": "ci",
        "external_id": "4711",
    }
    made = api("ida").post("deployments/", report)
    assert made.status_code == 201, made.json()
    assert made.json()["releases"] == [release.key]
    again = api("ida").post("deployments/", {**report, "status": "success"})
    assert (again.json()["key"], again.json()["status"]) == (made.json()["key"], "success")
    assert fresh(release).status == "scheduled"
    assert fresh(release).exposure == 0
    listed = api("audrey").get(f"releases/{release.key}/deployments/").json()["results"]
    assert [one["key"] for one in listed] == [made.json()["key"]]
    clash = api("ida").post("deployments/", {**report, "digest": OTHER_DIGEST})
    assert clash.status_code == 409
    assert api("audrey").post("deployments/", report).status_code == 403


def test_the_evidence_pack_is_a_zip_with_a_manifest(api) -> None:
    release = prove(release_in("verifying"))
    answer = api("audrey").get(f"releases/{release.key}/evidence-pack/")
    assert answer["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as pack:
        assert {"manifest.json", "scope.json", "approvals.json", "checks.json", "audit.json"} <= set(pack.namelist())


def test_lists_are_filtered_and_unknown_filters_refused(api) -> None:
    release_in("planning")
    other = release_in("draft", title="Something else", release_version="3.1")
    rosa = api("rosa")
    assert [one["key"] for one in rosa.get("releases/", status="draft").json()["results"]] == [other.key]
    assert [one["key"] for one in rosa.get("releases/", search="3.1").json()["results"]] == [other.key]
    assert rosa.get("releases/", colour="red").status_code == 400
    assert rosa.get("releases/REL-1999-0001/").status_code == 404
