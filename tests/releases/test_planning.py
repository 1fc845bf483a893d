"""Planning: what a plan must have, what may be edited when, dates, models and their versions, releases that need releases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.core.clock import now
from apps.core.errors import Invalid, NotNow, NotPermitted
from apps.core.models import AuditEntry
from apps.releases import actions
from apps.releases.lifecycle.editing import EDITABLE, FIELDS
from apps.releases.lifecycle.words import Status
from apps.releases.models import Release
from apps.releases.queries import applicable_models, critical_path
from apps.schedule.actions import change_window
from tests.factories import (
    ci,
    component,
    content_with,
    draft_release,
    fresh,
    publish_model,
    release_in,
    task,
    team,
)
from tests.people import acting, person
from tests.schedule.calendar import window

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


# --- windows that the model names -------------------------------------------------------------------------------


def test_a_release_keeps_to_the_windows_that_its_model_names() -> None:
    opens = now().replace(microsecond=0) - timedelta(hours=2)
    named = window(start=opens, hours=8, rrule="FREQ=WEEKLY")
    content = content_with(window={"required": True, "keys": [named.key]})
    release = release_in("planning", model="weekly", content=content)
    actions.change_release(release=release, by=acting("rosa"), planned_end=opens + timedelta(hours=9))
    with pytest.raises(NotNow, match=f"Its model releases within {named.key} only"):
        actions.start_verification(release=fresh(release), by=acting("rosa"))
    weeks = timedelta(weeks=3)
    later = {"planned_start": opens + weeks, "planned_end": opens + weeks + timedelta(hours=8)}
    release = actions.change_release(release=fresh(release), by=acting("rosa"), **later)
    assert actions.start_verification(release=release, by=acting("rosa")).status == "verifying"


def test_a_scheduled_release_does_not_start_when_its_window_was_taken_from_the_model_s() -> None:
    named = window(start=now() - timedelta(hours=2), hours=8)
    release = release_in("scheduled", model="weekly", content=content_with(window={"keys": [named.key]}))
    change_window(window=named, fields={"ends_at": named.starts_at + timedelta(hours=1)}, by=acting("rosa"))
    assert "outside_windows" in codes(fresh(release), "start_release")


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
