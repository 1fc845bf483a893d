"""Incidents, and the releases they may come from."""

from datetime import timedelta

import pytest

from apps.accounts.permissions import Role
from apps.cmdb import actions as cmdb
from apps.cmdb.models import RelationshipType
from apps.core import moves
from apps.core.clock import now
from apps.core.errors import Invalid, NotNow, NotPermitted
from apps.core.models import AuditEntry
from apps.incidents import actions
from apps.incidents.models import CausalLink, Incident
from apps.releases.models import Release, ReleaseIncident
from tests.factories import ci, payments, payments_api, production, release_in, staging
from tests.people import SYSTEM, acting

pytestmark = pytest.mark.django_db


def report(title: str = "Refunds fail", *, severity: int = 2, services=(), by=SYSTEM, **fields) -> Incident:
    return actions.report_incident(title=title, severity=severity, services=services or [payments()], by=by, **fields)


def depends_on(source, target) -> None:
    kind = RelationshipType.objects.filter(slug="depends-on").first() or moves.create(
        RelationshipType(slug="depends-on", name="depends on", reverse_name="is needed by"), by=SYSTEM
    )
    cmdb.create_relationship(source=source, type=kind, target=target, by=SYSTEM)


@pytest.fixture
def released():
    return release_in("released")


# --- the correlator --------------------------------------------------------------------------------------------------


def test_a_release_in_early_life_is_suspected_with_reasons(released, drain):
    incident = report()
    drain()
    link = incident.links.get()
    assert (link.release, link.status) == (released, "suspected")
    assert link.reasons[0].startswith(f"{released.key} began 0 minutes before the incident opened.")
    assert "It changed Payments, which is affected." in link.reasons


def test_what_the_affected_service_hangs_on_counts(released, drain):
    shop = ci("web-shop", type="service")
    front = ci("storefront")
    depends_on(shop, front)
    depends_on(front, payments_api())
    incident = report(services=[shop])
    drain()
    assert "It changed Payments api, on which Web shop depends over 2 steps." in incident.links.get().reasons


def test_a_circle_of_dependencies_does_no_harm(released, drain):
    shop = ci("web-shop", type="service")
    depends_on(shop, payments_api())
    depends_on(payments_api(), shop)
    incident = report(services=[shop])
    drain()
    assert incident.links.count() == 1


@pytest.mark.parametrize(
    ("why", "fields"),
    [
        ("it opened before the release began", {"opened_at": timedelta(days=-2)}),
        ("it is on something else", {"services": "elsewhere"}),
        ("it is in another environment", {"environment": "staging"}),
    ],
)
def test_a_release_that_cannot_be_the_cause_is_left_alone(released, drain, why, fields):
    given = dict(fields)
    if "opened_at" in given:
        given["opened_at"] = now() + given["opened_at"]
    if "services" in given:
        given["services"] = [ci("mailer")]
    if "environment" in given:
        given["environment"] = staging()
    incident = report(**given)
    drain()
    assert not incident.links.exists(), why


@pytest.mark.parametrize(("hours_ago", "suspected"), [(1, True), (23, True), (25, False)])
def test_the_suspicion_ends_with_early_life(released, drain, hours_ago, suspected):
    began = now() - timedelta(hours=hours_ago)
    Release.objects.filter(pk=released.pk).update(
        started_at=began, released_at=began, finished_at=began, early_life_ends_at=began + timedelta(hours=24)
    )
    incident = report(environment=production())
    drain()
    assert incident.links.exists() is suspected


def test_a_release_that_is_not_under_way_yet_is_not_suspected(drain):
    release_in("scheduled")
    incident = report()
    drain()
    assert not incident.links.exists()


@pytest.mark.parametrize("status", ["releasing", "backing_out"])
def test_a_release_under_way_is_suspected(drain, status):
    release = release_in(status)
    incident = report()
    drain()
    assert incident.links.get().release == release


def test_correlating_again_changes_nothing_that_people_decided(released, drain):
    incident = report()
    drain()
    actions.refute_link(link=incident.links.get(), by=acting("rosa"), note="A cable was cut.")
    entries = AuditEntry.objects.count()
    actions.correlate(incident=incident, by=SYSTEM)
    actions.correlate(incident=incident, by=SYSTEM)
    assert incident.links.get().status == "refuted"
    assert AuditEntry.objects.count() == entries


