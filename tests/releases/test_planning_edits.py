"""Planning: what a plan must have, what may be edited when, dates, models and their versions, releases that need releases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.core.clock import now
from apps.core.errors import Invalid, NotNow, NotPermitted
from apps.releases import actions
from apps.releases.lifecycle.scope import differences, digest_of, scope_content
from apps.releases.models import Release
from apps.releases.queries import scope_digest
from tests.factories import (
    DIGEST,
    check,
    ci,
    component,
    content_with,
    draft_release,
    fresh,
    payments,
    release_in,
)
from tests.people import SYSTEM, acting, person

pytestmark = pytest.mark.django_db


def codes(release: Release, step: str = "start_verification") -> list[str]:
    with pytest.raises(NotNow) as refused:
        getattr(actions, step)(release=release, by=acting("rosa"))
    return sorted(blocker.code for blocker in refused.value.blockers)


def test_each_component_has_its_own_checks_whatever_its_key_looks_like() -> None:
    release = release_in("planning", content=content_with(checks=[check("tests", kind="junit")]))
    for key in ("team:api", "team-api", "Team_API"):
        actions.add_component(release=release, by=acting("rosa"), ci=ci(key), to_version="1", digest=DIGEST)
    assert sorted(release.checks.values_list("slug", flat=True)) == [
        "tests-payments-api",
        "tests-team-api",
        "tests-team-api-2",
        "tests-team-api-3",
    ]
    actions.remove_component(component=release.components.get(ci__key="team-api"), by=acting("rosa"))
    assert release.checks.count() == 3


# --- releases that need releases ------------------------------------------------------------------------------------


def test_a_circle_of_releases_is_refused_however_long() -> None:
    chain = [draft_release(title=f"Release {number}") for number in range(4)]
    for earlier, later in zip(chain, chain[1:], strict=False):
        actions.add_dependency(release=later, needs=earlier, by=acting("rosa"))
    with pytest.raises(Invalid) as refused:
        actions.add_dependency(release=chain[0], needs=chain[3], by=acting("rosa"))
    assert refused.value.errors[0].code == "circle"
    with pytest.raises(Invalid):
        actions.add_dependency(release=chain[0], needs=chain[0], by=acting("rosa"))
    assert chain[0].dependencies.count() == 0


@pytest.mark.parametrize(
    ("status", "state", "is_met"),
    [
        ("awaiting_approval", "scheduled", False),
        ("scheduled", "scheduled", True),
        ("releasing", "released", False),
        ("released", "released", True),
        ("backing_out", "released", False),
        ("in_review", "released", True),
        ("in_review", "closed", False),
        ("closed", "closed", True),
        ("cancelled", "scheduled", False),
    ],
)
def test_when_a_need_is_met(status: str, state: str, is_met: bool) -> None:
    needed = release_in(status)
    release = draft_release(title="The one that waits")
    row = actions.add_dependency(release=release, needs=needed, by=acting("rosa"), state=state)
    assert row.is_met is is_met


def test_what_was_taken_back_meets_no_need() -> None:
    needed = release_in("closed")
    row = actions.add_dependency(release=draft_release(), needs=needed, by=acting("rosa"))
    actions.withdraw_release(release=needed, by=acting("rosa"), note="It leaks.")
    row.needs.refresh_from_db()
    assert row.is_met is False


# --- the digest -----------------------------------------------------------------------------------------------------


def test_the_digest_does_not_depend_on_the_order_of_rows_or_the_day_it_is_asked() -> None:
    components = [component(), {"ci": ci("ledger"), "to_version": "7", "digest": DIGEST}]
    release = release_in("planning", components=components)
    before = scope_digest(release)
    again = actions.set_components(release=release, components=[], by=acting("rosa"))
    again = actions.set_components(release=again, components=components[::-1], by=acting("rosa"))
    assert scope_digest(fresh(again)) == before == digest_of(scope_content(release))
    assert len(before) == 64


def test_who_does_it_and_what_is_noted_beside_it_is_not_in_the_digest() -> None:
    release = release_in("planning")
    before = scope_digest(release)
    actions.change_task(task=release.tasks.get(slug="deploy"), by=acting("rosa"), assignee=person("carl"))
    actions.change_release(release=release, by=acting("rosa"), description="Other words.", risk="low")
    actions.place_hold(release=release, reason="Wait.", by=acting("rosa"))
    assert scope_digest(fresh(release)) == before


def test_every_part_of_the_scope_is_in_the_digest_and_each_difference_is_said() -> None:
    release = release_in("planning")
    seen, content = {scope_digest(release)}, scope_content(release)
    changes = [
        lambda: actions.change_release(release=release, by=acting("rosa"), release_version="2.0.1"),
        lambda: actions.change_release(release=release, by=acting("rosa"), back_out_plan="Another way."),
        lambda: actions.change_release(
            release=release, by=acting("rosa"), planned_end=release.planned_end + timedelta(minutes=1)
        ),
        lambda: actions.change_component(component=release.components.get(), by=acting("rosa"), purl="pkg:pypi/x@1"),
        lambda: actions.add_task(release=release, slug="more", title="More", role="contributor", by=acting("rosa")),
        lambda: actions.change_task(task=release.tasks.get(slug="more"), by=acting("rosa"), depends_on=["deploy"]),
        lambda: actions.change_task(task=release.tasks.get(slug="more"), by=acting("rosa"), mandatory=False),
    ]
    for change in changes:
        change()
        now_there = scope_content(fresh(release))
        assert differences(content, now_there)
        assert digest_of(now_there) not in seen
        seen.add(digest_of(now_there))
        content = now_there
    assert differences(content, content) == []


# --- who drafts -----------------------------------------------------------------------------------------------------


def test_who_may_draft_a_release_and_who_then_answers_for_it() -> None:
    given = {"title": "T", "release_version": "1", "subject": payments()}
    assert actions.create_release(by=acting("rosa"), **given).release_manager == person("rosa")
    assert actions.create_release(by=acting("sven"), **given).release_manager is None
    for name in ("carl", "adam", "audrey", "ida", "ivan"):
        with pytest.raises(NotPermitted):
            actions.create_release(by=acting(name), **given)
    keys = list(Release.objects.order_by("pk").values_list("key", flat=True))
    year = now().year
    assert keys == [f"REL-{year}-0001", f"REL-{year}-0002"]


def test_the_review_is_taken_down_in_review_only_and_good_is_not_what_was_backed_out() -> None:
    with pytest.raises(NotNow):
        actions.note_review(release=release_in("released"), outcome="successful", accepted_at=now(), by=SYSTEM)
    release = release_in("backing_out")
    actions.skip_task(task=release.tasks.get(slug="restore"), by=acting("rosa"), note="By a switch.")
    release = actions.confirm_previous_versions(release=release, by=acting("rosa"), note="Seen.")
    with pytest.raises(Invalid, match="not successful"):
        actions.note_review(release=release, outcome="successful", accepted_at=now(), by=SYSTEM)
    with pytest.raises(NotNow) as refused:
        actions.close_release(release=release, by=acting("rosa"))
    assert {blocker.code for blocker in refused.value.blockers} == {"review_open", "no_outcome"}
    actions.note_review(release=release, outcome="backed_out", accepted_at=now(), by=SYSTEM)
    release = actions.close_release(release=release, by=acting("rosa"))
    assert (release.status, release.outcome) == ("closed", "backed_out")


def test_a_rollout_says_how_far_it_is_and_the_release_waits_for_it() -> None:
    release = release_in("releasing")
    actions.note_exposure(release=release, share=10, by=SYSTEM)
    for one in release.tasks.filter(mandatory=True).exclude(phase="back_out"):
        actions.skip_task(task=one, by=acting("rosa"), note="The rollout does it.")
    assert fresh(release).status == "releasing"
    actions.note_exposure(release=release, share=100, by=SYSTEM)
    assert fresh(release).status == "released"
    actions.back_out(release=release, by=acting("rosa"), note="Refunds fail.")
    actions.skip_task(task=release.tasks.get(slug="restore"), by=acting("rosa"), note="By the rollout.")
    actions.confirm_previous_versions(release=release, by=acting("rosa"), note="Seen.")
    assert fresh(release).status == "backing_out", "somebody still sees it"
    actions.note_exposure(release=release, share=0, by=SYSTEM)
    assert fresh(release).status == "in_review"


def test_incidents_are_noted_once() -> None:
    release = release_in("released")
    for link in ("suspected", "confirmed", "confirmed"):
        actions.note_incident(release=release, incident_key="INC-1", severity=2, link=link, by=SYSTEM)
    assert [(one.incident_key, one.link) for one in release.incident_notes.all()] == [("INC-1", "confirmed")]
