"""`imports/`, `import-sources/`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import F
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.validators import UniqueValidator

from apps.cmdb import actions
from apps.cmdb.api.fields import StampedSerializer
from apps.cmdb.formats import KNOWN
from apps.cmdb.forms import IMPORT_STEPS
from apps.cmdb.lifecycle import ImportStatus
from apps.cmdb.models import ImportLine, ImportRun, ImportSource
from apps.cmdb.permissions import IMPORTERS
from apps.core.actor import Actor
from apps.core.api import idempotency
from apps.core.api.fields import FastSerializer
from apps.core.api.parameters import QueryParameter
from apps.core.api.uploads import UPLOAD_PARSERS, uploaded_file
from apps.core.api.viewsets import PartViewSet, RecordViewSet

MOST_LISTED = 1000
LATER = "respond-async"  # RFC 7240
LOOK_AGAIN_AFTER = 2  # seconds
CHANGING = (ImportLine.Outcome.CREATED, ImportLine.Outcome.UPDATED, ImportLine.Outcome.MISSING)
PREFER = OpenApiParameter(
    "Prefer", str, OpenApiParameter.HEADER, description="`respond-async`: do not wait; import it in the background."
)
FILE = {
    "application/octet-stream": OpenApiTypes.BINARY,
    "multipart/form-data": {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {"type": "string", "format": "binary"}},
    },
}
PARAMETERS = (
    QueryParameter("source", required=True, description="Who says so: a name of your choice, the same each time."),
    QueryParameter("format", required=True, choices=KNOWN, description="What the file is."),
    QueryParameter("mapping", description="Short name of the column mapping, for csv and xlsx."),
    QueryParameter("dry_run", bool, default=False, description="Report what would happen, and change nothing."),
    QueryParameter(
        "complete",
        bool,
        default=False,
        description="The file is all that the source has: what it no longer names is marked missing.",
    ),
    QueryParameter("filename", description="What the file is called."),
)


class LineSerializer(FastSerializer):
    """A record that was not taken."""

    record = serializers.CharField()
    location = serializers.CharField(help_text="Its place in the file.")
    reason = serializers.CharField()


class ProgressSerializer(FastSerializer):
    """How far an import has come: in bytes of the file while it is read, in records while it is written."""

    done = serializers.IntegerField()
    total = serializers.IntegerField()
    percent = serializers.IntegerField(allow_null=True, help_text="Of what it is at; null where that cannot be said.")


class ImportRunListSerializer(FastSerializer):
    """One load from a source, in figures."""

    id = serializers.IntegerField()
    status = serializers.ChoiceField(choices=ImportStatus.choices)
    progress = serializers.SerializerMethodField(help_text="Null when it was not written down.")
    failure = serializers.CharField(help_text="Why it failed; empty when it did not.")
    source = serializers.CharField()
    format = serializers.CharField()
    mapping = serializers.CharField()
    file_name = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    dry_run = serializers.BooleanField()
    complete = serializers.BooleanField()
    imported_by = serializers.CharField(source="imported_by.username", allow_null=True)
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    records = serializers.IntegerField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    rejected_count = serializers.IntegerField()
    skipped_count = serializers.IntegerField(help_text="Understood, and left out on purpose.")
    missing_count = serializers.IntegerField()
    relationships_created = serializers.IntegerField()
    relationships_missing = serializers.IntegerField()
    unresolved = serializers.IntegerField(help_text="References to what no source has brought yet.")
    resolved = serializers.IntegerField(help_text="Earlier such references that this run resolved.")

    @extend_schema_field(ProgressSerializer(allow_null=True))
    def get_progress(self, run: ImportRun) -> dict[str, Any] | None:
        known = run.how_far
        return known and {"done": known.done, "total": known.total, "percent": known.percent}


class ChangeSerializer(FastSerializer):
    """What a run did to one record, or would do."""

    outcome = serializers.ChoiceField(choices=ImportLine.Outcome.choices)
    record = serializers.CharField()
    ci = serializers.CharField(help_text="Key of the item.")
    changes = serializers.DictField(help_text="{field: [before, after]}; of relationships those that go, and that come")


class ImportRunSerializer(ImportRunListSerializer):
    """One load from a source: what it changed, and the records that were not taken.

    The first thousand of each; all are under `lines/`. Of a dry run, `diff` is what would change.
    """

    rejected = serializers.SerializerMethodField()
    skipped = serializers.SerializerMethodField()
    diff = serializers.SerializerMethodField()

    @extend_schema_field(ChangeSerializer(many=True))
    def get_diff(self, run: ImportRun) -> list[dict[str, Any]]:
        rows = run.lines.filter(outcome__in=CHANGING).order_by("id")
        return list(rows.values("outcome", "record", "changes", ci=F("ci_key"))[:MOST_LISTED])

    @extend_schema_field(LineSerializer(many=True))
    def get_rejected(self, run: ImportRun) -> list[dict[str, str]]:
        return _lines(run.rejected)

    @extend_schema_field(LineSerializer(many=True))
    def get_skipped(self, run: ImportRun) -> list[dict[str, str]]:
        return _lines(run.skipped)


def _lines(rows: Any) -> list[dict[str, str]]:
    return list(rows.values("record", "location", "reason")[:MOST_LISTED])


class ImportLineSerializer(FastSerializer):
    """What a run did to one record."""

    outcome = serializers.ChoiceField(choices=ImportLine.Outcome.choices)
    record = serializers.CharField()
    location = serializers.CharField()
    ci = serializers.CharField(source="ci_key", help_text="Key of the item.")
    changes = serializers.DictField(help_text="{field: [before, after]}")
    reason = serializers.CharField()


class ImportRunViewSet(RecordViewSet):
    scope = "imports"
    write_roles = IMPORTERS
    queryset = ImportRun.objects.select_related("imported_by", "progress")
    lookup_field = "pk"
    lookup_url_kwarg = "id"
    lookup_value_regex = r"\d{1,18}"
    serializer_class = ImportRunSerializer
    steps = IMPORT_STEPS
    filterset_fields = ["source", "status", "format", "dry_run", "complete"]
    ordering_fields = ["started_at"]
    ordering = ["-pk"]
    atomic = False  # batches commit one by one; nobody waits for the whole file

    def get_parsers(self) -> list[BaseParser]:
        """A file is any body; a step is JSON."""
        is_file = self.action_map.get(self.request.method.lower()) == "create" if self.request else False
        return [parser() for parser in (UPLOAD_PARSERS if is_file else self.parser_classes)]

    @property
    def query_parameters(self) -> Sequence[QueryParameter]:
        return PARAMETERS if self.action == "create" else ()

    @extend_schema(responses=ImportRunListSerializer(many=True))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.page_of(self.filter_queryset(self.get_queryset()), ImportRunListSerializer)

    @extend_schema(
        request=FILE,
        responses={201: ImportRunSerializer, 202: ImportRunSerializer},
        parameters=[PREFER],
        summary="Import a file",
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The file is the body, or the multipart part `file`. The same file twice changes nothing.

        A file of up to 1 MiB is imported at once (201) unless the request says `Prefer: respond-async`; a larger one is
        kept and imported in the background (202). `Location` is the run; its `status` and `progress` say how far it is.
        """
        if idempotency.HEADER not in request.headers:
            return self._import(request)
        request._request.body  # noqa: B018 - kept in memory, so that it can be both read and compared
        return idempotency.answer_once(request, lambda: self._import(request))

    def _import(self, request: Request) -> HttpResponse:
        asked = self.query
        upload = uploaded_file(request)
        is_later = LATER in _preferences(request) or len(upload.content) > actions.LARGEST_AT_ONCE
        run = (actions.accept_import if is_later else actions.import_catalog)(
            source=asked["source"],
            format=asked["format"],
            content=upload.content,
            by=self.by,
            dry_run=asked["dry_run"],
            complete=asked["complete"],
            file_name=asked["filename"] or upload.name,
            mapping=asked["mapping"] or "",
        )
        answer = self.after(run, status=202 if is_later else 201)
        answer["Location"] = f"{request.path}{run.pk}/"
        if is_later:
            answer["Retry-After"] = str(LOOK_AGAIN_AFTER)
        if LATER in _preferences(request):
            answer["Preference-Applied"] = LATER
        return answer


