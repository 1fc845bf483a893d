"""Versions in the admin: what a version says, what it changes, whom it was told, and the editor of a draft."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.accounts.permissions import Role
from apps.core.actor import Actor
from apps.core.admin import LifecycleAdmin, Tab, actor_of, page_of
from apps.core.admin.forms import RecordForm
from apps.core.errors import Invalid, Refusal, Stale
from apps.release_models import actions
from apps.release_models.content import complete, examples_in_words, faults_of, words
from apps.release_models.forms import MODEL_VERSION_STEPS, ContentEditor, more_rows
from apps.release_models.lifecycle import EDITABLE
from apps.release_models.models import ModelVersion, ReleaseModel
from apps.release_models.queries import diff, versions_of

EDITORS = (Role.RELEASE_MANAGER,)


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
        "examples": examples_in_words(content),
    }


def parties_context(page: Any, request: HttpRequest, version: ModelVersion) -> dict[str, Any]:
    return {"communications": version.communications.select_related("party").order_by("party__name")}


def was_told(page: Any, request: HttpRequest, version: ModelVersion) -> bool:
    return version.published_at is not None


def editor_context(page: Any, request: HttpRequest, version: ModelVersion) -> dict[str, Any]:
    editor = ContentEditor(version.content, version.summary, version.version)
    return {"editor": editor, "editor_url": page.editor_url(version)}


def may_edit(page: Any, request: HttpRequest, version: ModelVersion) -> bool:
    return version.status in EDITABLE and page.has_change_permission(request, version)


EDITOR = Tab("editor", _("Edit"), "admin/release_models/editor.html", editor_context, may_edit)


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
        EDITOR,
        Tab("changes", _("What it changes"), "admin/release_models/changes.html", changes_context),
        Tab("parties", _("Whom it was told"), "admin/release_models/parties.html", parties_context, was_told),
    )
    form_tab_label = _("JSON")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelVersion]:
        return super().get_queryset(request).select_related("model", "author", "published_by")

    def editable_fields(self, obj: ModelVersion | None) -> Any:
        return ("model", "summary", "content") if obj is None else EDITABLE.get(obj.status, ())

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.editor_view)
        return [
            path("<path:object_id>/editor/", view, name="release_models_modelversion_editor"),
            *super().get_urls(),
        ]

    def editor_url(self, version: ModelVersion) -> str:
        return reverse(f"{self.admin_site.name}:release_models_modelversion_editor", args=[version.pk])

    def editor_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take the editor's entries: all of them, or none and every fault beside its field."""
        version = self.get_object(request, unquote(object_id))
        if version is None:
            raise Http404
        if not self.has_change_permission(request, version):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseRedirect(page_of(version, EDITOR.slug))
        if "more" in request.POST:
            entries = more_rows(request.POST, request.POST["more"])
            editor = ContentEditor(version.content, version.summary, version.version, entries)
            return self._editor_page(request, version, editor, status=200)
        editor = ContentEditor(version.content, version.summary, version.version, request.POST)
        if not editor.is_valid():
            return self._editor_page(request, version, editor, status=400)
        try:
            self._write(version, editor, actor_of(request))
        except Invalid as refusal:
            editor.show(refusal.errors)
            return self._editor_page(request, version, editor, status=400)
        except Refusal as refusal:
            editor.faults.append(refusal.detail)
            return self._editor_page(request, version, editor, status=refusal.status)
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(page_of(version, EDITOR.slug if "again" in request.POST else "content"))

    def _write(self, version: ModelVersion, editor: ContentEditor, by: Actor) -> None:
        if editor.record_version != version.version:
            raise Stale(_("Somebody else changed this draft in the meantime. Load it again, then repeat your changes."))
        actions.change_draft(version=version, content=editor.content(), summary=editor.summary, by=by)

    def _editor_page(
        self, request: HttpRequest, version: ModelVersion, editor: ContentEditor, status: int
    ) -> HttpResponse:
        head = self.record_context(request, version, EDITOR) | {
            "editor": editor,
            "editor_url": self.editor_url(version),
        }
        response = self._tab_page(request, version, replace(EDITOR, context=lambda *known: {}), head)
        response.status_code = status
        return response

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
