"""The release page: every tab for every status, parts written through actions, and a fixed number of queries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.core.clock import now
from apps.core.models import AuditEntry
from apps.releases import actions
from apps.releases.models import Component, Evidence, Hold, Release, ReleaseDependency, Task
from tests.factories import (
    DIGEST,
    OTHER_DIGEST,
    answer,
    check,
    ci,
    content_with,
    draft_release,
    fresh,
    payments,
    production,
    publish_model,
    release_in,
    task,
)
from tests.people import acting, person

pytestmark = pytest.mark.django_db
STATUSES = (
    "draft", "planning", "verifying", "awaiting_approval", "scheduled", "releasing", "released", "backing_out",
    "in_review", "closed", "cancelled",
)  # fmt: skip
TABS = ("overview", "scope", "plan", "when", "checks", "approvals", "deployments", "form", "history")


def client_of(name: str) -> Client:
    client = Client()
    client.force_login(person(name))
    return client


def page_of(release: Release, tab: str = "") -> str:
    return f"/admin/releases/release/{release.pk}/change/" + (f"?tab={tab}" if tab else "")


def shown(name: str, url: str) -> str:
    response = client_of(name).get(url)
    assert response.status_code == 200, response.content.decode()[:2000]
    return response.content.decode()


@pytest.mark.parametrize("status", STATUSES)
def test_every_tab_opens_in_every_status_and_an_auditor_finds_no_button_on_any(status) -> None:
    release = release_in(status)
    rosa, audrey = client_of("rosa"), client_of("audrey")
    for tab in TABS:
        assert rosa.get(page_of(release, tab)).status_code == 200, tab
        response = audrey.get(page_of(release, tab))
        assert response.status_code == 200, tab
        page = response.content.decode()
        assert f"/releases/release/{release.pk}/step/" not in page, tab
        assert f'href="/admin/releases/release/{release.pk}/do/hold/' not in page, tab


def many(count: int) -> dict:
    """A model with so many tasks, each after the one before, and so many checks."""
    return content_with(
        tasks=[
            task(f"t{n}", needs=[f"t{n - 1}"] if n else [], role="contributor", duration_minutes=5)
            for n in range(count)
        ],
        checks=[check(f"c{n}") for n in range(count)],
    )


def test_a_tab_costs_the_same_however_large_the_release(query_budget) -> None:
    small, large = release_in("verifying", content=many(2)), release_in("verifying", content=many(12), model="large")
    for number in range(6):
        actions.store_evidence(release=large, kind="other", content=b"%d" % number, by=acting("carl"))
    rosa = client_of("rosa")
    for tab in TABS:
        rosa.get(page_of(small, tab))
        with CaptureQueriesContext(connection) as few:
            rosa.get(page_of(small, tab))
        with query_budget(f"admin.releases.release.{tab}"), CaptureQueriesContext(connection) as more:
            assert rosa.get(page_of(large, tab)).status_code == 200
        grown = "\n".join(query["sql"][:200] for query in more.captured_queries[len(few) :])
        assert len(more) <= len(few), f"{tab}: {len(few)} for a small release, {len(more)} for a large one:\n{grown}"


def test_which_model_costs_the_same_however_many_there_are(query_budget) -> None:
    release, rosa = draft_release(), client_of("rosa")
    rosa.get(page_of(release, "model"))
    for number in range(9):
        publish_model(f"model-{number}")
    with query_budget("admin.releases.release.model"):
        page = rosa.get(page_of(release, "model")).content.decode()
    assert page.count("Model-") >= 9


def test_the_overview_briefs_whoever_must_decide() -> None:
    release = release_in("awaiting_approval", description="Refunds come at once.", risk="high")
    page = shown("adam", page_of(release))
    for words in (
        "Refunds come at once.",
        "Refunds within a minute.",
        "Deploy 1.9.0 again.",
        "risk: high",
        "Who is needed",
    ):
        assert words in page, words


def test_blocked_steps_say_every_reason_with_a_way_to_lift_it() -> None:
    release = release_in("planning", expected_benefit="", back_out_plan="", components=[])
    page = shown("rosa", page_of(release))
    assert 'aria-disabled="true">Start verification' in page
    assert page.count('<ul class="tg-blockers">') == 1
    assert "Add at least one component" in page and "back-out plan" in page


def test_the_plan_marks_the_critical_path_and_says_what_a_task_waits_for() -> None:
    content = content_with(
        tasks=[task("short", duration_minutes=5), task("long", duration_minutes=90), task("last", needs=["long"])]
    )
    page = shown("rosa", page_of(release_in("planning", content=content), "plan"))
    assert page.count("<tr data-critical>") == 2
    assert "after Long" in page


def test_steps_of_parts_are_buttons_for_those_who_may_and_lead_back() -> None:
    content = content_with(tasks=[task("deploy", role="contributor")])
    release = release_in("releasing", content=content)
    deploy = Task.objects.get(release=release)
    url = f"/admin/releases/task/{deploy.pk}/step/start/"
    assert url in shown("carl", page_of(release, "plan"))
    assert url not in shown("adam", page_of(release, "plan"))
    response = client_of("carl").post(url, {"next": page_of(release, "plan")})
    assert response["Location"] == page_of(release, "plan")
    deploy.refresh_from_db()
    assert deploy.status == "in_progress"
    assert client_of("adam").post(f"/admin/releases/task/{deploy.pk}/step/finish/").status_code == 403


def test_a_check_is_signed_off_and_waived_through_its_form() -> None:
    release = release_in("verifying", content=content_with(checks=[check("seen"), check("heard")]))
    seen, heard = release.checks.order_by("slug").reverse()
    carl, rosa = client_of("carl"), client_of("rosa")
    assert carl.post(f"/admin/releases/check/{seen.pk}/step/sign_off/", {"note": ""}).status_code == 400
    assert carl.post(f"/admin/releases/check/{seen.pk}/step/sign_off/", {"note": "I saw it."}).status_code == 302
    carl.post(f"/admin/releases/check/{heard.pk}/step/find_wanting/", {"note": "Silence."})
    until = (now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    assert (
        carl.post(f"/admin/releases/check/{heard.pk}/step/waive/", {"note": "Known.", "until": until}).status_code
        == 403
    )
    assert (
        rosa.post(f"/admin/releases/check/{heard.pk}/step/waive/", {"note": "Known.", "until": until}).status_code
        == 302
    )
    assert [one.status for one in release.checks.order_by("slug").reverse()] == ["passed", "waived"]
    page = shown("rosa", page_of(release, "checks"))
    assert "I saw it." in page and "Known." in page


def test_an_eligible_person_answers_on_the_page_and_others_are_told_why_not() -> None:
    release = release_in("awaiting_approval")
    page = shown("adam", page_of(release, "approvals"))
    assert "Your answer" in page and fresh(release).round.digest in page
    assert "Segregation of duties bars you" in shown("rosa", page_of(release, "approvals"))
    url = f"/admin/releases/release/{release.pk}/do/answer/"
    given = {"decision": "approve", "digest": fresh(release).round.digest, "next": page_of(release, "approvals")}
    assert client_of("adam").post(url, given).status_code == 302
    assert client_of("rosa").post(url, given).status_code == 403
    assert client_of("adam").post(url, {**given, "digest": "0" * 64}).status_code >= 400
    answer(release, "anna")
    assert fresh(release).status == "scheduled"
    assert "Adam" in shown("rosa", page_of(release, "approvals"))


def test_getting_the_answer_page_decides_nothing() -> None:
    release = release_in("awaiting_approval")
    url = f"/admin/releases/release/{release.pk}/do/answer/?decision=approve&digest={fresh(release).round.digest}"
    assert client_of("adam").get(url).status_code == 200
    assert client_of("adam").head(url).status_code == 200
    assert not fresh(release).round.answers.exists()


def test_holding_and_lifting() -> None:
    release = release_in("scheduled")
    carl = client_of("carl")
    url = f"/admin/releases/release/{release.pk}/do/hold/"
    assert carl.get(url).status_code == 200 and not Hold.objects.exists()
    assert carl.post(url, {"reason": ""}).status_code == 400
    assert carl.post(url, {"reason": "The certificate expires."}).status_code == 302
    hold = Hold.objects.get()
    page = shown("rosa", page_of(release))
    assert "The certificate expires." in page and 'aria-disabled="true">Start' in page
    lift = f"/admin/releases/hold/{hold.pk}/do/lift/"
    assert client_of("adam").post(lift, {}).status_code == 403
    assert carl.post(lift, {"note": "A new one is there."})["Location"].startswith(page_of(release).split("?")[0])
    hold.refresh_from_db()
    assert not hold.is_in_force


def test_a_release_is_drafted_by_the_form() -> None:
    start = now() + timedelta(days=3)
    given = {
        "title": "Refunds", "release_version": "2.1", "subject": payments().pk, "type": "minor",
        "environment": production().pk, "planned_start_0": f"{start:%Y-%m-%d}", "planned_start_1": "18:00",
        "planned_end_0": f"{start:%Y-%m-%d}", "planned_end_1": "20:00", "release_manager": person("rosa").pk,
        "risk": "low", "change_kind": "code", "description": "", "expected_benefit": "", "back_out_plan": "",
    }  # fmt: skip
    rosa = client_of("rosa")
    assert rosa.post("/admin/releases/release/add/", given).status_code == 302
    assert Release.objects.get().title == "Refunds"
    response = rosa.post("/admin/releases/release/add/", {**given, "planned_end_1": "17:00"})
    assert response.status_code in (200, 400) and "The window ends before it starts." in response.content.decode()
    assert Release.objects.count() == 1
    assert client_of("carl").post("/admin/releases/release/add/", given).status_code == 403


def test_what_is_asked_of_approvers_is_not_edited_under_their_eyes() -> None:
    release = release_in("awaiting_approval")
    page = shown("rosa", page_of(release, "form"))
    assert 'name="title"' not in page and 'name="planned_start_0"' not in page
    client_of("rosa").post(page_of(release), {"title": "Other", "record_version": fresh(release).version})
    assert fresh(release).title == release.title


def test_a_component_is_added_corrected_and_taken_out_through_its_pages() -> None:
    release = release_in("planning")
    rosa, item = client_of("rosa"), ci("ledger-api")
    given = {"release": release.pk, "ci": item.pk, "to_version": "4.0", "digest": OTHER_DIGEST, "owner": item.owner_id}
    response = rosa.post(f"/admin/releases/component/add/?release={release.pk}", given)
    assert response["Location"] == page_of(release, "scope")
    added = Component.objects.get(ci=item)
    url = f"/admin/releases/component/{added.pk}/"
    assert "4.0" in shown("rosa", page_of(release, "scope"))
    changed = {"to_version": "4.1", "digest": "sha256:short", "record_version": added.version}
    assert "sha256:…" in rosa.post(f"{url}change/", changed).content.decode()
    rosa.post(f"{url}change/", {**changed, "digest": DIGEST})
    added.refresh_from_db()
    assert (added.to_version, added.digest) == ("4.1", DIGEST)
    assert rosa.post(f"{url}delete/", {"post": "yes"})["Location"] == page_of(release, "scope")
    assert not Component.objects.filter(ci=item).exists()
    assert AuditEntry.objects.filter(event="releases.component.remove", root_key=release.key).exists()


def test_a_task_is_added_with_what_it_depends_on_and_a_circle_is_refused() -> None:
    release = release_in("planning", content=content_with(tasks=[task("deploy")]))
    rosa, deploy = client_of("rosa"), Task.objects.get(release=release)
    given = {
        "release": release.pk, "title": "Look", "slug": "look", "phase": "execute", "kind": "manual",
        "role": "contributor", "duration_minutes": "10", "mandatory": "on", "after": [deploy.pk],
        "planned_start_0": "", "planned_start_1": "", "planned_end_0": "", "planned_end_1": "", "instructions": "",
    }  # fmt: skip
    assert rosa.post("/admin/releases/task/add/", given)["Location"] == page_of(release, "plan")
    look = Task.objects.get(slug="look")
    assert list(look.depends_on.all()) == [deploy]
    circle = {**given, "title": "Deploy", "record_version": deploy.version, "after": [look.pk]}
    response = rosa.post(f"/admin/releases/task/{deploy.pk}/change/", circle)
    assert response.status_code == 400
    assert not deploy.depends_on.exists()


def test_needing_another_release() -> None:
    release, other = release_in("planning"), release_in("draft", title="Other")
    rosa = client_of("rosa")
    given = {"release": release.pk, "needs": other.pk, "state": "released", "reason": "Same tables."}
    assert rosa.post("/admin/releases/releasedependency/add/", given)["Location"] == page_of(release, "scope")
    assert "must be released first" in shown("rosa", page_of(release, "scope"))
    itself = rosa.post("/admin/releases/releasedependency/add/", {**given, "needs": release.pk})
    assert itself.status_code in (200, 400) and ReleaseDependency.objects.count() == 1


def test_evidence_is_brought_by_form_and_handed_out_as_a_file_no_browser_runs() -> None:
    release = release_in("verifying")
    carl = client_of("carl")
    file = SimpleUploadedFile("junit.xml", b'<testsuite><testcase name="a"/></testsuite>', "text/xml")
    url = f"/admin/releases/release/{release.pk}/do/evidence/"
    assert carl.post(url, {"kind": "junit", "file": file}).status_code == 302
    kept = Evidence.objects.get()
    assert (kept.kind, kept.filename, kept.size) == ("junit", "junit.xml", 43)
    assert client_of("audrey").post(url, {"kind": "junit", "file": file}).status_code == 403
    response = client_of("audrey").get(f"/admin/releases/evidence/{kept.pk}/file/")
    assert response["Content-Disposition"].startswith("attachment") and response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Type"] == "application/octet-stream" and response.content.startswith(b"<testsuite>")


def test_a_release_is_never_removed() -> None:
    release = release_in("draft")
    assert client_of("rosa").post(f"/admin/releases/release/{release.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Release.objects.exists()


def test_text_of_users_is_shown_never_run() -> None:
    evil = "<script>alert(1)</script>"
    release = release_in("awaiting_approval", title=evil, description=evil, back_out_plan=evil)
    for tab in TABS:
        assert evil not in shown("rosa", page_of(release, tab)), tab
    for url in ("/admin/", "/admin/calendar/", "/admin/releases/release/"):
        assert evil not in shown("rosa", url), url


@pytest.mark.parametrize(
    "query", ["phase=under_way", "phase=held", "phase=overdue", "whose=mine", "whose=task", "q=REL"]
)
def test_the_list_narrows(query) -> None:
    release = release_in("scheduled")
    assert client_of("rosa").get(f"/admin/releases/release/?{query}").status_code == 200
    actions.place_hold(release=release, reason="Wait.", by=acting("rosa"))
    held = shown("rosa", "/admin/releases/release/?phase=held")
    assert release.key in held and release.key not in shown("rosa", "/admin/releases/release/?phase=ended")


def test_the_history_holds_parts_and_rounds() -> None:
    page = shown("audrey", page_of(release_in("scheduled"), "history"))
    for words in ("Apply model", "Sign off", "Approve", "draft → planning"):
        assert words in page, words
