"""Release models in the admin: the models, their versions, what a version says, and what it changes."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.accounts.permissions import Role
from apps.core.actor import Actor
from apps.core.admin import LifecycleAdmin, RecordAdmin, Tab
from apps.core.admin.forms import RecordForm
from apps.release_models import actions
from apps.release_models.content import complete, faults_of, words
from apps.release_models.forms import COMMUNICATION_STEPS, MODEL_VERSION_STEPS
from apps.release_models.lifecycle import EDITABLE
from apps.release_models.models import Communication, ModelVersion, ReleaseModel
from apps.release_models.queries import diff, versions_of

EDITORS = (Role.RELEASE_MANAGER,)


def versions_context(page: Any, request: HttpRequest, model: ReleaseModel) -> dict[str, Any]:
    return {"versions": versions_of(model), "may_draft": page.has_change_permission(request)}


@admin.register(ReleaseModel)
class ReleaseModelAdmin(RecordAdmin):
    list_display = ("name", "slug", "kind", "owner", "serving", "next_review_on")
    list_filter = ("kind", "owner")
    search_fields = ("name__icontains", "slug__icontains")
    fields = ("name", "slug", "kind", "purpose", "owner", "review_every_days", "next_review_on")
    edit_roles = EDITORS
    tabs = (Tab("versions", _("Versions"), "admin/release_models/versions.html", versions_context),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReleaseModel]:
        return super().get_queryset(request).prefetch_related("versions")

    @admin.display(description=_("serving version"))
    def serving(self, model: ReleaseModel) -> str:
        return next((str(one.number) for one in model.versions.all() if one.status == "published"), "–")

    def perform_create(self, data: dict[str, Any], by: Actor) -> Model:
        return actions.create_model(by=by, **data)

    def perform_update(self, obj: ReleaseModel, data: dict[str, Any], by: Actor) -> Model:
        return actions.change_model(model=obj, fields=data, by=by)

    def perform_destroy(self, obj: ReleaseModel, by: Actor) -> None:
        actions.remove_model(model=obj, by=by)


class PrettyJSON(json.JSONEncoder):
    """JSON as a person edits it: indented, letters as they are."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "indent": 2, "ensure_ascii": False})


class ModelVersionForm(RecordForm):
    """The content as one JSON document; every fault is named with its place."""

    content = forms.JSONField(
        encoder=PrettyJSON,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 40, "class": "tg-mono", "spellcheck": "false"}),
        help_text=_("What is left out takes its default. The schema is docs/reference/model-content.schema.json."),
    )

    class Meta:
        model = ModelVersion
        fields = ("model", "summary", "content")

    def clean_content(self) -> Any:
        """Every fault at once, each with its place in the document."""
        content = complete(self.cleaned_data["content"])
        faults = faults_of(content, pointer="")
        if faults:
            raise forms.ValidationError([f"{fault.pointer or '/'}: {fault.detail}" for fault in faults])
        return content


def content_context(page: Any, request: HttpRequest, version: ModelVersion) -> dict[str, Any]:
    content = version.content
    return {
        "applies": words.applies_in_words(content["applies"]),
        "tasks": words.tasks_in_words(content),
        "checks": words.checks_in_words(content),
        "groups": words.groups_in_words(content),
        "approval_facts": words.approval_facts(content),
        "course_facts": words.course_facts(content),
        "stages": content["rollout"]["stages"],
        "examples": content["examples"],
    }


def parties_context(page: Any, request: HttpRequest, version: ModelVersion) -> dict[str, Any]:
    return {"communications": version.communications.select_related("party").order_by("party__name")}


def was_told(page: Any, request: HttpRequest, version: ModelVersion) -> bool:
    return version.published_at is not None


def changes_context(page: Any, request: HttpRequest, version: ModelVersion) -> dict[str, Any]:
    others = [one for one in versions_of(version.model) if one.pk != version.pk]
    asked = request.GET.get("against", "")
    chosen = next((one for one in others if str(one.number) == asked), None)
    against = chosen or _usual_comparison(version, others)
    return {"others": others, "against": against, "changes": diff(against, version) if against else []}


def _usual_comparison(version: ModelVersion, others: list[ModelVersion]) -> ModelVersion | None:
    """The published version while this one is on its way; afterwards the one before it."""
    if version.published_at is None:
        serving = next((one for one in others if one.status == "published"), None)
        if serving is not None:
            return serving
    return next((one for one in others if one.number < version.number), None)


@admin.register(ModelVersion)
class ModelVersionAdmin(LifecycleAdmin):
    form = ModelVersionForm
    steps = MODEL_VERSION_STEPS
    road = ("draft", "in_review", "published")
    list_display = ("__str__", "status_badge", "author", "published_at", "published_by")
    list_select_related = ("model", "author", "published_by")
    list_filter = ("status", "model")
    search_fields = ("model__name__icontains", "model__slug__icontains", "summary__icontains")
    fields = ("model", "summary", "content")
    edit_roles = EDITORS
    delete_roles = ()
    tabs = (
        Tab("content", _("What it says"), "admin/release_models/content.html", content_context),
        Tab("changes", _("What it changes"), "admin/release_models/changes.html", changes_context),
        Tab("parties", _("Whom it was told"), "admin/release_models/parties.html", parties_context, was_told),
    )
    form_tab_label = _("Edit")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelVersion]:
        return super().get_queryset(request).select_related("model", "author", "published_by")

    def editable_fields(self, obj: ModelVersion | None) -> Any:
        return ("model", "summary", "content") if obj is None else EDITABLE.get(obj.status, ())

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new version starts from the one that serves, or else from the latest."""
        initial = super().get_changeform_initial_data(request)
        model = ReleaseModel.objects.filter(pk=initial.get("model") or None).first()
        start = model and (model.versions.published().first() or model.versions.order_by("-number").first())
        return {**initial, "content": start.content if start else {}}

    def perform_create(self, data: dict[str, Any], by: Actor) -> Model:
        return actions.draft_version(by=by, **data)

    def perform_update(self, obj: ModelVersion, data: dict[str, Any], by: Actor) -> Model:
        return actions.change_draft(version=obj, by=by, **data)


@admin.register(Communication)
class CommunicationAdmin(LifecycleAdmin):
    """Who was told of which version and has answered what; silent parties can be filtered out at a glance."""

    steps = COMMUNICATION_STEPS
    road = ("asked", "acknowledged")
    list_display = ("key", "model_version", "party", "status_badge", "asked_at", "due_at", "answered_at")
    list_select_related = ("model_version__model", "party")
    list_filter = ("status", "party")
    search_fields = ("key__istartswith", "party__name__icontains", "model_version__model__name__icontains")
    fields = (
        "model_version",
        "party",
        "asked_at",
        "due_at",
        "reminded_at",
        "objected_at",
        "acknowledged_at",
        "statement",
    )
