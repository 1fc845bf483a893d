"""What the closed releases say of a release model: shares with their intervals, version against version, and the gates."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from apps.release_models import actions as models
from apps.release_models.models import ModelVersion
from apps.releases.lifecycle.words import Status
from apps.releases.models import Check, CheckRun, Release
from apps.reviews.queries import Share, effectiveness_of
from tests.core.api.conftest import Caller
from tests.factories import ci, publish_model, release_in
from tests.people import acting, person


def history(version: ModelVersion, count: int, bad: int = 0) -> list[Release]:
    """Closed releases under a version, as facts: so many, of which so many were backed out."""
    made = []
    for number in range(count):
        release = release_in("draft", title=f"Told {number}")
        Release.objects.filter(pk=release.pk).update(
            status=Status.CLOSED,
            model_version=version,
            outcome="backed_out" if number < bad else "successful",
            closed_at=release.created_at + timedelta(days=3),
            started_at=release.created_at + timedelta(days=1),
            released_at=release.created_at + timedelta(hours=30 + number),
            baseline_start=release.created_at + timedelta(hours=20),
            baseline_end=release.created_at + timedelta(hours=31),
        )
        made.append(Release.objects.get(pk=release.pk))
    return made


def gate(release: Release, slug: str, *runs: str, waived: bool = False) -> None:
    check = Check(release=release, slug=slug, title=slug, group="component", kind="manual", status="passed")
    check.waiver_reason = "It was late." if waived else ""
    Check.objects.bulk_create([check])
    CheckRun.objects.bulk_create(CheckRun(check_of=check, number=n, status=one) for n, one in enumerate(runs, 1))


@pytest.fixture
def version(db: None) -> ModelVersion:
    return publish_model("normal")


def test_a_version_is_what_became_of_its_closed_releases(version) -> None:
    history(version, 6, bad=1)
    found = effectiveness_of(version.model).versions[0]
    assert (found.releases, found.successful) == (6, Share(5, 6))
    assert found.on_schedule == Share(3, 6)  # the others came after the planned end and the model's hour of tolerance
    assert found.lead_time == 32.5
    assert (found.without_incident, found.without_waiver, found.by_the_rules) == (Share(6, 6),) * 3
    assert found.content.value is None


def test_the_tolerance_is_for_the_end_and_excuses_no_early_start(version) -> None:
    (release,) = history(version, 1)
    early = release.baseline_start - timedelta(minutes=1)
    Release.objects.filter(pk=release.pk).update(started_at=early)
    assert effectiveness_of(version.model).versions[0].on_schedule == Share(0, 1)


def test_what_is_not_closed_does_not_count(version) -> None:
    release_in("planning")
    assert effectiveness_of(version.model).versions[0].releases == 0


def test_a_difference_is_told_only_when_it_is_no_chance() -> None:
    assert Share(38, 40).against(Share(10, 40)) == "better"
    assert Share(10, 40).against(Share(38, 40)) == "worse"
    assert Share(9, 10).against(Share(8, 10)) == "alike"
    assert Share(4, 4).against(Share(0, 40)) == "unknown"  # four say little
    assert Share(0, 0).against(Share(5, 5)) == "unknown"


def test_each_version_stands_beside_the_one_before_it(version) -> None:
    history(version, 12, bad=11)
    draft = models.draft_version(model=version.model, content=version.content, summary="Better.", by=acting("rosa"))
    draft = models.submit_version(version=draft, by=acting("rosa"))
    newer = models.publish_version(version=draft, by=acting("rolf"))
    history(newer, 12)
    told = [one.as_dict() for one in effectiveness_of(version.model).versions]
    assert [(one["version"], one["successful"]["against_version_before"]) for one in told] == [
        (2, "better"),
        (1, "unknown"),
    ]


def test_gates_that_never_stopped_anything_are_named(version) -> None:
    slugs = [one["slug"] for one in version.content["checks"] if one.get("required", True)][:2]
    quiet, useful = slugs
    for release in (releases := history(version, 10, bad=2)):
        gate(release, quiet, "passed")
        gate(release, f"{useful}-api", "failed" if release == releases[0] else "passed", "passed")
    found = effectiveness_of(version.model)
    assert [one.slug for one in found.candidates] == [quiet]
    stopped = next(one for one in found.gates if one.slug == useful)
    assert (stopped.releases, stopped.failed, stopped.failed_before_trouble, stopped.may_go) == (10, 1, 1, False)


def test_nine_releases_are_too_few_to_drop_a_gate(version) -> None:
    slug = version.content["checks"][0]["slug"]
    for release in history(version, 9):
        gate(release, slug, "passed")
    assert effectiveness_of(version.model).candidates == []


def test_a_waived_gate_stays(version) -> None:
    slug = version.content["checks"][0]["slug"]
    for number, release in enumerate(history(version, 12)):
        gate(release, slug, "passed", waived=number == 3)
    found = effectiveness_of(version.model)
    assert found.candidates == []
    assert found.versions[0].without_waiver == Share(11, 12)


def test_the_page_and_the_api_say_the_same(version, query_budget) -> None:
    history(version, 6, bad=1)
    client = Client()
    client.force_login(person("audrey"))
    address = f"/admin/release_models/releasemodel/{version.model.pk}/change/?tab=effectiveness"
    client.get(address)
    with query_budget("admin.effectiveness"):
        page = client.get(address).content.decode()
    assert "83.3 %" in page
    assert "5 of 6" in page
    told = Caller(person("ida")).get("release-models/normal/effectiveness/").json()
    assert told["versions"][0]["successful"]["hits"] == 5
    assert Caller(person("ida")).get("release-models/nothing/effectiveness/").status_code == 404


def test_each_product_stands_for_itself_over_all_versions(version) -> None:
    history(version, 6, bad=3)
    other = ci("refunds", type="service")
    for release in history(version, 2):
        Release.objects.filter(pk=release.pk).update(subject=other)
    found = effectiveness_of(version.model)
    told = [(one.product.key, one.releases, one.successful) for one in found.products]
    assert told == [("payments", 6, Share(3, 6)), ("refunds", 2, Share(2, 2))]
    answer = Caller(person("ida")).get("release-models/normal/effectiveness/").json()
    assert [one["product"] for one in answer["products"]] == ["payments", "refunds"]
    assert answer["products"][0]["on_schedule"] == {**answer["products"][0]["on_schedule"], "hits": 3, "total": 6}
    assert "against_version_before" not in answer["products"][0]["successful"]
    client = Client()
    client.force_login(person("audrey"))
    page = client.get(
        f"/admin/release_models/releasemodel/{version.model.pk}/change/?tab=effectiveness"
    ).content.decode()
    assert "Each service or product" in page and "Refunds" in page


def test_how_much_a_version_asks_for_stands_beside_the_version_before(version) -> None:
    content = {**version.content, "checks": version.content["checks"][:1]}
    draft = models.draft_version(model=version.model, content=content, summary="Less.", by=acting("rosa"))
    models.publish_version(version=models.submit_version(version=draft, by=acting("rosa")), by=acting("rolf"))
    found = effectiveness_of(version.model)
    assert (found.asks, found.asked_before) == (5, 7)  # three tasks and one group; of three checks one is left
