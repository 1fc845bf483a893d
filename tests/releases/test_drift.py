"""Drift: live but not released, released but not live, different between environments; each row says what to do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.cmdb.models import ConfigurationItem, Environment, InstalledVersion
from apps.compliance import actions as compliance
from apps.core.actor import job
from apps.core.clock import now
from apps.releases import actions
from apps.releases.lifecycle.words import Availability
from apps.releases.models import Component, Deployment, Release
from apps.releases.queries import DriftKind, Narrowed, drift_lists, drift_rows, explained
from tests.core.api.conftest import Caller, problem
from tests.factories import DIGEST, OTHER_DIGEST, ci, environment, payments_api, production, release_in, staging
from tests.people import SYSTEM, acting, person

pytestmark = pytest.mark.django_db
PAGE = "/admin/drift/"


def goes_live(
    item: ConfigurationItem, place: Environment, version: str, ago: timedelta = timedelta(), **more: str
) -> Deployment:
    return actions.record_deployment(
        ci=item, environment=place, status="success", source="jenkins", version=version, at=now() - ago, by=SYSTEM, **more
    )  # fmt: skip


def said(kind: str, **only: str) -> list[str]:
    return [one.detail for one in explained(kind, drift_rows(kind, Narrowed(**only)))]


@pytest.fixture
def released() -> tuple[Release, Component]:
    """Rosa's release of payments is released, and nobody has reported a deployment."""
    release = release_in("released")
    return release, release.components.get()


def test_a_released_version_that_nobody_deployed_is_listed_until_it_is_live(released) -> None:
    release, part = released
    assert said(DriftKind.NOT_LIVE) == [
        f"{release.key} released {part.to_version} into Production; no deployment of it has been reported."
    ]
    goes_live(part.ci, production(), part.to_version, digest=part.digest)
    assert said(DriftKind.NOT_LIVE) == []


def test_an_older_version_that_stays_or_is_put_back_is_said_so(released) -> None:
    release, part = released
    goes_live(part.ci, production(), "0.1", timedelta(days=9))
    assert said(DriftKind.NOT_LIVE)[0].endswith("0.1 is still live there.")
    assert said(DriftKind.UNRELEASED) == ["0.1 is live in Production and no release brought it."]


def test_another_artifact_of_the_same_version_is_not_what_was_released(released) -> None:
    release, part = released
    goes_live(part.ci, production(), part.to_version, digest=OTHER_DIGEST if part.digest == DIGEST else DIGEST)
    assert "not the artifact" in said(DriftKind.NOT_LIVE)[0]


def test_something_newer_without_a_release_is_one_row_not_two(released) -> None:
    release, part = released
    goes_live(part.ci, production(), "99.0", -timedelta(minutes=1))
    assert said(DriftKind.NOT_LIVE) == []
    assert said(DriftKind.UNRELEASED) == ["99.0 is live in Production and no release brought it."]


def test_only_the_last_release_of_an_item_counts(released) -> None:
    release, part = released
    later = release_in("released", title="The next one")
    mine = later.components.get()
    assert mine.ci == part.ci
    assert [one.release.key for one in explained(DriftKind.NOT_LIVE, drift_rows(DriftKind.NOT_LIVE, Narrowed()))] == [
        later.key
    ]


def test_what_was_taken_back_and_is_still_live_says_why(released) -> None:
    release, part = released
    goes_live(part.ci, production(), part.to_version, digest=part.digest)
    assert said(DriftKind.UNRELEASED) == []
    Release.objects.filter(pk=release.pk).update(availability=Availability.WITHDRAWN)
    assert said(DriftKind.UNRELEASED)[0].endswith("was withdrawn.")
    assert said(DriftKind.NOT_LIVE) == []


def test_linking_the_deployment_afterwards_settles_it() -> None:
    release = release_in("planning")
    part = payments_api()
    deployment = goes_live(part, production(), "7.7")
    assert len(said(DriftKind.UNRELEASED)) == 1
    actions.link_deployment(deployment=deployment, release=release, by=acting("rosa"))
    assert InstalledVersion.objects.get().release_key == release.key
    assert said(DriftKind.UNRELEASED) == []


def test_an_earlier_environment_that_was_passed_over_or_waits_for_long() -> None:
    part = payments_api()
    goes_live(part, staging(), "1.0", timedelta(days=40))
    goes_live(part, production(), "1.1", timedelta(days=35))
    assert said(DriftKind.DIFFERS) == ["Staging has 1.0, Production has 1.1."]
    goes_live(part, staging(), "2.0", timedelta(days=2))
    assert said(DriftKind.DIFFERS) == []  # the next version is on its way
    other = ci("ledger")
    goes_live(other, production(), "1.0", timedelta(days=90))
    goes_live(other, staging(), "2.0", timedelta(days=60))
    assert said(DriftKind.DIFFERS) == ["Staging has had 2.0 for long, Production still has 1.0."]


