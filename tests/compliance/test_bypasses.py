"""Bypasses: answered by one deed, counted for ever; and the services to bring under the practice next."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from apps.cmdb import actions as cmdb
from apps.cmdb.models import ConfigurationItem, RelationshipType
from apps.compliance import actions, queries
from apps.compliance.models import Finding
from apps.core.actor import job
from apps.core.clock import now
from apps.core.errors import NotNow, NotPermitted
from apps.core.models import AuditEntry, OutboxEvent
from apps.metrics import queries as metrics
from apps.metrics.periods import last_months
from apps.releases import actions as releases
from apps.releases.models import Deployment, Release
from tests.core.api.conftest import Caller, problem
from tests.factories import CONTENT, ci, production, publish_model
from tests.people import SYSTEM, acting, person

pytestmark = pytest.mark.django_db
PAGE = "/admin/adoption/"


def went_live(item: ConfigurationItem, version: str = "7.0", hours_ago: float = 30) -> Deployment:
    return releases.record_deployment(
        ci=item, environment=production(), status="success", source="jenkins", version=version,
        digest="sha256:" + "a" * 64, at=now() - timedelta(hours=hours_ago), by=acting("ida"),
    )  # fmt: skip


def tied(part: ConfigurationItem, service: ConfigurationItem) -> None:
    kind = RelationshipType.objects.get(slug="part-of")
    cmdb.create_relationship(source=part, type=kind, target=service, by=SYSTEM)


@pytest.fixture
def bypass() -> Finding:
    """The printing daemon, part of the printing service, went live past the practice."""
    daemon = ci("printd", type="component")
    tied(daemon, ci("printing", type="service", criticality=2))
    went_live(daemon)
    actions.sweep_controls(at=now(), by=job("controls"))
    return Finding.objects.get()


def signed_in(name: str) -> Client:
    client = Client()
    client.force_login(person(name))
    return client


def test_one_deed_drafts_the_release_that_should_have_been(bypass) -> None:
    release = actions.bring_under_management(finding=bypass, by=acting("rosa"), note="Found it.")
    assert (release.status, release.subject.key, release.release_version) == ("draft", "printing", "7.0")
    assert release.release_manager == person("rosa")
    part = release.components.get()
    assert (part.ci.key, part.to_version, part.digest) == ("printd", "7.0", "sha256:" + "a" * 64)
    bypass.refresh_from_db()
    assert bypass.status == "closed"
    assert release.key in bypass.close_note
    assert queries.bypasses() == []


def shadows() -> list[str]:
    found = metrics.answer("M2", last_months(), as_of=now() + timedelta(minutes=1))
    return [row.key for row in found.rows["use"] if row.note == "shadow release"]


def test_it_stays_a_bypass_in_the_figures(bypass) -> None:
    assert shadows() == [bypass.subject_key]
    release = actions.bring_under_management(finding=bypass, by=acting("rosa"))
    deployment = Deployment.objects.get()
    releases.link_deployment(deployment=deployment, release=release, by=acting("rosa"))
    assert shadows() == [bypass.subject_key]


def test_the_other_answer_takes_the_item_out_of_scope(bypass) -> None:
    actions.leave_unmanaged(finding=bypass, by=acting("rosa"), note="A test printer.")
    daemon = ConfigurationItem.objects.get(key="printd")
    assert daemon.release_managed is False
    assert "A test printer." in Finding.objects.get().close_note
    went_live(daemon, "8.0", 26)
    actions.sweep_controls(at=now(), by=job("controls"))
    assert Finding.objects.count() == 1
    assert shadows() == [bypass.subject_key]  # what happened, happened


@pytest.mark.parametrize("deed", [actions.bring_under_management, actions.leave_unmanaged])
def test_it_is_answered_once(bypass, deed) -> None:
    actions.bring_under_management(finding=bypass, by=acting("rosa"))
    count = Release.objects.count()
    with pytest.raises(NotNow, match="is closed: Brought under management"):
        deed(finding=bypass, by=acting("rosa"), note="Again.")
    assert Release.objects.count() == count


def test_other_findings_are_no_bypasses(db) -> None:
    other = actions.raise_finding(
        by=acting("audrey"), control="internal_audit", title="Doors", detail="Open.", subject_key="door"
    )
    with pytest.raises(NotNow, match="not about a deployment"):
        actions.bring_under_management(finding=other, by=acting("rosa"))


@pytest.mark.parametrize("name", ["adam", "carl", "audrey", "ida", "nora"])
def test_who_may_not_answer_leaves_no_trace(bypass, name: str) -> None:
    stranger = acting(name)
    before = AuditEntry.objects.count(), OutboxEvent.objects.count()
    for deed in (actions.bring_under_management, actions.leave_unmanaged):
        with pytest.raises(NotPermitted):
            deed(finding=bypass, by=stranger, note="No.")
    assert (AuditEntry.objects.count(), OutboxEvent.objects.count(), Release.objects.count()) == (*before, 0)


def test_the_same_over_the_api(bypass) -> None:
    problem(Caller(person("audrey")).post(f"findings/{bypass.key}/bring-under-management/", {}), 403)
    answer = Caller(person("rosa")).post(f"findings/{bypass.key}/bring-under-management/", {"note": "Found it."})
    assert answer.status_code == 201
    assert answer.json() == {"release": Release.objects.get().key}
    again = problem(Caller(person("rosa")).post(f"findings/{bypass.key}/leave-unmanaged/", {"note": "No."}), 409)
    assert "Brought under management" in again["blockers"][0]["message"]


def test_the_page_leads_to_each_deed_and_the_deed_does_it(bypass) -> None:
    rosa = signed_in("rosa")
    page = rosa.get(PAGE).content.decode()
    assert "Printd 7.0" in page
    deed = f"/admin/compliance/finding/{bypass.pk}/do/bring/"
    assert deed in page
    assert rosa.get(deed).status_code == 200
    assert not Release.objects.exists()
    assert rosa.post(deed, {"note": "Found it."}).status_code == 302
    assert Release.objects.get().subject.key == "printing"
    assert "Nothing went past the practice" in rosa.get(PAGE).content.decode()


def test_an_auditor_reads_the_page_and_is_offered_nothing(bypass) -> None:
    page = signed_in("audrey").get(PAGE).content.decode()
    assert "Printd 7.0" in page
    assert "/do/bring/" not in page
    assert signed_in("audrey").post(f"/admin/compliance/finding/{bypass.pk}/do/bring/", {}).status_code == 403
    assert not Release.objects.exists()
    assert signed_in("nora").get(PAGE).status_code in (302, 403)


def test_services_to_bring_in_next_by_criticality_times_bypasses(bypass) -> None:
    ci("archive", type="service", criticality=1)
    ci("mailing", type="service", criticality=4)
    publish_model(
        "light", content={**CONTENT, "applies": {"subject_types": ["service"], "criticality": {"min": 4, "max": 4}}}
    )
    found = {one.key: one for one in queries.onboarding(now())}
    assert "mailing" not in found  # a published model applies to it
    assert [(one.key, one.bypasses, one.weight) for one in queries.onboarding(now())][:2] == [
        ("printing", 1, 6),
        ("archive", 0, 4),
    ]
    light = found["archive"].lightest
    assert light.slug == "light"
    assert light.misses == ("The model is for criticality 4; the subject has criticality 1.",)
    told = Caller(person("audrey")).get("onboarding/").json()["results"]
    assert (told[0]["key"], told[0]["lightest_model"]["slug"]) == ("printing", "light")


def test_the_lightest_of_those_that_come_as_close(db) -> None:
    ci("archive", type="service", criticality=1)
    applies = {"subject_types": ["host"]}
    heavy = {**CONTENT, "applies": applies}
    publish_model("heavy", content=heavy)
    publish_model("small", content={**heavy, "tasks": heavy["tasks"][:1], "checks": []})
    assert queries.onboarding(now())[0].lightest.slug == "small"


def test_the_page_asks_as_much_for_many_as_for_few(bypass, query_budget) -> None:
    for number in range(5):
        part = ci(f"part-{number}", type="component")
        tied(part, ci(f"service-{number}", type="service"))
        went_live(part)
    actions.sweep_controls(at=now(), by=job("controls"))
    rosa = signed_in("rosa")
    rosa.get(PAGE)
    with query_budget("admin.adoption"):
        assert rosa.get(PAGE).content.decode().count("/do/bring/") == 6
