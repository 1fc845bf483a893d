"""Idempotency-Key: a write that is repeated with the same key gives the first answer again and has no second effect.

The key is claimed, the effect made and the answer stored in one transaction. A repeat that comes while the first is
still under way waits for it at the unique row. A refusal had no effect, so it is not kept: the caller may mend and retry.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.json import encode
from apps.core.api.problems import MEDIA_TYPE, problem
from apps.core.errors import Invalid, Unprocessable
from apps.core.models import IdempotencyRecord

HEADER = "Idempotency-Key"
KEPT_HEADERS = ("ETag", "Location")
ANSWERED_ONCE = "This was done before. Its answer held a secret, which is shown once and not kept; ask for a new one."
SANE = re.compile(r"[!-~]{1,255}")


def answer_once(request: Request, produce: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """The stored answer of an earlier write with this key, or the answer of `produce`, stored."""
    key = request.headers[HEADER]
    if not SANE.fullmatch(key):
        raise Invalid.field("", "malformed_idempotency_key", "Idempotency-Key takes 1 to 255 visible ASCII characters.")
    digest = _digest(request)
    with transaction.atomic():
        record = _claim(request, key, digest)
        if record.status is not None:
            return _again(record, digest)
        response = produce()
        if response.status_code >= 400:
            transaction.set_rollback(True)
        else:
            _keep(record, response)
        return response


def _digest(request: Request) -> str:
    """What was sent: type, query and body. A multipart boundary is made anew at each try and does not count."""
    plain = request._request
    body, kind = plain.body, request.content_type or ""
    if "boundary=" in kind:
        boundary = kind.partition("boundary=")[2].partition(";")[0].strip('" ')
        body, kind = body.replace(boundary.encode(), b""), kind.partition(";")[0]
    told = hashlib.sha256()
    for part in (kind.encode(), plain.META.get("QUERY_STRING", "").encode(), body):
        told.update(len(part).to_bytes(8, "big"))
        told.update(part)
    return told.hexdigest()


def _claim(request: Request, key: str, digest: str) -> IdempotencyRecord:
    """The row of this key: ours when it has no status yet. Waits while another transaction holds the same key."""
    place = {
        "principal": f"user:{request.user.pk}",
        "method": request.method,
        "path": request.path[:500],
        "key": key,
    }
    claimed = IdempotencyRecord(**place, body_digest=digest)
    IdempotencyRecord.objects.bulk_create([claimed], ignore_conflicts=True)
    return IdempotencyRecord.objects.get(**place)


def _again(record: IdempotencyRecord, digest: str) -> HttpResponse:
    if record.body_digest != digest:
        raise Unprocessable(
            "This Idempotency-Key was used for another request. Take a new key for a new request.",
            code="idempotency_key_reused",
        )
    headers = dict(record.headers)
    answer = HttpResponse(bytes(record.body), status=record.status, content_type=headers.pop("Content-Type", None))
    if record.status == 204:
        del answer["Content-Type"]
    for name, value in headers.items():
        answer[name] = value
    answer["Idempotent-Replayed"] = "true"
    return answer


def _keep(record: IdempotencyRecord, response: HttpResponseBase) -> None:
    if "no-store" in response.get("Cache-Control", ""):
        told = {"status": 409, "code": "answered_once", "title": "Already done", "detail": ANSWERED_ONCE}
        record.status, record.body = 409, encode(problem(instance=record.path, **told))
        record.headers = {"Content-Type": MEDIA_TYPE}
        record.save(update_fields=["status", "body", "headers"])
        return
    if isinstance(response, Response):
        body = b"" if response.data is None else encode(response.data)
        kind = response.content_type or "application/json"
    else:
        body, kind = response.content, response.get("Content-Type", "")
    headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    record.status, record.body, record.headers = response.status_code, body, {"Content-Type": kind, **headers}
    record.save(update_fields=["status", "body", "headers"])
