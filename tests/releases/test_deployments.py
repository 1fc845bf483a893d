"""Deployments: repeated and out-of-order reports end in the same state, and no report moves a release."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.cmdb.models import InstalledVersion
from apps.core.errors import Conflict, Invalid, NotPermitted
from apps.core.models import AuditEntry
from apps.releases import actions
from apps.releases.lifecycle.words import DeploymentStatus
from apps.releases.models import Deployment
from tests.factories import (
    DIGEST,
    OTHER_DIGEST,
    component,
    draft_release,
    fresh,
    payments_api,
    production,
    release_in,
    staging,
)
from tests.people import acting, person

BEGAN = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)


def report(status: str, minute: int = 0, **fields) -> Deployment:
    given_fields = {
        "ci": payments_api(),
        "environment": production(),
        "version": "2.0.0",
        "digest": DIGEST,
        "source": "ci",
        "external_id": "4711",
        "at": BEGAN + timedelta(minutes=minute),
        **fields,
    }
    return actions.record_deployment(status=status, by=acting("ida", "hook"), **given_fields)


def end_state(deployment: Deployment) -> tuple:
    row = Deployment.objects.get(pk=deployment.pk)
    return row.status, row.status_at, row.at, row.finished_at, row.deployed_version, row.digest


reports = st.lists(
    st.tuples(st.sampled_from(DeploymentStatus.values), st.integers(0, 5)), min_size=1, max_size=6, unique=True
)


class InAnyOrder(TestCase):
    @given(reports, st.randoms(use_true_random=False))
    @hypothesis_settings(max_examples=15)
    def test_the_order_of_arrival_and_repeats_do_not_matter(self, told, shuffled) -> None:
        states = set()
        for number in range(2):
            order = list(told)
            if number:
                order = order * 2
                shuffled.shuffle(order)
            for status, minute in order:
                last = report(status, minute, external_id=f"{number}")
            states.add(end_state(last))
        self.assertEqual(len(states), 1)


@pytest.mark.django_db
@pytest.mark.parametrize("order", list(permutations(["in_progress", "success", "pending"])))
def test_a_late_in_progress_never_overwrites_success(order: tuple[str, ...]) -> None:
    minute = {"pending": 0, "in_progress": 1, "success": 2}
    for status in order:
        last = report(status, minute[status])
    last.refresh_from_db()
    assert last.status == "success"
    assert last.at == BEGAN
    assert last.finished_at == BEGAN + timedelta(minutes=2)


@pytest.mark.django_db
def test_a_repeat_leaves_no_trace() -> None:
    first = report("success")
    entries = AuditEntry.objects.count()
    again = report("success")
    assert (again.pk, again.version) == (first.pk, first.version)
    assert AuditEntry.objects.count() == entries


@pytest.mark.django_db
def test_every_deployment_without_an_id_of_its_own_is_one() -> None:
    assert report("success", external_id="").pk != report("success", external_id="").pk


@pytest.mark.django_db
@pytest.mark.parametrize("by_what", ["digest", "version without digest"])
def test_it_is_linked_to_the_release_of_the_same_artifact(by_what: str) -> None:
    release = release_in("planning")
    other = draft_release(title="Another", components=[component(digest=OTHER_DIGEST)])
    elsewhere = draft_release(title="Elsewhere", environment=staging())
    told = report("success", digest=DIGEST if by_what == "digest" else "")
    linked = set(told.releases.values_list("key", flat=True))
    assert release.key in linked
    assert elsewhere.key not in linked
    assert (other.key in linked) is (by_what != "digest")
    assert AuditEntry.objects.filter(event="releases.release.link_deployment", root_key=release.key).count() == 1


@pytest.mark.django_db
def test_a_deployment_that_came_weeks_before_the_release_is_linked_when_the_release_is_drafted() -> None:
    told = report("success")
    release = draft_release()
    assert list(release.deployments.all()) == [told]


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["scheduled", "releasing", "released", "backing_out"])
def test_no_deployment_changes_a_release(status: str) -> None:
    release = release_in(status)
    before = (release.status, release.exposure, release.version)
    for told in DeploymentStatus.values:
        report(told, external_id=told)
    now_there = fresh(release)
    assert (now_there.status, now_there.exposure, now_there.version) == before


@pytest.mark.django_db
def test_what_is_installed_is_what_the_latest_success_says() -> None:
    report("success", 5, version="2.0.0", external_id="new")
    report("success", 1, version="1.9.0", digest="", external_id="old, told late")
    installed = InstalledVersion.objects.get(ci=payments_api(), environment=production())
    assert installed.version_name == "2.0.0"
    assert report("failure", 9, version="3.0.0", digest="", external_id="failed")
    installed.refresh_from_db()
    assert installed.version_name == "2.0.0"


@pytest.mark.django_db
def test_the_same_deployment_is_not_suddenly_of_something_else() -> None:
    report("in_progress")
    for other in ({"digest": OTHER_DIGEST}, {"version": "9"}, {"environment": staging()}):
        with pytest.raises(Conflict):
            report("success", **other)
    assert Deployment.objects.get().status == "in_progress"


@pytest.mark.django_db
def test_who_may_not_report_and_what_is_not_a_status_is_refused() -> None:
    for name in ("audrey", "adam", "ivan"):
        person(name)
        with pytest.raises(NotPermitted):
            actions.record_deployment(
                ci=payments_api(), environment=production(), status="success", source="x", by=acting(name)
            )
    with pytest.raises(Invalid):
        report("exploded")
    assert not Deployment.objects.exists()


@pytest.mark.django_db
def test_the_previous_version_deployed_again_confirms_the_back_out() -> None:
    release = release_in("backing_out")
    for task in release.tasks.filter(phase="back_out"):
        actions.start_task(task=task, by=acting("carl"))
        actions.finish_task(task=task, by=acting("carl"))
    assert fresh(release).status == "backing_out"
    report("success", version="1.9.0", digest="", external_id="back", at=None)
    assert fresh(release).status == "backing_out", "a deployment moves no release by itself"
    release = actions.judge_release(release=release, by=acting("ida", "job"))
    assert release.status == "in_review"
    assert release.availability == "not_available"
