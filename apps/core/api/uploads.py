"""Files as request bodies: raw, or one multipart part called `file`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request

from apps.core.errors import Invalid, TooLarge

LARGEST_FILE = 64 * 1024 * 1024


class RawParser(BaseParser):
    """Any body as bytes."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> bytes:
        return stream.read(LARGEST_FILE + 1)


UPLOAD_PARSERS = [MultiPartParser, RawParser]


@dataclass(frozen=True)
class Upload:
    """A file somebody sent."""

    content: bytes
    name: str
    media_type: str


def uploaded_file(request: Request, largest: int = LARGEST_FILE) -> Upload:
    """The file of this request. The view declares `parser_classes = UPLOAD_PARSERS`."""
    data = request.data
    if isinstance(data, bytes):
        upload = Upload(data, "", request.content_type or "")
    else:
        part = request.FILES.get("file")
        if part is None:
            raise Invalid.field("file", "required", "Send the file as the body, or as the multipart part “file”.")
        if part.size > largest:
            raise _too_large(largest)
        upload = Upload(part.read(), (part.name or "")[:255], part.content_type or "")
    if not upload.content:
        raise Invalid.field("", "empty", "The file is empty.")
    if len(upload.content) > largest:
        raise _too_large(largest)
    return upload


def _too_large(largest: int) -> TooLarge:
    return TooLarge(f"A file has at most {largest // 1024 // 1024} MiB.")
