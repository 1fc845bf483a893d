"""Imports: a page that takes a file, and the report of each run."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.cmdb import actions
from apps.cmdb.formats.writers import CONTENT_TYPES
from apps.cmdb.forms import IMPORT_STEPS, ExportForm, ImportForm
from apps.cmdb.lifecycle import ImportStatus
from apps.cmdb.models import ConfigurationItem, ImportLine, ImportRun, ImportSource
from apps.cmdb.permissions import FRAME_EDITORS, IMPORTERS
from apps.cmdb.queries.export import file_name
from apps.core.actor import Actor
from apps.core.admin import LifecycleAdmin, RecordAdmin, Tab, actor_of, badge, moment, page_of
from apps.core.admin.forms import sentences_of
from apps.core.display import status_badge
from apps.core.errors import Refusal

LINES_A_PAGE = 100
LOOK_AGAIN_AFTER = 2  # seconds
FIGURES = (
    "created", "updated", "unchanged", "rejected_count", "skipped_count", "missing_count",
    "relationships_created", "relationships_missing", "unresolved", "resolved",
)  # fmt: skip


def report_context(page: Any, request: HttpRequest, run: ImportRun) -> dict[str, Any]:
    """The lines of one outcome at a time, what needs attention first; of a run under way how far it is."""
    known = run.how_far
    if run.is_under_way:
        return {"run": run, "known": known, "figures": known.figures if known else {}, "seconds": LOOK_AGAIN_AFTER}
    counted = run.lines.order_by().values_list("outcome").annotate(many=Count("id"))
    counts = dict.fromkeys(ImportLine.Outcome.values, 0) | dict(counted)
    order = ("rejected", "missing", "skipped", "updated", "created")
    first = next((one for one in order if counts[one]), "created")
    chosen = request.GET.get("outcome") if request.GET.get("outcome") in counts else first
    found = Paginator(run.lines.filter(outcome=chosen).order_by("id"), LINES_A_PAGE).get_page(request.GET.get("p"))
    keys = [line.ci_key for line in found if line.ci_key]
    pages = {ci.key: page_of(ci) for ci in ConfigurationItem.objects.filter(key__in=keys).only("key")}
    labels = dict(ImportLine.Outcome.choices)
    return {
        "run": run,
        "figures": {name: getattr(run, name) for name in FIGURES},
        "outcome": chosen,
        "outcomes": [(one, labels[one], counts[one]) for one in order if counts[one]],
        "lines": found,
        "pages": pages,
    }


REPORT = Tab("report", _("Report"), "admin/cmdb/report.html", report_context)


@admin.register(ImportRun)
class ImportRunAdmin(LifecycleAdmin):
    """Runs are facts: a new one begins with a file, none is ever rewritten."""

    list_display = (
        "began",
        "source",
        "format",
        "file_name",
        "state",
        "how_far",
        "created",
        "updated",
        "rejected_badge",
        "imported_by",
    )
    list_filter = ("status", "source", "format", "dry_run")
    list_select_related = ("imported_by", "progress")
    search_fields = ("source__istartswith", "file_name__icontains", "sha256__istartswith")
    ordering = ("-id",)
    fields = (
        "source", "format", "mapping", "file_name", "size", "sha256", "dry_run", "complete", "imported_by", "began", "finished",
        "records", "created", "updated", "unchanged", "rejected_count", "skipped_count", "missing_count",
        "relationships_created", "relationships_missing", "unresolved", "resolved", "failure",
    )  # fmt: skip
    readonly_fields = fields
    tabs = (REPORT,)
    steps = IMPORT_STEPS
    danger_steps = ("call_off",)
    road = (ImportStatus.WAITING, ImportStatus.READING, ImportStatus.WRITING, ImportStatus.FINISHED)
    add_roles = IMPORTERS
    change_list_template = "admin/cmdb/change_list.html"

    @admin.display(description=_("began"), ordering="id")
    def began(self, run: ImportRun) -> Any:
        return moment(run.started_at)

    @admin.display(description=_("finished"))
    def finished(self, run: ImportRun) -> Any:
        return moment(run.finished_at)

    @admin.display(description=_("state"))
    def state(self, run: ImportRun) -> Any:
        is_rehearsed = run.dry_run and run.status == ImportStatus.FINISHED
        return badge(_("dry run"), "idle") if is_rehearsed else status_badge(run)

    @admin.display(description=_("progress"))
    def how_far(self, run: ImportRun) -> str:
        known = run.how_far if run.is_under_way else None
        return f"{known.percent} %" if known and known.percent is not None else "–"

    @admin.display(description=_("rejected"), ordering="rejected_count")
    def rejected_badge(self, run: ImportRun) -> Any:
        return badge(run.rejected_count, "bad") if run.rejected_count else 0

    def record_badge(self, obj: ImportRun) -> Any:
        return self.state(obj)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("progress")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The page that takes a file: GET asks, POST imports and leads to the report."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self._import_page(request, ImportForm(initial=request.GET.dict()))
        form = ImportForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._import_page(request, form, status=400)
        try:
            run = form.perform(actor_of(request))
        except Refusal as refusal:
            for name, sentence in sentences_of(refusal, form.fields):
                form.add_error(name, sentence)
            return self._import_page(request, form, status=refusal.status)
        messages.success(request, self._said(run))
        return HttpResponseRedirect(page_of(run))

    def _said(self, run: ImportRun) -> str:
        if run.is_under_way:
            return _now("The file is kept and imported in the background. You may leave this page.")
        return _now("Nothing was changed: this is what would happen.") if run.dry_run else _now("The file is in.")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.export_map_view)
        return [path("export-map/", view, name="cmdb_importrun_export_map"), *super().get_urls()]

    def export_map_view(self, request: HttpRequest) -> HttpResponse:
        """The page that gives the map as a file: GET alone asks for the format, with one it answers."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = ExportForm(request.GET) if "format" in request.GET else ExportForm()
        if not form.is_bound or not form.is_valid():
            return self._export_page(request, form)
        try:
            pieces = form.pieces()
        except Refusal as refusal:
            for name, sentence in sentences_of(refusal, form.fields):
                form.add_error(name, sentence)
            return self._export_page(request, form)
        format = form.cleaned_data["format"]
        answer = StreamingHttpResponse(pieces, content_type=CONTENT_TYPES[format])
        answer["Content-Disposition"] = f'attachment; filename="{file_name(format)}"'
        return answer

    def _export_page(self, request: HttpRequest, form: ExportForm) -> TemplateResponse:
        return self._form_page(
            request, form, "admin/cmdb/export.html", _now("Export the map"), 400 if form.errors else 200
        )

    def _import_page(self, request: HttpRequest, form: ImportForm, status: int = 200) -> TemplateResponse:
        return self._form_page(request, form, "admin/cmdb/import.html", _now("Import a file"), status)

    def _form_page(
        self, request: HttpRequest, form: ImportForm | ExportForm, template: str, title: str, status: int
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "form": form,
            "title": title,
            "back": reverse(self._url_name("changelist")),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, template, context, status=status)


@admin.register(ImportSource)
class ImportSourceAdmin(RecordAdmin):
    list_display = ("slug", "rank")
    search_fields = ("slug__istartswith",)
    ordering = ("rank", "slug")
    fields = ("slug", "rank", "field_ranks")
    edit_roles = FRAME_EDITORS
    delete_roles = ()

    def get_readonly_fields(self, request: HttpRequest, obj: ImportSource | None = None) -> list[str]:
        fixed = list(super().get_readonly_fields(request, obj))
        return fixed if obj is None else [*fixed, "slug"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> ImportSource:
        return actions.create_source(**data, by=by)

    def perform_update(self, obj: ImportSource, data: dict[str, Any], by: Actor) -> ImportSource:
        return actions.change_source(source=obj, by=by, **data)
