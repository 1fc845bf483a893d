"""The charts of tasks, checks and check runs, every cell."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.core import moves
from apps.core.clock import now
from apps.releases import actions
from apps.releases.lifecycle.words import CheckStatus, RunStatus, TaskStatus
from apps.releases.models import Check, CheckRun, Task
from tests.factories import check, content_with, prove, release_in
from tests.people import SYSTEM, acting
from tests.releases.walking import everybody, expect_refused, expect_taken, names_of_steps, trial

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _people(db: None) -> None:
    everybody()


TASKS: dict[tuple[str, str], str] = {
    ("waiting", "make_ready"): "ready",
    ("ready", "start"): "in_progress",
    ("in_progress", "finish"): "done",
    ("in_progress", "fail"): "failed",
    ("failed", "retry"): "in_progress",
    ("waiting", "skip"): "skipped",
    ("ready", "skip"): "skipped",
    ("in_progress", "skip"): "skipped",
    ("failed", "skip"): "skipped",
}
TASK_DEEDS = {
    "make_ready": lambda task: moves.move(task, "make_ready", by=SYSTEM),
    "start": lambda task: actions.start_task(task=task, by=acting("carl")),
    "finish": lambda task: actions.finish_task(task=task, by=acting("carl")),
    "fail": lambda task: actions.fail_task(task=task, by=acting("carl"), note="The disk is full."),
    "retry": lambda task: actions.retry_task(task=task, by=acting("carl")),
    "skip": lambda task: actions.skip_task(task=task, by=acting("rosa"), note="Not needed."),
}
TASK_ROADS = {
    "waiting": [],
    "ready": [],
    "in_progress": ["start"],
    "done": ["start", "finish"],
    "failed": ["start", "fail"],
    "skipped": ["skip"],
}


def task_in(status: str) -> Task:
    """`tidy` is ready at once when the release starts; `deploy` waits for the announcement."""
    release = release_in("releasing")
    task = release.tasks.get(slug="deploy" if status == "waiting" else "tidy")
    for step in TASK_ROADS[status]:
        TASK_DEEDS[step](Task.objects.get(pk=task.pk))
    task = Task.objects.get(pk=task.pk)
    assert task.status == status
    return task


@pytest.mark.parametrize("status", TaskStatus.values)
def test_every_step_of_a_task_from(status: str) -> None:
    task = task_in(status)
    for step, deed in TASK_DEEDS.items():
        target = TASKS.get((status, step))
        if target is None:
            expect_refused(task, step, deed)
        elif step == "make_ready":
            announce = task.release.tasks.get(slug="announce")
            expect_taken(task, step, lambda _task, one=announce: TASK_DEEDS["skip"](one), target)
        else:
            expect_taken(task, step, deed, target)


CHECKS: dict[tuple[str, str], str] = {
    **{(status, "request"): "pending" for status in CheckStatus.values},
    ("pending", "begin"): "running",
    ("running", "sign_off"): "passed",
    ("running", "find_wanting"): "failed",
    ("running", "succeed"): "passed",
    ("running", "fail"): "failed",
    ("running", "break_off"): "error",
    ("running", "leave_open"): "inconclusive",
    ("pending", "cancel"): "inconclusive",
    ("running", "cancel"): "inconclusive",
    ("failed", "waive"): "waived",
    ("error", "waive"): "waived",
    ("inconclusive", "waive"): "waived",
    ("passed", "expire"): "expired",
    ("waived", "expire"): "expired",
}


def _waive(one: Check) -> None:
    actions.waive_check(check=one, by=acting("rosa"), until=now() + timedelta(days=1), note="Seen elsewhere.")


def _bare(step: str):
    return lambda one: moves.move(one, step, by=SYSTEM, note="By itself.")


CHECK_DEEDS = {
    "request": lambda one: actions.request_check(check=one, by=acting("carl")),
    "sign_off": lambda one: actions.sign_off_check(check=one, by=acting("carl"), note="I saw it."),
    "find_wanting": lambda one: actions.find_check_wanting(check=one, by=acting("carl"), note="It is not there."),
    "waive": _waive,
    "cancel": lambda one: actions.cancel_check(check=one, by=acting("carl")),
    **{step: _bare(step) for step in ("begin", "succeed", "fail", "break_off", "leave_open", "expire")},
}


def check_in(status: str, kind: str = "junit") -> Check:
    """A check of the release in this status, brought there by its runs."""
    content = content_with(checks=[check("proof", group="procedure", kind=kind)])
    one = release_in("verifying", content=content).checks.get()
    run = one.runs.get()
    if status == "pending":
        return one
    if status == "running":
        actions.begin_check_run(check_run=run, by=SYSTEM)
    elif status in ("waived", "expired"):
        actions.finish_check_run(check_run=run, status="failed", by=SYSTEM)
        _waive(one)
    else:
        actions.finish_check_run(check_run=run, status=status, by=SYSTEM)
    if status == "expired":
        moves.move(one, "expire", by=SYSTEM)
    one = Check.objects.get(pk=one.pk)
    assert one.status == status
    return one


@pytest.mark.parametrize("status", CheckStatus.values)
def test_every_step_of_a_check_from(status: str) -> None:
    one = check_in(status)
    for step, deed in CHECK_DEEDS.items():
        target = CHECKS.get((status, step))
        if step in ("sign_off", "find_wanting") and target:
            continue  # of a manual check only: below
        if target is None:
            expect_refused(one, step, deed)
        else:
            expect_taken(one, step, deed, target)


@pytest.mark.parametrize(("step", "target"), [("sign_off", "passed"), ("find_wanting", "failed")])
def test_a_manual_check_is_in_the_hands_of_people_at_once(step: str, target: str) -> None:
    content = content_with(checks=[check("proof", group="procedure", kind="manual")])
    one = release_in("verifying", content=content).checks.get()
    assert one.status == "running"
    expect_taken(one, step, CHECK_DEEDS[step], target)
    CHECK_DEEDS[step](one)
    assert one.runs.get().status == target


def test_a_check_of_a_tool_is_not_signed_off_by_hand() -> None:
    one = check_in("running")
    with pytest.raises(Exception, match="Only a manual check is signed off"):
        CHECK_DEEDS["sign_off"](one)


RUNS: dict[tuple[str, str], str] = {
    ("pending", "begin"): "running",
    ("running", "succeed"): "passed",
    ("running", "fail"): "failed",
    ("running", "break_off"): "error",
    ("running", "leave_open"): "inconclusive",
    ("pending", "cancel"): "inconclusive",
    ("running", "cancel"): "inconclusive",
}


@pytest.mark.parametrize("status", RunStatus.values)
def test_every_step_of_a_check_run_from(status: str) -> None:
    run = check_in(status).runs.get()
    assert run.status == status
    for step in ("begin", "succeed", "fail", "break_off", "leave_open", "cancel"):
        target = RUNS.get((status, step))
        if target is None:
            expect_refused(run, step, _bare(step))
        else:
            expect_taken(run, step, _bare(step), target)


def test_the_tables_name_every_step() -> None:
    assert names_of_steps(Task) == {step for _status, step in TASKS} == TASK_DEEDS.keys()
    assert names_of_steps(Check) == {step for _status, step in CHECKS} == CHECK_DEEDS.keys()
    assert names_of_steps(CheckRun) == {step for _status, step in RUNS}


def test_nothing_moves_once_the_release_has_ended() -> None:
    """Tasks and checks rest as they are, and their blocker says why."""
    release = release_in("closed")
    one = release.checks.first()
    with trial(), pytest.raises(Exception, match="rest while the release is closed"):
        actions.request_check(check=one, by=acting("carl"))
    tidy = release.tasks.get(slug="restore")
    with trial(), pytest.raises(Exception, match="The release has ended"):
        actions.skip_task(task=tidy, by=acting("rosa"), note="Never needed.")
    assert prove(release).status == "closed"
