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
MEDIA_TYPES = sorted({one.partition(";")[0] for one in CONTENT_TYPES.values()})


def _schema_of(media_type: str) -> OpenApiTypes:
    """Of a document a client parses any value; what it cannot parse is bytes."""
    return OpenApiTypes.ANY if media_type.endswith(("json", "yaml", "xml")) else OpenApiTypes.BINARY


class ExportView(ApiView):
    """The configuration items and their relationships as a file."""

    scope = "configuration-items"
    query_parameters = (MAPPING, SOURCE)

    @extend_schema(
        operation_id="exports_retrieve",
        summary="Export the map",
        parameters=[KIND],
        responses={(200, one): _schema_of(one) for one in MEDIA_TYPES},
    )
    def get(self, request: Request, kind: str) -> StreamingHttpResponse:
        """A stream: its size costs no memory. What a format cannot say is in the documentation; all of it in `tidegate`."""
        pieces = exported(self.query["source"] or "", kind, self.query["mapping"] or "")
        answer = StreamingHttpResponse(pieces, content_type=CONTENT_TYPES[kind])
        answer["Content-Disposition"] = f'attachment; filename="{file_name(kind)}"'
        return answer
