"""Incidents through the API and the admin."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.incidents.models import CausalLink, Incident
from apps.releases.models import ReleaseIncident
from tests.core.api.world import Caller
from tests.factories import payments, release_in
from tests.people import person

pytestmark = pytest.mark.django_db
TOLD = {"title": "Refunds fail", "severity": 1, "services": ["payments"], "source": "pager", "external_id": "P7"}


def api(name: str) -> Caller:
    return Caller(person(name))


def signed_in(name: str) -> Client:
    client = Client()
    client.force_login(person(name))
    return client


def test_a_tool_reports_and_a_person_judges(drain):
    release = release_in("released")
    made = api("ida")("post", "/api/v1/incidents/", TOLD)
    assert made.status_code == 201
    key = made.json()["key"]
    drain()
    rosa, where = api("rosa"), f"/api/v1/incidents/{key}/links/"
    (link,) = rosa("get", where).json()["results"]
    assert (link["release"], link["status"]) == (release.key, "suspected")
    assert any("Payments, which is affected" in reason for reason in link["reasons"])
    step = f"{where}{release.key}/transitions/"
    assert api("ida")("post", step, {"name": "confirm"}).status_code == 403
    assert rosa("post", step, {"name": "refute"}).status_code == 400
    assert rosa("post", step, {"name": "confirm", "comment": "The job is gone."}).json()["status"] == "confirmed"
    assert rosa("post", step, {"name": "confirm"}).status_code == 409
    assert ReleaseIncident.objects.get().link == "confirmed"
    found = rosa("get", f"/api/v1/incidents/?release={release.key}").json()["results"]
    assert [one["key"] for one in found] == [key]


def test_the_same_report_again_is_the_same_incident():
    payments()
    ida = api("ida")
    first = ida("post", "/api/v1/incidents/", TOLD).json()
    again = ida("post", "/api/v1/incidents/", {**TOLD, "severity": 2}).json()
    assert (first["key"], again["severity"]) == (again["key"], 2)
    resolved = ida("post", f"/api/v1/incidents/{first['key']}/transitions/", {"name": "resolve"})
    assert (resolved.status_code, resolved.json()["status"]) == (200, "resolved")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"severity": 5}, "/severity"),
        ({"services": ["nowhere"]}, "/services"),
        ({"title": ""}, "/title"),
        ({"opened_at": "2099-01-01T00:00:00Z"}, "/opened_at"),
        ({"url": "not a link"}, "/url"),
    ],
)
def test_a_bad_report_is_refused_with_the_place(change, pointer):
    payments()
    answer = api("ida")("post", "/api/v1/incidents/", {**TOLD, **change})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)
    assert not Incident.objects.exists()


def test_a_person_suspects_over_the_api():
    release = release_in("scheduled")
    key = api("ida")("post", "/api/v1/incidents/", TOLD).json()["key"]
    where = f"/api/v1/incidents/{key}/links/"
    assert api("carl")("post", where, {"release": release.key, "reason": "Dark."}).status_code == 403
    made = api("sven")("post", where, {"release": release.key, "reason": "It was deployed dark."})
    assert (made.status_code, made.json()["reasons"]) == (201, ["It was deployed dark."])
    assert made["Location"].endswith(f"/links/{release.key}/")
    assert api("sven")("post", where, {"release": release.key, "reason": "Again."}).status_code == 400


def test_the_pages_of_incident_and_release_show_each_other(drain):
    release = release_in("released")
    api("ida")("post", "/api/v1/incidents/", TOLD)
    drain()
    incident, link, rosa = Incident.objects.get(), CausalLink.objects.get(), signed_in("rosa")
    page = rosa.get(reverse("admin:incidents_incident_change", args=[incident.pk]) + "?tab=causes").content.decode()
    confirm = reverse("admin:incidents_causallink_step", args=[link.pk, "confirm"])
    assert release.key in page
    assert confirm in page
    page = rosa.get(reverse("admin:releases_release_change", args=[release.pk]) + "?tab=incidents").content.decode()
    assert incident.key in page
    assert confirm in page
    rosa.get(confirm)
    assert CausalLink.objects.get().status == "suspected"
    rosa.post(confirm, {"note": "The job is gone."})
    assert CausalLink.objects.get().status == "confirmed"


def test_an_auditor_looks_and_judges_nothing(drain):
    release_in("released")
    api("ida")("post", "/api/v1/incidents/", TOLD)
    drain()
    incident, link, audrey = Incident.objects.get(), CausalLink.objects.get(), signed_in("audrey")
    page = audrey.get(reverse("admin:incidents_incident_change", args=[incident.pk]) + "?tab=causes")
    confirm = reverse("admin:incidents_causallink_step", args=[link.pk, "confirm"])
    assert confirm not in page.content.decode()
    assert audrey.post(confirm, {"note": "Sure."}).status_code == 403
    assert CausalLink.objects.get().status == "suspected"


def test_reporting_in_the_admin(drain):
    service = payments()
    rosa = signed_in("rosa")
    sent = {
        "title": "Refunds fail",
        "severity": "2",
        "services": [str(service.pk)],
        "opened_at_0": "2026-03-02",
        "opened_at_1": "12:00:00",
    }
    answer = rosa.post(reverse("admin:incidents_incident_add"), sent)
    assert answer.status_code == 302, answer.content.decode()[:2000]
    incident = Incident.objects.get()
    assert (list(incident.services.all()), incident.severity) == ([service], 2)
    rosa.post(reverse("admin:incidents_incident_step", args=[incident.pk, "resolve"]), {"note": "Mended."})
    assert Incident.objects.get().status == "resolved"
