"""JSON in and out: orjson, with limits on what comes in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import orjson
from django.utils.functional import Promise
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from apps.core.errors import FieldError, Invalid, TooLarge

LARGEST_BODY = 4 * 1024 * 1024
DEEPEST = 32
LARGEST_INTEGER = 2**63 - 1


def encode(data: Any) -> bytes:
    """Bytes as clients get them: UTF-8, times in UTC with a Z."""
    return orjson.dumps(data, default=_plain, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


def _plain(value: Any) -> Any:
    if isinstance(value, Promise | Decimal):
        return str(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def decode(body: bytes) -> Any:
    """The value in a JSON body. Raises Invalid with the place of the fault."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        detail = f"The body is not JSON: {error.msg} (line {error.lineno}, column {error.colno})."
        raise Invalid([FieldError("", "malformed_json", detail)]) from error
    _check(value)
    return value


def _check(value: Any) -> None:
    """Refuse what no column can hold: too deep a nesting, numbers beyond 64 bits, NUL characters."""
    waiting = [(value, (), 1)]
    while waiting:
        one, path, depth = waiting.pop()
        if isinstance(one, str):
            if "\0" in one:
                raise _fault(path, "nul_character", "The text contains a NUL character.")
        elif isinstance(one, dict | list):
            if depth > DEEPEST:
                raise _fault(path[:4], "too_deep", f"The body is nested more than {DEEPEST} levels deep.")
            pairs = one.items() if isinstance(one, dict) else enumerate(one)
            waiting.extend((inner, (*path, name), depth + 1) for name, inner in pairs)
            if isinstance(one, dict):
                waiting.extend((name, path, depth) for name in one)
        elif isinstance(one, int | float) and abs(one) > LARGEST_INTEGER:
            raise _fault(path, "number_too_large", "The number is too large.")


def _fault(path: tuple, code: str, detail: str) -> Invalid:
    pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1").replace("\0", "") for part in path)
    return Invalid([FieldError(pointer, code, detail)])


class OrjsonRenderer(BaseRenderer):
    """Data as JSON."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else encode(data)


class OrjsonParser(BaseParser):
    """A JSON body, at most LARGEST_BODY bytes."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body = stream.read(LARGEST_BODY + 1)
        if len(body) > LARGEST_BODY:
            raise TooLarge(f"A JSON body has at most {LARGEST_BODY // 1024 // 1024} MiB.")
        return decode(body)
