"""A draft against releases that are over: which it would have stopped and where, and what the past cannot tell."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.core.clock import now
from apps.core.models import AuditEntry
from apps.release_models import actions as models
from apps.release_models.models import ModelVersion
from apps.releases.models import Check, Release, Task
from apps.reviews.queries import MATCHING, DryRun, dry_run_of
from tests.core.api.conftest import Caller, problem
from tests.factories import CONTENT, check, content_with, publish_model, release_in, task
from tests.people import acting, person
from tests.schedule.calendar import window

pytestmark = pytest.mark.django_db


def drafted(**parts: Any) -> ModelVersion:
    """Rosa's next version of the model under which the releases went."""
    model = publish_model().model
    return models.draft_version(model=model, content=content_with(**parts), summary="Next.", by=acting("rosa"))


def closed(**fields: Any) -> Release:
    """A release that went the whole way, by real actions."""
    return release_in("closed", **fields)


def stops(found: DryRun) -> list[tuple[str, str]]:
    return [(stop.place, stop.words) for one in found.tried for stop in one.stops]


def closed_before_risks_were_assessed(**fields: Any) -> Release:
    """One of a time when a risk that nobody stated stayed unstated."""
    release = closed(**fields)
    Release.objects.filter(pk=release.pk).update(risk="not_assessed")
    return release


def tried(**parts: Any) -> list[tuple[str, str]]:
    closed_before_risks_were_assessed()
    return stops(dry_run_of(drafted(**parts)))


def test_the_version_that_was_followed_would_have_stopped_nothing() -> None:
    closed()
    found = dry_run_of(drafted())
    assert (len(found.tried), found.blocked) == (1, [])


