"""Planning: what a plan must have, what may be edited when, dates, models and their versions, releases that need releases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.core.clock import now
from apps.core.errors import Invalid, NotNow, NotPermitted
from apps.core.models import AuditEntry
from apps.releases import actions
from apps.releases.lifecycle.editing import EDITABLE, FIELDS
from apps.releases.lifecycle.scope import differences, digest_of, scope_content
from apps.releases.lifecycle.words import Status
from apps.releases.models import Release
from apps.releases.queries import applicable_models, critical_path, scope_digest
from tests.factories import (
    DIGEST,
    check,
    ci,
    component,
    content_with,
    draft_release,
    fresh,
    payments,
    publish_model,
    release_in,
    task,
    team,
)
from tests.people import SYSTEM, acting, person

pytestmark = pytest.mark.django_db


def codes(release: Release, step: str = "start_verification") -> list[str]:
    with pytest.raises(NotNow) as refused:
        getattr(actions, step)(release=release, by=acting("rosa"))
    return sorted(blocker.code for blocker in refused.value.blockers)


# --- what a plan must have ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        ({"planned_start": None}, "no_window"),
        ({"back_out_plan": "  "}, "no_back_out_plan"),
        ({"expected_benefit": ""}, "no_expected_benefit"),
        ({"components": []}, "no_component"),
        ({"components": [{"to_version": ""}]}, "component_without_version"),
        ({"components": [{"digest": ""}]}, "component_without_digest"),
    ],
)
def test_what_is_missing_is_named(missing: dict, code: str) -> None:
    if missing.get("components"):
        missing = {"components": [component(**missing["components"][0])]}
    release = release_in("planning", **missing)
    assert code in codes(release)
    assert fresh(release).status == "planning"


def test_everything_that_is_missing_is_named_at_once() -> None:
    release = release_in("planning", components=[], planned_start=None, back_out_plan="", expected_benefit="")
    assert codes(release) == sorted(
        ["no_component", "no_window", "no_back_out_plan", "no_expected_benefit", *["task_without_dates"] * 4]
    )


def test_a_component_nobody_owns_and_a_release_nobody_answers_for() -> None:
    orphan = ci("orphan")
    type(orphan).objects.filter(pk=orphan.pk).update(owner=None)
    orphan.refresh_from_db()
    release = release_in("planning", components=[{"ci": orphan, "to_version": "1", "no_digest_reason": "A table."}])
    Release.objects.filter(pk=release.pk).update(release_manager=None)
    assert codes(release) == ["component_without_owner", "no_release_manager"]
    actions.change_component(component=release.components.get(), by=acting("rosa"), owner=team("data"))
    actions.change_release(release=release, by=acting("rosa"), release_manager=person("rolf"))
    assert actions.start_verification(release=release, by=acting("rosa")).status == "verifying"


def test_a_reason_stands_for_a_digest() -> None:
    release = release_in("planning", components=[component(digest="", no_digest_reason="A table, no artifact.")])
    assert actions.start_verification(release=release, by=acting("rosa")).status == "verifying"


def test_a_circle_in_the_database_is_found_even_when_no_door_lets_it_in() -> None:
    release = release_in("planning")
    deploy, smoke = release.tasks.get(slug="deploy"), release.tasks.get(slug="smoke-test")
    deploy.depends_on.add(smoke)
    assert "task_circle" in codes(release)


def test_a_task_without_a_role_or_somebody_has_nobody() -> None:
    release = release_in("planning")
    actions.add_task(release=release, slug="brief", title="Brief the desk", by=acting("rosa"))
    assert codes(release) == ["task_without_role"]
    actions.change_task(task=release.tasks.get(slug="brief"), by=acting("rosa"), assignee=person("carl"))
    assert actions.start_verification(release=release, by=acting("rosa")).status == "verifying"


# --- editing --------------------------------------------------------------------------------------------------------

VALUES = {
    "title": "Another title",
    "release_version": "9.9.9",
    "type": "major",
    "description": "Other words.",
    "expected_benefit": "Another.",
    "back_out_plan": "Another way back.",
    "risk": "high",
}


@pytest.mark.parametrize("status", Status.values)
def test_the_table_of_what_may_be_edited_is_what_the_action_does(status: str) -> None:
    release = release_in(status)
    for name, value in VALUES.items():
        release = fresh(release)
        if name in EDITABLE[release.status]:
            assert getattr(actions.change_release(release=release, by=acting("rosa"), **{name: value}), name) == value
        else:
            with pytest.raises(NotNow) as refused:
                actions.change_release(release=release, by=acting("rosa"), **{name: value})
            assert [blocker.code for blocker in refused.value.blockers] == ["not_editable"]


def test_the_table_names_every_status_and_real_fields() -> None:
    assert EDITABLE.keys() == set(Status)
    for name in FIELDS:
        Release._meta.get_field(name)


def test_who_may_edit() -> None:
    draft, planned = release_in("draft"), release_in("planning")
    assert actions.change_release(release=draft, by=acting("sven"), title="By the owner").title == "By the owner"
    for name in ("sven", "carl", "adam", "audrey", "ida", "ivan"):
        with pytest.raises(NotPermitted):
            actions.change_release(release=planned, by=acting(name), title="Mine")


def test_a_window_that_ends_before_it_starts_is_refused_and_nothing_is_written() -> None:
    release = release_in("planning")
    entries = AuditEntry.objects.count()
    with pytest.raises(Invalid) as refused:
        actions.change_release(release=release, by=acting("rosa"), planned_end=release.planned_start)
    assert [(one.pointer, one.code) for one in refused.value.errors] == [("planned_end", "before_start")]
    assert AuditEntry.objects.count() == entries
    assert fresh(release).planned_end == release.planned_end


# --- dates ----------------------------------------------------------------------------------------------------------


def test_preparation_ends_where_execution_begins_and_each_task_follows_what_it_needs() -> None:
    release = release_in("planning")
    tasks = {one.slug: one for one in release.tasks.all()}
    assert tasks["announce"].planned_end == release.planned_start == tasks["deploy"].planned_start
    assert tasks["smoke-test"].planned_start == tasks["deploy"].planned_end
    assert tasks["restore"].planned_start is None


def test_moving_the_window_moves_the_tasks_but_not_those_set_by_hand() -> None:
    release = release_in("planning")
    by_hand = release.planned_start + timedelta(hours=2)
    tidy = actions.change_task(
        task=release.tasks.get(slug="tidy"), by=acting("rosa"), planned_start=by_hand, planned_end=by_hand
    )
    later = release.planned_start + timedelta(days=1)
    actions.change_release(release=release, by=acting("rosa"), planned_end=later + timedelta(hours=4))
    actions.change_release(release=release, by=acting("rosa"), planned_start=later)
    assert release.tasks.get(slug="deploy").planned_start == later
    tidy.refresh_from_db()
    assert tidy.planned_start == by_hand


def test_the_critical_path_of_a_release() -> None:
    tasks = [
        task("prepare", phase="prepare", duration_minutes=10),
        task("fast", needs=["prepare"], duration_minutes=5),
        task("slow", needs=["prepare"], duration_minutes=50),
        task("end", needs=["fast", "slow"], duration_minutes=1),
        task("restore", phase="back_out", duration_minutes=500),
    ]
    release = release_in("planning", content=content_with(tasks=tasks))
    assert [one.slug for one in critical_path(release)] == ["prepare", "slow", "end"]
    actions.skip_task(task=release.tasks.get(slug="slow"), by=acting("rosa"), note="Not needed.")
    assert [one.slug for one in critical_path(release)] == ["prepare", "fast", "end"]


# --- tasks ----------------------------------------------------------------------------------------------------------


def test_what_makes_no_sense_in_a_plan_is_refused_with_nothing_written() -> None:
    release = release_in("planning")
    deploy = release.tasks.get(slug="deploy")
    entries = AuditEntry.objects.count()
    for depends_on, code in ((["deploy"], "circle"), (["smoke-test"], "circle"), (["nobody"], "unknown")):
        with pytest.raises(Invalid) as refused:
            actions.change_task(task=deploy, by=acting("rosa"), depends_on=depends_on)
        assert refused.value.errors[0].code == code
    with pytest.raises(Invalid, match="later phase"):
        actions.change_task(task=deploy, by=acting("rosa"), depends_on=["restore"])
    with pytest.raises(Invalid, match="slug"):
        actions.add_task(release=release, slug="deploy", title="Again", by=acting("rosa"))
    with pytest.raises(NotNow, match="depends on"):
        actions.remove_task(task=deploy, by=acting("rosa"))
    assert AuditEntry.objects.count() == entries


def test_a_task_is_taken_by_who_starts_it_and_done_by_nobody_else() -> None:
    release = release_in("releasing")
    tidy = release.tasks.get(slug="tidy")
    with pytest.raises(NotPermitted):
        actions.start_task(task=tidy, by=acting("adam"))
    tidy = actions.start_task(task=tidy, by=acting("carl"))
    assert tidy.assignee == person("carl")
    with pytest.raises(NotPermitted):
        actions.finish_task(task=tidy, by=acting("sven"))
    assert actions.finish_task(task=tidy, by=acting("rosa")).status == "done"


def test_a_task_that_failed_keeps_the_release_from_finishing_until_it_is_done_or_skipped() -> None:
    release = release_in("releasing")
    for slug in ("announce", "deploy"):
        actions.start_task(task=release.tasks.get(slug=slug), by=acting("rosa"))
        actions.finish_task(task=release.tasks.get(slug=slug), by=acting("rosa"))
    smoke = actions.start_task(task=release.tasks.get(slug="smoke-test"), by=acting("carl"))
    actions.fail_task(task=smoke, by=acting("carl"), note="500 at the till.")
    assert fresh(release).status == "releasing"
    actions.retry_task(task=smoke, by=acting("carl"))
    actions.fail_task(task=smoke, by=acting("carl"), note="Again.")
    with pytest.raises(Invalid):
        actions.skip_task(task=smoke, by=acting("rosa"))
    actions.skip_task(task=smoke, by=acting("rosa"), note="The till is an old one.")
    assert fresh(release).status == "released", "`tidy` is not mandatory"


# --- models ---------------------------------------------------------------------------------------------------------


def test_a_model_that_does_not_apply_needs_a_reason_and_every_miss_is_named() -> None:
    strict = publish_model(
        "strict", content=content_with(applies={"subject_types": ["host"], "release_types": ["major"]})
    )
    release = draft_release()
    with pytest.raises(NotNow) as refused:
        actions.apply_model(release=release, model_version=strict, by=acting("rosa"))
    assert [blocker.code for blocker in refused.value.blockers] == ["model_does_not_apply"] * 2
    assert fresh(release).tasks.count() == 0
    release = actions.apply_model(release=release, model_version=strict, by=acting("rosa"), reason="A trial.")
    assert (release.status, release.misfit_reason) == ("planning", "A trial.")


def test_only_a_published_version_is_applied_and_a_release_keeps_it() -> None:
    first = publish_model()
    release = release_in("planning")
    second = publish_model(content=content_with(tasks=[task("only")]))
    assert fresh(release).model_version == first
    first.refresh_from_db()
    with pytest.raises(NotNow, match="only a published version"):
        actions.apply_model(release=draft_release(), model_version=first, by=acting("rosa"))
    release = actions.migrate_model(release=release, model_version=second, by=acting("rosa"))
    assert release.model_version == second
    assert [one.slug for one in release.tasks.all()] == ["only"]


def test_a_plan_that_has_begun_is_not_laid_out_anew() -> None:
    release = release_in("planning")
    actions.start_task(task=release.tasks.get(slug="announce"), by=acting("rosa"))
    with pytest.raises(NotNow, match="has begun"):
        actions.migrate_model(release=release, model_version=publish_model(), by=acting("rosa"))


def test_models_are_ranked_with_reasons() -> None:
    publish_model()
    publish_model("strict", content=content_with(applies={"release_types": ["major"]}))
    ranked = applicable_models(draft_release())
    assert [(one.model_version.model.slug, one.applies) for one in ranked] == [("normal", True), ("strict", False)]
    assert "major" in ranked[1].misses[0]


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