def test_a_service_named_later_is_correlated_then(released, drain):
    incident = report(services=[ci("mailer")])
    drain()
    assert not incident.links.exists()
    actions.change_incident(incident=incident, services=[payments()], by=SYSTEM)
    drain()
    assert incident.links.get().release == released


# --- people judge ----------------------------------------------------------------------------------------------------


def test_confirming_tells_the_release(released, drain):
    incident = report(severity=1)
    drain()
    assert ReleaseIncident.objects.get().link == "suspected"
    link = actions.confirm_link(link=incident.links.get(), by=acting("rosa"), note="The refund job was removed.")
    assert (link.status, link.found) == ("confirmed", "The refund job was removed.")
    note = ReleaseIncident.objects.get()
    assert (note.release, note.incident_key, note.severity, note.link) == (released, incident.key, 1, "confirmed")


def test_refuting_needs_to_say_how_that_is_known(released, drain):
    incident = report()
    drain()
    link = incident.links.get()
    with pytest.raises(Invalid):
        actions.refute_link(link=link, by=acting("rosa"))
    assert CausalLink.objects.get().status == "suspected"
    actions.refute_link(link=link, by=acting("rosa"), note="A cable was cut.")
    assert ReleaseIncident.objects.get().link == "refuted"


@pytest.mark.parametrize("name", ["carl", "adam", "audrey", "ida", "ivan", "nora"])
def test_a_tool_and_most_people_may_not_judge(released, drain, name):
    incident = report()
    drain()
    with pytest.raises(NotPermitted):
        actions.confirm_link(link=incident.links.get(), by=acting(name))
    assert not ReleaseIncident.objects.filter(link="confirmed").exists()


def test_what_was_judged_stays_judged(released, drain):
    incident = report()
    drain()
    link = actions.confirm_link(link=incident.links.get(), by=acting("rosa"))
    with pytest.raises(NotNow):
        actions.refute_link(link=link, by=acting("rosa"), note="I changed my mind.")


def test_a_person_may_suspect_a_release(drain):
    release = release_in("scheduled")
    incident = report()
    with pytest.raises(Invalid):
        actions.suspect(incident=incident, release=release, by=acting("sven"), note=" ")
    link = actions.suspect(incident=incident, release=release, by=acting("sven"), note="It was deployed dark.")
    assert (link.status, link.reasons) == ("suspected", ["It was deployed dark."])
    with pytest.raises(Invalid):
        actions.suspect(incident=incident, release=release, by=acting("sven"), note="Again.")


# --- reporting -------------------------------------------------------------------------------------------------------


def test_the_same_report_sent_again_brings_it_up_to_date():
    first = report(source="pager", external_id="P1", severity=3)
    again = report("Refunds fail everywhere", source="pager", external_id="P1", severity=1)
    assert (first.pk, again.severity, again.title) == (again.pk, 1, "Refunds fail everywhere")
    assert Incident.objects.count() == 1


def test_two_sources_may_use_the_same_number():
    assert report(source="pager", external_id="1").key != report(source="desk", external_id="1").key


def test_resolving():
    incident = report(opened_at=now() - timedelta(hours=3))
    resolved = actions.resolve_incident(incident=incident, by=acting("carl"), note="The job runs again.")
    assert (resolved.status, resolved.resolved_at is not None) == ("resolved", True)
    with pytest.raises(NotNow):
        actions.resolve_incident(incident=resolved, by=acting("carl"))
    assert actions.resolve_incident(incident=resolved, by=SYSTEM) == resolved


@pytest.mark.parametrize("hours", [-4, 1])
def test_an_incident_is_resolved_between_its_opening_and_now(hours):
    incident = report(opened_at=now() - timedelta(hours=3))
    with pytest.raises(Invalid):
        actions.resolve_incident(incident=incident, by=acting("carl"), resolved_at=now() + timedelta(hours=hours))
    assert Incident.objects.get().status == "open"


def test_an_incident_does_not_open_in_the_future():
    with pytest.raises(Invalid):
        report(opened_at=now() + timedelta(hours=1))
    assert not Incident.objects.exists()


@pytest.mark.parametrize(
    ("name", "may"), [("rosa", True), ("carl", True), ("ida", True), ("audrey", False), ("nora", False)]
)
def test_who_may_report(name, may):
    if may:
        assert report(by=acting(name)).key.startswith("INC-")
        return
    with pytest.raises(NotPermitted):
        report(by=acting(name))
    assert Role.AUDITOR and not Incident.objects.exists()
