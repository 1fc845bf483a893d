"""Components, tasks, checks and dependencies: each part has a page, and leads back to its release."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Role
from apps.core.actor import Actor
from apps.core.admin import LifecycleAdmin, PartPages, RecordAdmin, Tab, badge, moment, record_link
from apps.releases import actions
from apps.releases.admin.forms import TaskForm
from apps.releases.forms import CHECK_STEPS, TASK_STEPS
from apps.releases.lifecycle.editing import editable_fields
from apps.releases.lifecycle.words import TaskStatus
from apps.releases.models import Check, Component, ReleaseDependency, Task

PLANNERS = (Role.RELEASE_MANAGER, Role.SERVICE_OWNER)
BEGUN = (TaskStatus.IN_PROGRESS, TaskStatus.DONE, TaskStatus.FAILED, TaskStatus.SKIPPED)


NAMED_BY_SLUG = {"after": "depends_on", "takes_back": "takes_back"}


class ReleasePartAdmin(PartPages, RecordAdmin):
    parent_name = "release"
    edit_roles = PLANNERS
    plan_part = ""  # the word of the editing table that opens this part

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("release")

    def is_open(self, obj: Any) -> bool:
        return obj is None or self.plan_part in editable_fields(obj.release)

    def editable_fields(self, obj: Any) -> Any:
        return None if self.is_open(obj) else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self.is_open(obj)


@admin.register(Component)
class ComponentAdmin(ReleasePartAdmin):
    parent_tab = "scope"
    plan_part = "components"
    list_display = ("ci", "release", "from_version", "to_version", "short_digest", "owner")
    list_filter = ("release__status",)
    search_fields = ("ci__key__icontains", "ci__name__icontains", "release__key__icontains", "digest__istartswith")
    fields = ("release", "ci", "from_version", "to_version", "purl", "digest", "no_digest_reason", "owner")
    ordering = ("-id",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = super().get_readonly_fields(request, obj)
        return fixed if obj is None else [*dict.fromkeys([*fixed, "ci"])]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("ci", "owner")

    @admin.display(description=_("digest"))
    def short_digest(self, component: Component) -> str:
        return component.digest[:19] or component.no_digest_reason

    def perform_create(self, data: dict[str, Any], by: Actor) -> Component:
        return actions.add_component(by=by, **data)

    def perform_update(self, obj: Component, data: dict[str, Any], by: Actor) -> Component:
        return actions.change_component(component=obj, by=by, **data)

    def perform_destroy(self, obj: Component, by: Actor) -> None:
        actions.remove_component(component=obj, by=by)


@admin.register(Task)
class TaskAdmin(ReleasePartAdmin, LifecycleAdmin):
    form = TaskForm
    parent_tab = "plan"
    plan_part = "tasks"
    steps = TASK_STEPS
    road = ("waiting", "ready", "in_progress", "done")
    list_display = ("title", "release", "status_badge", "phase", "assignee", "role", "planned", "mandatory")
    list_filter = ("status", "phase", ("assignee", admin.RelatedOnlyFieldListFilter), "role", "mandatory")
    search_fields = ("title__icontains", "release__key__icontains", "slug__icontains")
    fields = (
        "release", "title", "slug", "phase", "kind", "role", "assignee", "instructions", "mandatory",
        "duration_minutes", "offset_minutes", "planned_start", "planned_end", "after", "takes_back",
    )  # fmt: skip
    prepopulated_fields = {"slug": ("title",)}
    ordering = ("planned_start", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("assignee", "release__release_manager")

    def editable_fields(self, obj: Any) -> Any:
        """In planning everything; later only who does it, as long as it is not finished."""
        if obj is None or (self.is_open(obj) and obj.status not in BEGUN):
            return None
        return () if obj.status in (TaskStatus.DONE, TaskStatus.SKIPPED) else ("assignee",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = super().get_readonly_fields(request, obj)
        return fixed if obj is None else [*dict.fromkeys([*fixed, "slug"])]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj else self.prepopulated_fields

    @admin.display(description=_("planned"), ordering="planned_start")
    def planned(self, task: Task) -> Any:
        return moment(task.planned_start)

    def perform_create(self, data: dict[str, Any], by: Actor) -> Task:
        return actions.add_task(by=by, **_with_slugs(data))

    def perform_update(self, obj: Task, data: dict[str, Any], by: Actor) -> Task:
        return actions.change_task(task=obj, by=by, **_with_slugs(data))

    def perform_destroy(self, obj: Task, by: Actor) -> None:
        actions.remove_task(task=obj, by=by)


def _with_slugs(data: dict[str, Any]) -> dict[str, Any]:
    """Tasks are named by slug where one depends on another."""
    said = {name: value for name, value in data.items() if name not in NAMED_BY_SLUG}
    named = {word: [task.slug for task in data[name]] for name, word in NAMED_BY_SLUG.items() if name in data}
    return {**said, **named}


@admin.register(Check)
class CheckAdmin(PartPages, LifecycleAdmin):
    """Checks come with the model; a person runs, signs off or waives them."""

    parent_name = "release"
    parent_tab = "checks"
    steps = CHECK_STEPS
    road = ("pending", "running", "passed")
    danger_steps = ("waive", "find_wanting")
    list_display = ("title", "release", "status_badge", "group", "required", "component_link", "proven", "holds")
    list_filter = ("status", "group", "kind", "required")
    search_fields = ("title__icontains", "release__key__icontains", "slug__icontains")
    ordering = ("-id",)
    fields = (
        "release", "title", "slug", "group", "kind", "required", "component_link", "params", "on_no_data",
        "stale_after_hours", "waivable_by", "subject_digest", "proven", "holds", "waiver_reason", "waived_by",
    )  # fmt: skip
    readonly_fields = fields
    tabs = (
        Tab(
            "runs",
            _("Runs"),
            "admin/releases/runs.html",
            lambda admin, request, check: {"runs": check.runs.prefetch_related("evidence").order_by("-number")[:50]},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("release", "component__ci", "component__release")

    @admin.display(description=_("component"), ordering="component__ci__key")
    def component_link(self, check: Check) -> Any:
        return record_link(check.component) if check.component_id else "–"

    @admin.display(description=_("proven at"), ordering="proven_at")
    def proven(self, check: Check) -> Any:
        return moment(check.proven_at)

    @admin.display(description=_("holds until"))
    def holds(self, check: Check) -> Any:
        return moment(check.holds_until())


@admin.register(ReleaseDependency)
class ReleaseDependencyAdmin(ReleasePartAdmin):
    parent_tab = "scope"
    plan_part = "dependencies"
    list_display = ("release", "needs", "state", "reason", "met")
    list_filter = ("state",)
    search_fields = ("release__key__icontains", "needs__key__icontains")
    fields = ("release", "needs", "state", "reason")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("needs")

    def editable_fields(self, obj: Any) -> Any:
        """A need is taken away and added, never changed."""
        return None if obj is None else ()

    @admin.display(description=_("met"))
    def met(self, dependency: ReleaseDependency) -> Any:
        return badge(_("met"), "good") if dependency.is_met else badge(_("open"), "warn")

    def perform_create(self, data: dict[str, Any], by: Actor) -> ReleaseDependency:
        return actions.add_dependency(by=by, **data)

    def perform_destroy(self, obj: ReleaseDependency, by: Actor) -> None:
        actions.remove_dependency(dependency=obj, by=by)