NO_DATA = {"groups": [{"name": "Board", "who": {"people": ["ida"]}}]}
ROWS: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "it would not apply": (
        {"applies": {"release_types": ["major"]}},
        ("applies", "The model is for the type of release major; here it is minor."),
    ),
    "what was not stated": ({"applies": {"risks": ["low"]}}, ("applies", "The model is for the risk low; here it is unknown.")),
    "a new required check": (
        {"checks": [*CONTENT["checks"], check("pen-test", group="procedure")]},
        ("checks", "Check “Pen-test” was not part of it."),
    ),
    "more approvals": (
        {"approvals": {"groups": [{"name": "Board", "who": {"role": "approver"}, "mode": "n", "n": 3}]}},
        ("approvals", "Board: 2 of 3 approvals were given."),
    ),
    "other approvers": (
        {"approvals": {"groups": [{"name": "Owners", "who": {"service_owner": True}}]}},
        ("approvals", "Owners: 0 of 1 approvals were given."),
    ),
    "a new task": (
        {"tasks": [*CONTENT["tasks"], task("warm-caches")]},
        ("tasks", "Task “Warm-caches” was not part of it."),
    ),
    "a task that was left": (
        {"tasks": [{**one, "mandatory": True} for one in CONTENT["tasks"]]},
        ("tasks", "Task “Tidy” was not done."),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_each_part_that_would_have_stopped_it_is_named_in_words(name: str) -> None:
    parts, stop = ROWS[name]
    if name == "a task that was left":
        release = closed()
        Task.objects.filter(release=release, slug="tidy").update(status="skipped")
        assert stops(dry_run_of(drafted(**parts))) == [stop]
    else:
        assert tried(**parts) == [stop]


def test_what_is_optional_or_advisory_stops_nothing() -> None:
    parts = {
        "checks": [*CONTENT["checks"], check("pen-test", required=False)],
        "tasks": [*CONTENT["tasks"], task("party", mandatory=False), task("undo", phase="back_out")],
    }
    assert tried(**parts) == []


def test_approvals_that_people_gave_count_for_whichever_group_would_have_asked_them() -> None:
    groups = [
        {"name": "Adam", "who": {"people": ["adam"]}, "order": 1},
        {"name": "Anybody", "who": {"role": "approver"}, "order": 2},
    ]
    assert tried(approvals={"groups": groups}) == []


def test_a_group_is_looked_at_where_its_conditions_held_and_left_aside_where_nobody_can_know() -> None:
    closed(risk="low")
    board = {"name": "Board", "who": {"role": "auditor"}}

    def with_board(**more: Any) -> ModelVersion:
        return drafted(approvals={**CONTENT["approvals"], "groups": [{**board, **more}]})

    assert [one[0] for one in stops(dry_run_of(with_board(when={"risk_at_least": "low"})))] == ["approvals"]
    assert stops(dry_run_of(with_board(when={"risk_at_least": "high"}))) == []
    unknown = dry_run_of(with_board(when={"consumers": True}))
    assert stops(unknown) == []
    assert "left aside: Board." in " ".join(unknown.unknown)


def test_nobody_who_would_have_been_barred_counts() -> None:
    groups = [{"name": "Anybody", "who": {"role": "approver"}, "mode": "n", "n": 2}]
    release = closed()
    Release.objects.filter(pk=release.pk).update(release_manager=person("adam"))
    version = drafted(approvals={"groups": groups, "bar": ["release_manager"]})
    assert stops(dry_run_of(version)) == [("approvals", "Anybody: 1 of 2 approvals were given.")]


def test_a_version_that_approves_by_itself_or_afterwards_asks_for_no_more_than_it_says() -> None:
    release = closed()
    content = content_with(approvals={"groups": []}, pre_authorised=True)
    standard = models.create_model(slug="std", name="Std", kind="standard", by=acting("rosa"))
    version = models.draft_version(model=standard, content=content, by=acting("rosa"))
    found = dry_run_of(version, among=MATCHING)
    assert [one.release for one in found.tried] == [release] and stops(found) == []


def test_a_failed_a_waived_and_a_stale_check_are_told_apart() -> None:
    release = closed()
    checks = {one.group: one for one in release.checks.all()}
    Check.objects.filter(pk=checks["component"].pk).update(
        status="waived", waiver_reason="Late.", waived_by=person("rosa"), waived_until=now()
    )
    Check.objects.filter(pk=checks["procedure"].pk).update(proven_at=release.started_at - timedelta(hours=30))
    Check.objects.filter(pk=checks["release"].pk).update(status="failed", required=False)
    definitions = [deepcopy(one) for one in CONTENT["checks"]]
    definitions[0]["waivable_by"], definitions[1]["stale_after_hours"] = [], 24
    assert stops(dry_run_of(drafted(checks=definitions))) == [
        ("checks", f"Check “{checks['component'].title}” was waived; here nobody may waive it."),
        ("checks", "The proof of “Rehearsed” was 30 h old at the start; it may be 24 h."),
        ("checks", "Check “Answers” was not passed or waived."),
    ]


def test_windows_not_kept_are_named() -> None:
    release = closed()
    named = window(start=release.planned_start, hours=1)
    version = drafted(window={"keys": [named.key]})
    assert stops(dry_run_of(version)) == [("window", f"It was planned outside the windows {named.key}.")]
    Release.objects.filter(pk=release.pk).update(started_at=release.planned_end + timedelta(hours=1))
    assert stops(dry_run_of(drafted())) == [("window", "It was started outside its planned window.")]
    Release.objects.filter(pk=release.pk).update(planned_start=None, planned_end=None)
    assert stops(dry_run_of(drafted())) == [("window", "It had no planned window.")]
    assert stops(dry_run_of(drafted(window={"required": False}))) == []


def test_a_reason_given_for_a_model_that_did_not_apply_would_have_been_given_again() -> None:
    release = closed()
    Release.objects.filter(pk=release.pk).update(misfit_reason="A trial.")
    assert stops(dry_run_of(drafted(applies={"release_types": ["major"]}))) == []


def test_only_finished_releases_of_the_model_are_tried_the_latest_first_and_no_more_than_asked() -> None:
    first, second = closed(), closed()
    closed(model="other", content=content_with(early_life_hours=1))
    for status in ("in_review", "cancelled"):
        release_in(status)
    version = drafted()
    assert [one.release for one in dry_run_of(version).tried] == [second, first]
    assert [one.release for one in dry_run_of(version, last=1).tried] == [second]
    assert len(dry_run_of(version, among=MATCHING).tried) == 3
    assert dry_run_of(drafted(applies={"release_types": ["major"]}), among=MATCHING).tried == []


def test_what_the_past_cannot_tell_is_said() -> None:
    closed_before_risks_were_assessed()
    version = drafted(
        applies={"change_kinds": ["code"], "risks": ["low"]},
        rollout={"strategy": "phased", "stages": [{"name": "some", "percentage": 5}]},
        approvals={**CONTENT["approvals"], "bar": ["author"]},
        window={"keys": [window().key]},
    )
    said = " ".join(dry_run_of(version).unknown)
    for words in (
        "may well have been done had it been asked for",
        "1 of them do not state their kind of change",
        "The risk of 1 of them was not assessed",
        "as they are today",
        "wrote the changes",
        "in the calendar today",
        "in these stages",
    ):
        assert words in said, words


def test_asking_costs_the_same_for_few_and_for_many_and_writes_nothing(query_budget) -> None:
    groups = [
        *CONTENT["approvals"]["groups"],
        {"name": "Owners", "who": {"service_owner": True}},
        {"name": "Adam", "who": {"people": ["adam"]}},
    ]
    closed()
    version = drafted(approvals={"groups": groups}, window={"keys": [window().key]}, applies={"risks": ["low"]})
    for among in ("model", MATCHING):
        with CaptureQueriesContext(connection) as few:
            dry_run_of(version, among=among)
        assert few.captured_queries
    for _number in range(4):
        closed()
    before = AuditEntry.objects.count()
    with query_budget("reviews.dry_run"):
        assert len(dry_run_of(version).tried) == 5
    assert AuditEntry.objects.count() == before


def test_the_page_and_the_api_say_the_same(query_budget) -> None:
    release = closed()
    closed_before_risks_were_assessed()
    Release.objects.filter(pk=release.pk).update(risk="low", change_kind="code")
    version = drafted(applies={"risks": ["low"]})
    rosa = Client()
    rosa.force_login(person("rosa"))
    address = f"/admin/release_models/modelversion/{version.pk}/change/?tab=dry-run"
    rosa.get(address)
    with query_budget("admin.dry_run"):
        page = unescape(rosa.get(address).content.decode())
    assert "1 of the last 2 would have been blocked." in page
    assert "The model is for the risk low; here it is unknown." in page
    told = Caller(person("ida")).get(f"release-models/normal/versions/{version.number}/dry-run/").json()
    assert (told["tried"], told["blocked"], told["places"][0]) == (2, 1, {"place": "applies", "blocked": 1})
    assert told["releases"][0]["stops"] == [
        {"place": "applies", "words": "The model is for the risk low; here it is unknown."}
    ]
    assert told["unknown"]
    matching = unescape(rosa.get(f"{address}&among=matching").content.decode())
    assert "0 of the last 1 would have been blocked." in matching


@pytest.mark.parametrize("query", ["last=0", "last=many", "last=201", "among=all"])
def test_a_question_that_cannot_be_answered_is_refused(query: str) -> None:
    version = drafted()
    asked = Caller(person("rosa")).get(f"release-models/normal/versions/{version.number}/dry-run/?{query}")
    problem(asked, 400)


def test_before_any_release_is_over_the_page_says_so() -> None:
    version = drafted()
    rosa = Client()
    rosa.force_login(person("rosa"))
    page = rosa.get(f"/admin/release_models/modelversion/{version.pk}/change/?tab=dry-run").content.decode()
    assert "No finished release to try it against" in page
    missing = Caller(person("rosa")).get("release-models/normal/versions/99/dry-run/")
    assert missing.status_code == 404
