"""The plan of a release: components, tasks, holds, the releases it needs."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request

from apps.core.actor import Actor
from apps.core.api.viewsets import PartViewSet
from apps.releases import actions
from apps.releases.api.serializers import (
    CommentSerializer,
    ComponentChangeSerializer,
    ComponentInputSerializer,
    ComponentSerializer,
    DependencySerializer,
    HoldSerializer,
    TaskChangeSerializer,
    TaskInputSerializer,
    TaskSerializer,
)
from apps.releases.forms import TASK_STEPS
from apps.releases.models import Component, Hold, Release, ReleaseDependency, Task


class ReleasePartViewSet(PartViewSet):
    scope = "releases"
    parent_queryset = Release.objects.with_people_and_subject()
    parent_field = "release"


class ComponentViewSet(ReleasePartViewSet):
    queryset = Component.objects.select_related("ci", "owner", "release")
    lookup_field = "ci__key"
    lookup_url_kwarg = "ci"
    serializer_class = ComponentSerializer
    create_serializer_class = ComponentInputSerializer
    update_serializer_class = ComponentChangeSerializer
    ordering_fields = ["ci__key"]
    ordering = ["ci__key"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> Component:
        return actions.add_component(release=self.parent, by=by, **data)

    def perform_update(self, obj: Component, data: dict[str, Any], by: Actor) -> Component:
        return actions.change_component(component=obj, by=by, **data)

    def perform_destroy(self, obj: Component, by: Actor) -> None:
        actions.remove_component(component=obj, by=by)


class TaskViewSet(ReleasePartViewSet):
    queryset = Task.objects.select_related("assignee", "release").prefetch_related("depends_on", "takes_back")
    lookup_field = "slug"
    serializer_class = TaskSerializer
    create_serializer_class = TaskInputSerializer
    update_serializer_class = TaskChangeSerializer
    filterset_fields = ["status", "phase", "role", "mandatory"]
    search_fields = ["slug", "title"]
    ordering_fields = ["planned_start", "slug", "status"]
    ordering = ["planned_start"]
    steps = TASK_STEPS

    def perform_create(self, data: dict[str, Any], by: Actor) -> Task:
        return actions.add_task(release=self.parent, by=by, **data)

    def perform_update(self, obj: Task, data: dict[str, Any], by: Actor) -> Task:
        return actions.change_task(task=obj, by=by, **data)

    def perform_destroy(self, obj: Task, by: Actor) -> None:
        actions.remove_task(task=obj, by=by)


class HoldViewSet(ReleasePartViewSet):
    queryset = Hold.objects.select_related("placed_by", "lifted_by", "release")
    lookup_field = "number"
    serializer_class = HoldSerializer
    ordering_fields = ["number"]
    ordering = ["number"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> Hold:
        return actions.place_hold(release=self.parent, by=by, **data)

    @extend_schema(request=CommentSerializer, responses=HoldSerializer, summary="Lift a hold")
    @action(detail=True, methods=["post"])
    def lift(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Let the release go on."""
        hold = self.get_object()
        comment = self.validated(CommentSerializer).get("comment", "")
        return self.after(actions.lift_hold(hold=hold, by=self.by, note=comment))


class DependencyViewSet(ReleasePartViewSet):
    queryset = ReleaseDependency.objects.select_related("needs", "release")
    lookup_field = "number"
    serializer_class = DependencySerializer
    ordering_fields = ["number"]
    ordering = ["number"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> ReleaseDependency:
        return actions.add_dependency(release=self.parent, by=by, **data)

    def perform_destroy(self, obj: ReleaseDependency, by: Actor) -> None:
        actions.remove_dependency(dependency=obj, by=by)
