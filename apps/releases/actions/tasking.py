"""Tasks: planned by hand or brought by the model, begun, finished, failed, skipped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import FieldError, Invalid
from apps.releases.actions.dating import lay_dates
from apps.releases.actions.ground import held, refuse
from apps.releases.actions.judging import carry_on
from apps.releases.actions.readying import ready_tasks
from apps.releases.actions.waiting import note_waits
from apps.releases.lifecycle.editing import refuse_unless_editable
from apps.releases.lifecycle.places import page_of
from apps.releases.lifecycle.words import Phase, TaskStatus
from apps.releases.models import Release, Task, TaskNeed
from apps.releases.permissions import may_edit
from apps.releases.planning.graph import circle_in

ASSIGNABLE = {"assignee"}
DATES = {"planned_start", "planned_end"}
PHASE_ORDER = {phase: place for place, phase in enumerate(Phase.values)}


@transaction.atomic
def add_task(
    *,
    release: Release,
    slug: str,
    title: str,
    by: Actor,
    depends_on: Iterable[str] = (),
    takes_back: Iterable[str] = (),
    note: str = "",
    **fields: Any,
) -> Task:
    """Add a task by hand. What it depends on and what it takes back is named by slug; a circle is refused."""
    release = held(release)
    refuse_unless_editable(release, {"tasks"})
    moves.require(may_edit, release, by)
    task = moves.create(
        Task(release=release, slug=slug, title=title, is_pinned=_has_dates(fields), **fields), by=by, note=note
    )
    _set_needs(task, depends_on, by)
    _set_taken_back(task, takes_back, by)
    return _after_plan(release, task, by)


@transaction.atomic
def change_task(
    *,
    task: Task,
    by: Actor,
    depends_on: Iterable[str] | None = None,
    takes_back: Iterable[str] | None = None,
    note: str = "",
    **fields: Any,
) -> Task:
    """Edit a task. The assignee may change as long as the task is not finished; the rest only in planning."""
    release = held(task.release)
    task = moves.lock(task)
    fields = {name: value for name, value in fields.items() if getattr(task, name) != value}
    if set(fields) - ASSIGNABLE or depends_on is not None or takes_back is not None:
        refuse_unless_editable(release, {"tasks"})
        _refuse_if_begun(task)
    elif fields:
        _refuse_if_finished(task)
    moves.require(may_edit, release, by)
    if _has_dates(fields):
        fields["is_pinned"] = True
    verb = "assign" if set(fields) == ASSIGNABLE else "change"
    task = moves.change(task, fields, by=by, verb=verb, note=note)
    if depends_on is not None:
        _set_needs(task, depends_on, by)
    if takes_back is not None:
        _set_taken_back(task, takes_back, by)
    return _after_plan(release, task, by)


@transaction.atomic
def remove_task(*, task: Task, by: Actor, note: str = "") -> None:
    """Take a task out of the plan; nothing may depend on it."""
    release = held(task.release)
    refuse_unless_editable(release, {"tasks"})
    moves.require(may_edit, release, by)
    task = moves.lock(task)
    _refuse_if_begun(task)
    held_up = task.needed_by.first()
    if held_up is not None:
        message = _("Task “%(other)s” depends on “%(title)s”.") % {"other": held_up.title, "title": task.title}
        refuse("task_needed", message, url=page_of(release))
    moves.remove(task, by=by, note=note)
    lay_dates(release, by=by)


@transaction.atomic
def start_task(*, task: Task, by: Actor, note: str = "") -> Task:
    """Somebody is on it. Who takes a task that nobody has becomes its assignee."""
    release = held(task.release)
    change: dict[str, Any] = {"started_at": now()}
    if task.assignee_id is None and by.user is not None:
        change["assignee"] = by.user
    task = moves.move(task, "start", by=by, note=note, change=change)
    note_waits(release)
    return task


@transaction.atomic
def finish_task(*, task: Task, by: Actor, note: str = "") -> Task:
    """It is done; what depended on it may begin, and with the last mandatory one the release is released."""
    return _end(task, "finish", by, note)


@transaction.atomic
def fail_task(*, task: Task, by: Actor, note: str = "") -> Task:
    """It did not work, for a reason."""
    return _end(task, "fail", by, note)


@transaction.atomic
def skip_task(*, task: Task, by: Actor, note: str = "") -> Task:
    """Leave it out, for a reason."""
    return _end(task, "skip", by, note)


@transaction.atomic
def retry_task(*, task: Task, by: Actor, note: str = "") -> Task:
    """Try again what failed."""
    release = held(task.release)
    task = moves.move(task, "retry", by=by, note=note, change={"finished_at": None})
    note_waits(release)
    return task


def _end(task: Task, step: str, by: Actor, note: str) -> Task:
    release = held(task.release)
    task = moves.move(task, step, by=by, note=note, change={"finished_at": now()})
    carry_on(release, by=by)
    return task


def _after_plan(release: Release, task: Task, by: Actor) -> Task:
    lay_dates(release, by=by)
    ready_tasks(release, by=by)
    note_waits(release)
    return Task.objects.select_related("release", "assignee").get(pk=task.pk)


def _has_dates(fields: dict[str, Any]) -> bool:
    return any(fields.get(name) for name in DATES)


def _refuse_if_begun(task: Task) -> None:
    if task.status not in (TaskStatus.WAITING, TaskStatus.READY):
        message = _("Task “%(title)s” is %(status)s; it cannot be planned anew.") % {
            "title": task.title,
            "status": task.get_status_display().lower(),
        }
        refuse("task_begun", message, who_can_lift=str(_("release manager")), url=page_of(task.release))


def _refuse_if_finished(task: Task) -> None:
    if task.status in (TaskStatus.DONE, TaskStatus.SKIPPED):
        message = _("Task “%s” is finished.") % task.title
        refuse("task_finished", message, url=page_of(task.release))


def _set_taken_back(task: Task, slugs: Iterable[str], by: Actor) -> None:
    """Say anew which steps of the execution a back-out task undoes."""
    wanted = list(dict.fromkeys(slugs))
    if wanted and task.phase != Phase.BACK_OUT:
        raise Invalid.field("takes_back", "phase", _("Only a task of the back-out takes something back."))
    steps = {one.slug: one for one in Task.objects.filter(release=task.release_id, phase=Phase.EXECUTE)}
    unknown = [slug for slug in wanted if slug not in steps]
    if unknown:
        message = _("There is no step “%s” in the execution of this release.") % unknown[0]
        raise Invalid.field("takes_back", "unknown", message)
    before = sorted(one.slug for one in task.takes_back.all())
    if before != sorted(wanted):
        task.takes_back.set(steps[slug] for slug in wanted)
        moves.record(task, "pair", by=by, changes={"takes_back": [before, sorted(wanted)]})


def _set_needs(task: Task, slugs: Iterable[str], by: Actor) -> None:
    """Say anew what the task depends on."""
    wanted = list(dict.fromkeys(slugs))
    known = {other.slug: other for other in Task.objects.filter(release=task.release_id).prefetch_related("depends_on")}
    unknown = [slug for slug in wanted if slug not in known]
    if unknown:
        message = _("There is no task “%s” in this release.") % unknown[0]
        raise Invalid([FieldError("depends_on", "unknown", message)])
    later = [slug for slug in wanted if PHASE_ORDER[known[slug].phase] > PHASE_ORDER[task.phase]]
    if later:
        message = _("“%s” belongs to a later phase; this task would wait for ever.") % known[later[0]].title
        raise Invalid([FieldError("depends_on", "later_phase", message)])
    before = sorted(need.slug for need in known[task.slug].depends_on.all())
    if before == sorted(wanted):
        return
    graph = {slug: [need.slug for need in other.depends_on.all()] for slug, other in known.items()}
    circle = circle_in({**graph, task.slug: wanted})
    if circle:
        message = _("These tasks would wait for each other: %s.") % " → ".join(circle)
        raise Invalid([FieldError("depends_on", "circle", message)])
    if task.status == TaskStatus.READY and any(not known[slug].is_finished for slug in wanted):
        message = _("Task “%s” is ready already; it cannot be made to wait again.") % task.title
        refuse("task_ready", message, url=page_of(task.release))
    TaskNeed.objects.filter(task=task).delete()
    TaskNeed.objects.bulk_create(TaskNeed(task=task, needs=known[slug]) for slug in wanted)
    moves.record(task, "depend", by=by, changes={"depends_on": [before, sorted(wanted)]})
