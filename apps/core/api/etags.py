"""ETags: of a record its version and a digest of what was shown, of a list a digest.

If-Match compares the version: it protects the record against a lost update. If-None-Match compares the whole tag, so a
304 never hides a part that changed without the record itself.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from apps.core.errors import Invalid, Stale

ONE = re.compile(r'(?:W/)?"([!#-~\x80-\xff]*)"')


def tag_of(body: bytes, version: int | None = None) -> str:
    """`"7-3f2a…"` for version 7 of a record, `W/"3f2a…"` for a list."""
    digest = blake2b(body, digest_size=8).hexdigest()
    return f'W/"{digest}"' if version is None else f'"{version}-{digest}"'


def is_unchanged(request: Request, tag: str) -> bool:
    """Whether the caller already has this representation."""
    given = request.headers.get("If-None-Match")
    if given is None:
        return False
    return given.strip() == "*" or ONE.match(tag)[1] in ONE.findall(given)


def not_modified(tag: str) -> HttpResponse:
    answer = HttpResponse(status=304)
    del answer["Content-Type"]
    answer["ETag"] = tag
    return answer


def wanted_versions(request: Request) -> set[int] | None:
    """The versions named by If-Match; None when there is no such condition. `*` is any version there is."""
    given = request.headers.get("If-Match")
    if given is None or given.strip() == "*":
        return None
    tags = ONE.findall(given)
    if not tags:
        raise Invalid.field("", "malformed_if_match", 'If-Match takes the ETag of the resource, such as "7-3f2a".')
    return {
        int(number) for number in (tag.partition("-")[0] for tag in tags) if number.isdecimal() and len(number) < 10
    }


def check_current(request: Request, obj: Any) -> None:
    """Refuse when the record is no longer the one the caller saw. Locks its row until the transaction ends."""
    wanted = wanted_versions(request)
    if wanted is None:
        return
    rows = type(obj)._base_manager.select_for_update(of=("self",)).filter(pk=obj.pk)
    current = rows.values_list("version", flat=True).first()
    if current not in wanted:
        raise Stale(f"Version {current} is the current one. Read it again, then decide.")
