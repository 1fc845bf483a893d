"""Choose the release model: it brings the tasks, the checks and the rules of approval."""

from __future__ import annotations

import re
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core import moves
from apps.core.actor import Actor
from apps.core.blockers import Blocker
from apps.core.errors import Invalid, NotNow
from apps.release_models.content import judge
from apps.release_models.models import ModelVersion
from apps.releases.actions.dating import lay_dates
from apps.releases.actions.ground import held, refuse, refuse_unless_possible
from apps.releases.actions.readying import ready_tasks
from apps.releases.actions.waiting import note_waits
from apps.releases.lifecycle.places import page_of
from apps.releases.lifecycle.words import CheckGroup, Status, TaskStatus
from apps.releases.models import Check, Component, Release, Task, TaskNeed
from apps.releases.permissions import may_manage
from apps.releases.queries.models import applicable_models, scope_of

PUBLISHED = "published"
UNTOUCHED = (TaskStatus.WAITING, TaskStatus.READY)


@transaction.atomic
def apply_model(
    *, release: Release, model_version: ModelVersion, by: Actor, reason: str = "", note: str = ""
) -> Release:
    """Pin a published version of a model and lay out its plan. One that does not apply needs a reason."""
    return _follow(release, "apply_model", model_version, by, reason, note)


@transaction.atomic
def migrate_model(
    *, release: Release, model_version: ModelVersion, by: Actor, reason: str = "", note: str = ""
) -> Release:
    """Follow another version while the release is still planned: what the old one brought goes, the new plan is laid."""
    release = held(release)
    refuse_unless_possible(release, "migrate_model", by)
    begun = release.tasks.exclude(status__in=UNTOUCHED).first()
    if begun is not None:
        message = _("Task “%s” has begun; the plan cannot be laid out anew.") % begun.title
        refuse("task_begun", message, url=page_of(release))
    for row in [*release.tasks.all(), *release.checks.all()]:
        moves.remove(row, by=by, verb="replace")
    return _follow(release, "migrate_model", model_version, by, reason, note)


@transaction.atomic
def note_no_model(*, release: Release, by: Actor, reason: str) -> Release:
    """Put on record that no model fits this release, and why. Whoever improves the models hears of it."""
    release = held(release)
    if release.status != Status.DRAFT:
        message = _("A model is chosen already: the release is %s.") % release.get_status_display().lower()
        refuse("model_chosen", message, url=page_of(release))
    moves.require(may_manage, release, by)
    if not reason.strip():
        raise Invalid.field("reason", "required", _("Say what a fitting model would be like."))
    nearest = [{"model": one.model_version.key, "misses": one.misses} for one in applicable_models(release)[:3]]
    moves.record(
        release, "note_no_model", by=by, note=reason, data={"subject": release.subject.key, "nearest": nearest}
    )
    return release


def misses_of(release: Release, model_version: ModelVersion) -> list[str]:
    """Why this version does not apply to the release, in words; empty when it does."""
    return list(judge(model_version.content.get("applies", {}), scope_of(release)).misses)


def follow_components(release: Release, *, by: Actor) -> None:
    """After the components changed: each has the checks that the model asks of every component."""
    _add_checks(release, by)


def _follow(release: Release, step: str, model_version: ModelVersion, by: Actor, reason: str, note: str) -> Release:
    release = held(release)
    refuse_unless_possible(release, step, by)
    misfit = _judge_fit(release, model_version, reason)
    change = {"model_version": model_version, "misfit_reason": misfit}
    release = moves.move(release, step, by=by, note=note or misfit, change=change, data={"model": str(model_version)})
    _lay_tasks(release, by)
    _add_checks(release, by)
    lay_dates(release, by=by)
    ready_tasks(release, by=by)
    return note_waits(release)


def _judge_fit(release: Release, model_version: ModelVersion, reason: str) -> str:
    """The reason to keep: empty when the model applies. Refuses what is not published, or a misfit without a reason."""
    if model_version.status != PUBLISHED:
        message = _("%(model)s is %(status)s; only a published version can be applied.") % {
            "model": model_version,
            "status": model_version.get_status_display().lower(),
        }
        refuse("model_not_published", message, url=page_of(model_version))
    misses = misses_of(release, model_version)
    if not misses:
        return ""
    if not reason.strip():
        help_text = _("Choose another model, or say why this one all the same (reason).")
        raise NotNow([Blocker("model_does_not_apply", f"{miss} {help_text}") for miss in misses])
    return reason.strip()


def _lay_tasks(release: Release, by: Actor) -> None:
    templates = release.model_content.get("tasks", [])
    rows = [_task_of(release, template) for template in templates]
    moves.create_many(rows, by=by, about=release, verb="lay_plan", data={"tasks": [row.slug for row in rows]})
    task_of = {task.slug: task for task in release.tasks.all()}
    TaskNeed.objects.bulk_create(
        TaskNeed(task=task_of[template["slug"]], needs=task_of[need])
        for template in templates
        for need in template.get("depends_on", [])
    )
    for template in templates:
        if template.get("takes_back"):
            task_of[template["slug"]].takes_back.set(task_of[slug] for slug in template["takes_back"])


def _task_of(release: Release, template: dict[str, Any]) -> Task:
    return Task(
        release=release,
        slug=template["slug"],
        title=template["title"],
        phase=template.get("phase", "execute"),
        kind=template.get("kind", "manual"),
        role=template.get("role", ""),
        instructions=template.get("instructions", ""),
        mandatory=template.get("mandatory", True),
        duration_minutes=template.get("duration_minutes", 30),
        offset_minutes=template.get("offset_minutes"),
    )


def _add_checks(release: Release, by: Actor) -> None:
    """Make the checks of the model that are not there yet: one each, or one a component where it proves components."""
    taken = dict(release.checks.values_list("slug", "component_id"))
    rows: list[Check] = []
    components = list(release.components.select_related("ci"))
    for definition in release.model_content.get("checks", []):
        is_of_component = definition.get("group", CheckGroup.COMPONENT) == CheckGroup.COMPONENT
        for component in components if is_of_component else [None]:
            slug = _check_slug(definition["slug"], component, taken)
            if slug not in taken:
                taken[slug] = component.pk if component else None
                rows.append(_check_of(release, definition, slug, component))
    moves.create_many(rows, by=by, about=release, verb="add_checks", data={"checks": [row.slug for row in rows]})


def _check_slug(slug: str, component: Component | None, taken: dict[str, int | None]) -> str:
    """The slug of this check, there already or free: keys of two components may read the same as a slug."""
    if component is None:
        return slug
    base = f"{slug}-{re.sub(r'[^a-z0-9]+', '-', component.ci.key.lower()).strip('-')}"[:130]
    names = [base, *(f"{base}-{number}" for number in range(2, len(taken) + 3))]
    own = [name for name in names if taken.get(name) == component.pk]
    return own[0] if own else next(name for name in names if name not in taken)


def _check_of(release: Release, definition: dict[str, Any], slug: str, component: Component | None) -> Check:
    title = definition["title"]
    return Check(
        release=release,
        slug=slug,
        title=f"{title}: {component.ci.name}"[:200] if component else title,
        group=definition.get("group", CheckGroup.COMPONENT),
        kind=definition["kind"],
        required=definition.get("required", True),
        params=definition.get("params", {}),
        component=component,
        on_no_data=definition.get("on_no_data", "fail"),
        stale_after_hours=definition.get("stale_after_hours"),
        waivable_by=definition.get("waivable_by", ["release_manager"]),
    )