def _preferences(request: Request) -> set[str]:
    """What the caller would like (RFC 7240); what is not understood is passed over."""
    given = request.headers.get("Prefer", "").lower()
    return {one.partition(";")[0].strip() for one in given.split(",")}


class ImportLineViewSet(PartViewSet):
    """What a run did to each record, in the order of the file."""

    queryset = ImportLine.objects.all()
    parent_queryset = ImportRun.objects.all()
    parent_field = "run"
    parent_lookup = "pk"
    serializer_class = ImportLineSerializer
    filterset_fields = ["outcome"]
    search_fields = ["record", "ci_key"]
    ordering = ["pk"]


class ImportSourceSerializer(StampedSerializer):
    """A source of records, and how far it is believed when another says something else."""

    slug = serializers.CharField(max_length=60, validators=[UniqueValidator(ImportSource.objects.all())])
    rank = serializers.IntegerField(min_value=0, max_value=32767, required=False, help_text="The lower rank wins.")
    field_ranks = serializers.DictField(
        child=serializers.IntegerField(min_value=0, max_value=32767),
        required=False,
        help_text='Ranks of single fields: {"owner": 10, "attributes.tier": 5}',
    )


class ImportSourceViewSet(RecordViewSet):
    scope = "imports"
    queryset = ImportSource.objects.all()
    lookup_field = "slug"
    serializer_class = ImportSourceSerializer
    filterset_fields = ["slug"]
    ordering_fields = ["slug", "rank"]
    ordering = ["slug"]

    def perform_create(self, data: dict[str, Any], by: Actor) -> ImportSource:
        return actions.create_source(by=by, **data)

    def perform_update(self, obj: ImportSource, data: dict[str, Any], by: Actor) -> ImportSource:
        data.pop("slug", None)
        return actions.change_source(source=obj, by=by, **data)
