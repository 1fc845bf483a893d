"""What stands between a plan and its proof, and between the proof and the approvers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core.blockers import Blocker
from apps.core.clock import now
from apps.releases.lifecycle.check import PROVEN, WAIVABLE
from apps.releases.lifecycle.freezes import planned_freeze_blockers
from apps.releases.lifecycle.places import page_of
from apps.releases.lifecycle.rehearsed import critical_of, rehearsed_schedule
from apps.releases.lifecycle.words import CheckGroup, Phase, Status, TaskStatus
from apps.releases.planning import circle_in, fit
from apps.schedule.queries import is_within_a_window_named

MANAGER = _("release manager")


def has_components(release: Any) -> Iterator[Blocker]:
    """Every component has a version, a digest or a reason for none, and an owner."""
    components = release.components.select_related("ci", "owner")
    if not components:
        yield _of(release, "no_component", _("Add at least one component: what is being released?"))
    for one in components:
        if not one.to_version:
            yield _of(release, "component_without_version", _("Component %s: say which version.") % one.ci.key)
        if not (one.digest or one.no_digest_reason.strip()):
            message = _("Component %s: give its digest, or say why there is none.") % one.ci.key
            yield _of(release, "component_without_digest", message)
        if one.owner_id is None:
            yield _of(release, "component_without_owner", _("Component %s: name the team that owns it.") % one.ci.key)


def has_window(release: Any) -> Iterator[Blocker]:
    """The release has a planned start and end."""
    if not (release.planned_start and release.planned_end):
        yield _of(release, "no_window", _("Choose when it starts and ends."))


def keeps_to_its_windows(release: Any) -> Iterator[Blocker]:
    """It is planned within one of the release windows that its model names, if it names any."""
    keys = release.model_content.get("window", {}).get("keys", [])
    if not (keys and release.needs_window and release.planned_start and release.planned_end):
        return
    if not is_within_a_window_named(release.planned_start, release.planned_end, keys):
        message = _("Its model releases within %s only; plan it into one occurrence of these.") % ", ".join(keys)
        yield _of(release, "outside_windows", message)


def fits_its_window(release: Any) -> Iterator[Blocker]:
    """The work, as long as it takes by its rehearsals, fits the planned window."""
    if not (release.needs_window and release.planned_start and release.planned_end):
        return
    schedule = rehearsed_schedule(release)
    found = fit(release.planned_start, release.planned_end, work=schedule.work, back_out=0) if schedule else None
    if found and found.missing_for_work:
        message = _(
            "The work takes %(work)s minutes, as rehearsed or, where it never was, as planned; the window has %(window)s. "
            "Make the window %(missing)s minutes longer, or shorten one of: %(steps)s."
        ) % {
            "work": found.work,
            "window": found.window,
            "missing": found.missing_for_work,
            "steps": ", ".join(critical_of(schedule)),
        }
        yield _of(release, "work_does_not_fit", message)


def has_way_back_of_each_step(release: Any) -> Iterator[Blocker]:
    """Where the model demands it, each step of the execution has one that takes it back."""
    if not release.model_content.get("back_out", {}).get("every_step"):
        return
    for task in release.tasks.filter(phase=Phase.EXECUTE, taken_back_by__isnull=True).exclude(
        status=TaskStatus.SKIPPED
    ):
        message = _(
            "Nothing takes back the step “%s”. Add a task to back-out that does, or say so of one that is there."
        )
        yield _of(release, "no_way_back", message % task.title)


# What a guard says of a window alone: asked of windows that are only tried, too.
WINDOW_GUARDS = (keeps_to_its_windows, fits_its_window)


def has_complete_plan(release: Any) -> Iterator[Blocker]:
    """The plan has no circle; every task has dates and a role."""
    tasks = list(release.tasks.prefetch_related("depends_on"))
    circle = circle_in({task.slug: [need.slug for need in task.depends_on.all()] for task in tasks})
    if circle:
        yield _of(release, "task_circle", _("The tasks wait for each other: %s.") % " → ".join(circle))
    for task in tasks:
        if not task.role and task.assignee_id is None:
            yield _of(release, "task_without_role", _("Task “%s”: say which role does it.") % task.title)
        if task.phase != Phase.BACK_OUT and not (task.planned_start and task.planned_end):
            yield _of(release, "task_without_dates", _("Task “%s”: give it dates.") % task.title)


def has_release_manager(release: Any) -> Iterator[Blocker]:
    """Somebody answers for the release."""
    if release.release_manager_id is None:
        yield _of(release, "no_release_manager", _("Name the release manager who answers for it."))


def has_back_out_plan(release: Any) -> Iterator[Blocker]:
    """It is known how to back the release out."""
    if not release.back_out_plan.strip():
        yield _of(release, "no_back_out_plan", _("Write down how it is backed out."))


def has_expected_benefit(release: Any) -> Iterator[Blocker]:
    """It is known what the release is good for."""
    if not release.expected_benefit.strip():
        yield _of(release, "no_expected_benefit", _("State the expected benefit, or “none”."))


def has_no_conflict(release: Any) -> Iterator[Blocker]:
    """Nothing that can be foreseen stands in the way of the planned window."""
    if release.planned_start is None or release.planned_end is None:
        return
    yield from planned_freeze_blockers(release)
    for other in release.colliding().select_related("release_manager"):
        yield Blocker(
            "window_taken",
            _("%(key)s moves the same component in the same environment from %(start)s to %(end)s.")
            % {
                "key": other.key,
                "start": f"{other.planned_start:%Y-%m-%d %H:%M}",
                "end": f"{other.planned_end:%Y-%m-%d %H:%M} UTC",
            },
            who_can_lift=str(other.release_manager or MANAGER),
            until=other.planned_end,
            url=page_of(other),
        )


def has_proof(release: Any) -> Iterator[Blocker]:
    """Every required check of components and procedures is passed or waived, and still holds."""
    required = [check for check in release.checks.all() if check.required and check.group != CheckGroup.RELEASE]
    moment = now()
    for check in required:
        yield from check_blockers(check, moment)


def has_release_proof(release: Any) -> Iterator[Blocker]:
    """Every required check of the released service is passed or waived."""
    moment = now()
    for check in release.checks.all():
        if check.required and check.group == CheckGroup.RELEASE:
            yield from check_blockers(check, moment)


def check_blockers(check: Any, moment: Any) -> Iterator[Blocker]:
    """Why this check does not count as proven at a moment."""
    if check.status not in PROVEN:
        yield Blocker(
            f"check_{check.status}",
            _("Check “%(title)s” is %(status)s.")
            % {"title": check.title, "status": check.get_status_display().lower()},
            who_can_lift=_who_proves(check),
            url=page_of(check.release),
        )
    elif check.has_run_out(moment):
        yield Blocker(
            "evidence_expired",
            _("Check “%s” no longer holds: its evidence or its waiver has expired.") % check.title,
            who_can_lift=_who_proves(check),
            url=page_of(check.release),
        )


def _who_proves(check: Any) -> str:
    if check.status in WAIVABLE and check.waivable_by:
        waivers = ", ".join(role.replace("_", " ") for role in check.waivable_by)
        return str(_("run it again, or waive it (%s)") % waivers)
    return str(_("whoever runs it again"))


def _of(release: Any, code: str, message: Any) -> Blocker:
    return Blocker(code, message, who_can_lift=str(release.release_manager or MANAGER), url=page_of(release))


def overlapping_statuses() -> tuple[str, ...]:
    """Releases in these have a window that counts."""
    return (Status.SCHEDULED, Status.RELEASING)