def test_the_lists_are_narrowed_by_service_environment_and_team(released) -> None:
    release, part = released
    kind = DriftKind.NOT_LIVE
    assert len(said(kind, service="payments", environment="production", team="payments")) == 1
    assert said(kind, service="other") == said(kind, environment="staging") == said(kind, team="booking") == []
    goes_live(ci("ledger"), production(), "1.0")
    assert len(said(DriftKind.UNRELEASED, team="payments")) == 1
    assert said(DriftKind.UNRELEASED, service="payments") == []


# The doors


def test_the_api_gives_each_list_page_by_page(released) -> None:
    release, part = released
    audrey = Caller(person("audrey"))
    told = audrey.get("drift/?kind=not-live").json()
    assert (told["count"], told["next"]) == (1, None)
    row = told["results"][0]
    assert (row["ci"], row["environment"], row["live_version"]) == (part.ci.key, "production", "")
    assert (row["expected_version"], row["release"]) == (part.to_version, release.key)
    assert "no deployment" in row["detail"]
    problem(audrey.get("drift/?kind=nonsense"), 400)
    assert audrey.get("drift/").json()["counts"] == {"unreleased": 0, "not_live": 1, "differs": 0}


def signed_in(name: str) -> Client:
    client = Client()
    client.force_login(person(name))
    return client


def test_the_page_shows_the_longest_list_first_and_leads_to_what_settles_it(released) -> None:
    release, part = released
    page = signed_in("rosa").get(PAGE).content.decode()
    assert "no deployment of it has been reported" in page
    assert f"/admin/releases/release/{release.pk}/change/" in page


def test_a_bypass_leads_to_bringing_it_under_management() -> None:
    goes_live(payments_api(), production(), "7.0", timedelta(hours=30))
    compliance.sweep_controls(at=now(), by=job("controls"))
    page = signed_in("rosa").get(PAGE, {"kind": "unreleased"}).content.decode()
    assert "/do/bring/" in page
    assert "/do/bring/" not in signed_in("audrey").get(PAGE, {"kind": "unreleased"}).content.decode()


def test_the_export_holds_every_row_of_the_list_as_narrowed(released) -> None:
    staging()
    response = signed_in("audrey").get(f"{PAGE}export/", {"kind": "not-live"})
    lines = b"".join(response.streaming_content).decode().splitlines()
    assert len(lines) == 2
    assert "no deployment of it has been reported" in lines[1]
    narrowed = signed_in("audrey").get(f"{PAGE}export/", {"kind": "not-live", "environment": "staging"})
    assert len(b"".join(narrowed.streaming_content).decode().splitlines()) == 1


def test_without_any_role_there_is_nothing_to_see() -> None:
    assert signed_in("nora").get(PAGE).status_code in (302, 403)


@pytest.mark.parametrize("kind", DriftKind.values)
def test_the_page_asks_as_much_for_many_as_for_few(kind: str, query_budget) -> None:
    release_in("released")
    for number in range(12):
        part = ci(f"part-{number}")
        goes_live(part, environment("staging", 1), "1.0", timedelta(days=3))
        goes_live(part, production(), "2.0", timedelta(days=2))
    rosa = signed_in("rosa")
    rosa.get(PAGE)
    with query_budget(f"admin.drift.{kind}"):
        assert rosa.get(PAGE, {"kind": kind}).status_code == 200


def test_the_page_and_the_api_ask_the_same_of_few_rows_as_of_many(released) -> None:
    """What is released but not live is found once, however many rows there are; a page of them is read by their numbers."""

    def asked(count: int) -> tuple[int, int]:
        release = Release.objects.get(key=released[0].key)
        start = Component.objects.count()
        parts = [ci(f"drifting-{number}") for number in range(start, start + count)]
        Component.objects.bulk_create([Component(release=release, ci=one, to_version="2.0") for one in parts])
        desk, rosa = Client(), Caller(person("rosa"))
        desk.force_login(person("rosa"))
        found = []
        for ask in (lambda: desk.get(f"{PAGE}?kind=not-live"), lambda: rosa.get("drift/?kind=not-live&page_size=500")):
            ask()
            with CaptureQueriesContext(connection) as seen:
                assert ask().status_code == 200
            found.append(len(seen))
            once = [one for one in seen.captured_queries if "ROW_NUMBER()" in one["sql"]]
            assert len(once) == 1, "the long question is asked once"
        return found[0], found[1]

    few = asked(2)
    assert asked(40) == few


def test_a_list_is_sliced_without_asking_again(released) -> None:
    found = drift_lists(Narrowed())[DriftKind.NOT_LIVE]
    assert len(found) == 1
    assert [one.release for one in found[0:50]] == [released[0]]
    assert found[1:50] == []
