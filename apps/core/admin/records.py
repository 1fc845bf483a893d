"""RecordAdmin: the list and the page of one kind of record, written only through actions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import ForeignKey, Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from apps.core import moves
from apps.core.actor import Actor
from apps.core.admin.access import RoleAccess, actor_of
from apps.core.admin.bulk import BulkDeeds
from apps.core.admin.deeds import DeedPages
from apps.core.admin.export import CsvExport
from apps.core.admin.forms import VERSION, RecordForm, no_version_sentence
from apps.core.admin.history import HISTORY, changed_since, entries_about
from apps.core.admin.tabs import FORM, HISTORY_SLUG, Tab, sections_offered, tabs_offered
from apps.core.errors import Refusal, Stale
from apps.core.models import Recorded


class RecordList(ChangeList):
    """Fetches what the list shows, also where the queryset fetches something already: Django's own list then would not."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet:
        found = super().get_queryset(request, exclude_parameters)
        return found.select_related(*self.list_select_related) if self.list_select_related else found


class RecordAdmin(RoleAccess, CsvExport, DeedPages, BulkDeeds, ModelAdmin):
    """The admin of one kind of record. See the package's docstring for how an app uses it."""

    form = RecordForm
    change_form_template = "admin/record/change_form.html"
    change_list_template = "admin/record/change_list.html"
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 500
    list_fullwidth = False
    save_on_top = False
    warn_unsaved_form = True
    compressed_fields = True
    actions_on_top = True
    tabs: tuple[Tab, ...] = ()
    form_tab_label: Any = FORM.label
    audit_tab: Tab = HISTORY

    # What an app overrides: its own actions instead of the plain write.

    def perform_create(self, data: dict[str, Any], by: Actor) -> Model:
        """Create the record from the form's values. An app calls its action here."""
        many = {one.name for one in self.opts.many_to_many}
        obj = moves.create(self.model(**{name: value for name, value in data.items() if name not in many}), by=by)
        return self._relate(obj, {name: data[name] for name in many & data.keys()}, by)

    def perform_update(self, obj: Model, data: dict[str, Any], by: Actor) -> Model:
        """Change the fields the person changed. An app calls its action here."""
        many = {one.name for one in self.opts.many_to_many}
        columns = {name: value for name, value in data.items() if name not in many}
        if columns:
            obj = moves.change(obj, columns, by=by)
        return self._relate(obj, {name: data[name] for name in many & data.keys()}, by)

    def perform_destroy(self, obj: Model, by: Actor) -> None:
        """Remove the record. An app calls its action here."""
        moves.remove(obj, by=by)

    def editable_fields(self, obj: Model | None) -> Iterable[str] | None:
        """The fields that may be edited in the record's present status; None means all. `obj` is None when adding."""
        return None

    def _relate(self, obj: Model, relations: dict[str, Any], by: Actor) -> Model:
        for name, others in relations.items():
            obj = moves.relate(obj, name, others, by=by)
        return obj

    # Lists.

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return RecordList

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        """Every foreign key shown in the list is fetched with it, so that a row costs no query of its own."""
        shown = [name for name in self.get_list_display(request) if self._is_foreign_key(name)]
        return [*dict.fromkeys([*(self.list_select_related or ()), *shown])]

    def _is_foreign_key(self, name: Any) -> bool:
        names = {one.name for one in self.opts.fields if isinstance(one, ForeignKey)}
        return isinstance(name, str) and name in names

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        """Relations to searchable records are looked up as one types; no page carries a thousand options."""
        fields = (*self.opts.fields, *self.opts.many_to_many)
        related = {one.name: one.remote_field.model for one in fields if one.remote_field}
        searchable = [
            name
            for name, model in related.items()
            if model in self.admin_site._registry and self.admin_site._registry[model].search_fields
        ]
        return [*dict.fromkeys([*self.autocomplete_fields, *searchable])]

    # Forms.

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        fixed = list(super().get_readonly_fields(request, obj))
        allowed = self.editable_fields(obj)
        if allowed is None:
            return fixed
        names = [one.name for one in (*self.opts.fields, *self.opts.many_to_many) if one.editable]
        return [*dict.fromkeys([*fixed, *(name for name in names if name not in set(allowed))])]

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [name for name in super().get_fields(request, obj) if name != VERSION]

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.refusal = getattr(request, "record_refusal", None)
        return form

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model | None:
        """Fetched once a request, however many parts of the page ask for it."""
        known = request.__dict__.setdefault("_record_objects", {})
        key = (self.opts.label, object_id)
        if key not in known:
            known[key] = super().get_object(request, object_id, from_field)
        return known[key]

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The form; a refusal of the writing is rolled back and shown in the same form, with its own status."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refusal as refusal:
            request.record_refusal = refusal
            self._read_again(request, object_id, refusal)
            response = super().changeform_view(request, object_id, form_url, extra_context)
            response.status_code = refusal.status
            return response

    def _read_again(self, request: HttpRequest, object_id: str | None, refusal: Refusal) -> None:
        """The record as it stands, not as the form left it. Who is shown what changed may save again on top of it."""
        if object_id is None:
            return
        obj = self.get_queryset(request).filter(pk=unquote(object_id)).first()
        request.__dict__["_record_objects"] = {(self.opts.label, unquote(object_id)): obj}
        if isinstance(refusal, Stale) and obj is not None:
            request.POST = request.POST.copy()
            request.POST[VERSION] = str(obj.version)

    def save_model(self, request: HttpRequest, obj: Model, form: ModelForm, change: bool) -> None:
        by = actor_of(request)
        if not change:
            written = self.perform_create(form.values(), by)
        else:
            written = self._update(request, obj, form, by)
        obj.__dict__.update(written.__dict__)

    def _update(self, request: HttpRequest, obj: Model, form: ModelForm, by: Actor) -> Model:
        current = moves.lock(obj)
        values = form.changed_values()
        if not values:
            return current
        if isinstance(current, Recorded):
            self._refuse_stale(current, form.cleaned_data.get(VERSION))
        return self.perform_update(current, values, by)

    def _refuse_stale(self, current: Recorded, version: int | None) -> None:
        if version is None:
            raise Stale(no_version_sentence())
        if version != current.version:
            what = changed_since(current, version)
            said = _(
                "Somebody else changed this in the meantime. Your entries are kept below; saving again puts them on top."
            )
            raise Stale("\n".join([str(said), *what]))

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: Any, change: bool) -> None:
        """Relations of the record itself were written with it; the parts follow here."""
        for formset in formsets:
            self.save_formset(request, form, formset, change=change)

    def save_formset(self, request: HttpRequest, form: ModelForm, formset: Any, change: bool) -> None:
        formset.save(commit=False)
        inline = formset.record_inline
        inline.write(formset, form.instance, actor_of(request))

    # Removal, one by one and in bulk: the same action.

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], Any]:
        """What goes with a record goes with it: whether it may is asked of the record's own action."""
        listed, counts, _lacking, protected = super().get_deleted_objects(objs, request)
        return listed, counts, set(), protected

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        self.perform_destroy(obj, actor_of(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        with transaction.atomic():
            for obj in queryset:
                self.perform_destroy(obj, actor_of(request))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except Refusal as refusal:
            messages.error(request, refusal.detail)
            return HttpResponseRedirect(reverse(self._url_name("change"), args=[object_id]))

    def response_action(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        """A bulk action that is refused changes nothing and says why."""
        try:
            return super().response_action(request, queryset)
        except Refusal as refusal:
            messages.error(request, refusal.detail)
            return HttpResponseRedirect(request.get_full_path())

    # The audit trail is the log; Django's own would say less, twice.

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:
        return None

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:
        return None

    def log_deletions(self, request: HttpRequest, queryset: QuerySet) -> None:
        return None

    # Pages.

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Adding another is for adding; a page that shows a record offers to save that record."""
        context.setdefault("show_save_and_add_another", bool(kwargs.get("add")) and self.has_add_permission(request))
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        return [path("export/", self.admin_site.admin_view(self._guarded_export), name=name), *super().get_urls()]

    def _guarded_export(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self.export_view(request)

    def _url_name(self, page: str) -> str:
        return f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_{page}"

    def get_tabs(self, request: HttpRequest, obj: Model) -> list[Tab]:
        form = Tab(FORM.slug, self.form_tab_label)
        offered = tabs_offered(self.opts.label_lower)
        return [tab for tab in (*self.tabs, *offered, form, self.audit_tab) if tab.shown(self, request, obj)]

    def history_entries(self, obj: Model) -> QuerySet:
        """What the History tab lists, newest first."""
        return entries_about(obj)

    def record_context(self, request: HttpRequest, obj: Model, tab: Tab) -> dict[str, Any]:
        """What the head of the record's page shows on every tab."""
        return {
            "record": obj,
            "record_badge": self.record_badge(obj),
            "record_tabs": self.get_tabs(request, obj),
            "record_tab": tab,
            "record_deeds": self.deed_buttons(request, obj),
        }

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        obj = self.get_object(request, unquote(object_id))
        if obj is None or not self.has_view_permission(request, obj):
            return super().change_view(request, object_id, form_url, extra_context)
        tab = self._asked_tab(request, obj)
        head = self.record_context(request, obj, tab)
        if tab.slug == FORM.slug:
            return super().change_view(request, object_id, form_url, {**head, **(extra_context or {})})
        return self._tab_page(request, obj, tab, {**head, **(extra_context or {})})

    def _asked_tab(self, request: HttpRequest, obj: Model) -> Tab:
        tabs = self.get_tabs(request, obj)
        slug = FORM.slug if request.method == "POST" else request.GET.get("tab", "")
        return next((tab for tab in tabs if tab.slug == slug), tabs[0])

    def _tab_page(self, request: HttpRequest, obj: Model, tab: Tab, head: dict[str, Any]) -> TemplateResponse:
        known = tab.context(self, request, obj)
        context = {
            **self.admin_site.each_context(request),
            **head,
            **known,
            "sections": sections_offered(self.opts.label_lower, tab.slug, request, obj, known),
            "opts": self.opts,
            "original": obj,
            "title": str(obj),
            "media": self.media,
            "has_view_permission": True,
            "has_change_permission": self.has_change_permission(request, obj),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/record/tab.html", context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Django's address for the history leads to the History tab."""
        page = reverse(self._url_name("change"), args=[quote(unquote(object_id))])
        return HttpResponseRedirect(f"{page}?tab={HISTORY_SLUG}")
