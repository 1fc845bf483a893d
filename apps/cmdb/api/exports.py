"""`exports/{format}/`: the map written out, in every format that can be read."""

from __future__ import annotations

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from apps.cmdb.formats import KNOWN
from apps.cmdb.formats.writers import CONTENT_TYPES
from apps.cmdb.queries.export import exported, file_name
from apps.core.api.base import ApiView
from apps.core.api.parameters import QueryParameter

MAPPING = QueryParameter("mapping", description="Short name of the column mapping, for csv and xlsx.")
SOURCE = QueryParameter("source", description="Only what this import source knows.")
KIND = OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=KNOWN, description="What the file is to be.")


class ExportView(ApiView):
    """The configuration items and their relationships as a file."""

    scope = "configuration-items"
    query_parameters = (MAPPING, SOURCE)

    @extend_schema(
        operation_id="exports_retrieve",
        summary="Export the map",
        parameters=[KIND],
        responses={(200, one): OpenApiTypes.BINARY for one in sorted(set(CONTENT_TYPES.values()))},
    )
    def get(self, request: Request, kind: str) -> StreamingHttpResponse:
        """A stream: its size costs no memory. What a format cannot say is in the documentation; all of it in `tidegate`."""
        pieces = exported(self.query["source"] or "", kind, self.query["mapping"] or "")
        answer = StreamingHttpResponse(pieces, content_type=CONTENT_TYPES[kind])
        answer["Content-Disposition"] = f'attachment; filename="{file_name(kind)}"'
        return answer
