"""What a release reaches: from the service and every component, kept at each stage, and told when the map moves on."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from apps.cmdb import actions as cmdb
from apps.cmdb.models import CIType, ConfigurationItem, RelationshipType
from apps.releases import actions, queries
from apps.releases.models import Release
from tests.core.api.conftest import Caller
from tests.factories import fresh, release_in
from tests.people import SYSTEM, acting, person

pytestmark = pytest.mark.django_db


def consumer_of(ci: ConfigurationItem, name: str) -> ConfigurationItem:
    """A service that depends on the item."""
    made = cmdb.create_ci(key=name, name=name, ci_type=CIType.objects.get(slug="service"), criticality=1, by=SYSTEM)
    depends = RelationshipType.objects.get(slug="depends-on")
    cmdb.create_relationship(source=made, type=depends, target=ci, by=SYSTEM)
    return made


def stages(release: Release) -> list[str]:
    return [one.stage for one in release.impact_records.order_by("pk")]


@pytest.mark.parametrize(
    ("status", "kept"),
    [
        ("planning", []),
        ("verifying", ["planning"]),
        ("awaiting_approval", ["planning", "approval"]),
        ("scheduled", ["planning", "approval"]),
        ("releasing", ["planning", "approval", "start"]),
        ("in_review", ["planning", "approval", "start", "review"]),
    ],
)
def test_the_map_is_asked_at_every_stage_that_relies_on_it(status: str, kept: list[str]) -> None:
    assert stages(release_in(status)) == kept


def test_the_impact_begins_at_the_service_and_at_every_component() -> None:
    release = release_in("planning")
    component = release.components.first().ci
    consumer_of(component, "reads-the-component")
    consumer_of(release.subject, "uses-the-service")
    found = queries.reached_by(release)
    assert {"reads-the-component", "uses-the-service"} <= {one["key"] for one in found.items}
    assert not {release.subject.key, component.key} & {one["key"] for one in found.items}


def test_what_appeared_since_approval_is_told_to_everybody() -> None:
    release = release_in("awaiting_approval")
    assert not queries.since_approval(release, queries.reached_by(release)).differs
    late = consumer_of(release.subject, "late-comer")
    party = cmdb.create_party(slug="acme", name="Acme", by=SYSTEM)
    cmdb.create_service_relationship(party=party, service=late, notice_hours=48, by=SYSTEM)

    since = queries.since_approval(release, queries.reached_by(release))
    assert [one["key"] for one in since.appeared] == ["late-comer"]
    assert [one["slug"] for one in since.parties_appeared] == ["acme"]

    rosa = Client()
    rosa.force_login(person("rosa"))
    page = reverse("admin:releases_release_change", args=[release.pk]) + "?tab=impact"
    text = rosa.get(page).content.decode()
    assert "The map has changed since approval was asked for" in text
    assert "late-comer" in text
    assert "Acme" in text

    told = Caller(person("rosa")).get(f"releases/{release.key}/impact/").json()
    assert [one["stage"] for one in told["story"]] == ["planning", "approval", ""]
    assert [one["key"] for one in told["story"][-1]["appeared"]] == ["late-comer"]
    assert told["story"][0]["appeared"] == []
    assert [one["slug"] for one in told["parties"]] == ["acme"]

    drawn = Caller(person("rosa")).get(f"releases/{release.key}/impact-picture/")
    assert drawn["Content-Type"] == "image/svg+xml"
    assert b"late-comer" in drawn.content


def test_what_is_gone_is_told_too() -> None:
    release = release_in("verifying")
    early = consumer_of(release.subject, "early-bird")
    actions.rework(release=release, by=acting("rosa"), note="Once more.")
    release = actions.start_verification(release=fresh(release), by=acting("rosa"))
    cmdb.remove_relationship(relationship=early.outgoing.get(), by=SYSTEM)
    first, second, last = queries.impact_story(release, queries.reached_by(release))
    assert (first.differs, [one["key"] for one in second.appeared]) == (False, ["early-bird"])
    assert ([one["key"] for one in last.gone], last.stage) == (["early-bird"], "")


def test_the_record_is_part_of_the_timeline() -> None:
    release = release_in("awaiting_approval")
    events = [entry.event for entry in queries.timeline(fresh(release))]
    assert events.count("releases.impactrecord.note") == 2
