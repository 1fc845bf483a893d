"""Documents from outside, read with limits: JSON and XML that somebody else wrote.

What a reader gets is either the document or `Invalid` with the place of the fault; never a hang, a crash, an entity
that grows, or a value that no column can hold.
"""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from apps.core.errors import FieldError, Invalid, TooLarge

LARGEST = 16 * 1024 * 1024
DEEPEST = 64
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def read_json(content: bytes, *, largest: int = LARGEST, deepest: int = DEEPEST) -> Any:
    """The value, in UTF-8, UTF-16 or UTF-32 with or without a byte order mark. Of a repeated name the last wins."""
    _check_size(content, largest)
    try:
        value = json.loads(content.decode(_encoding(content)), parse_constant=_not_json)
    except RecursionError as error:
        raise _malformed(f"It is nested more than {deepest} levels deep.", "too_deep") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise _malformed(f"It is not JSON: {error.msg} ({place}).", "malformed_json") from error
    except ValueError as error:
        raise _malformed(f"It is not JSON: {error}.", "malformed_json") from error
    _check_depth(value, deepest)
    return value


def read_json_object(content: bytes, *, largest: int = LARGEST, deepest: int = DEEPEST) -> dict[str, Any]:
    """A JSON document whose outermost value is an object."""
    value = read_json(content, largest=largest, deepest=deepest)
    if not isinstance(value, dict):
        raise _malformed("It is JSON, but not an object.", "not_an_object")
    return value


def read_xml(content: bytes, *, largest: int = LARGEST, deepest: int = DEEPEST) -> Element:
    """The root element. Document types and entities are refused: they are how XML reaches for other files."""
    _check_size(content, largest)
    try:
        root = ElementTree.fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise _malformed("Document types and entities are not accepted in XML.", "xml_entities") from error
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise _malformed(f"It is not XML: {error}.", "malformed_xml") from error
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > deepest:
            raise _malformed(f"It is nested more than {deepest} levels deep.", "too_deep")
        level = [child for element in level for child in element]
    return root


def local_name(element: Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def storable(value: Any, longest: int = 500) -> Any:
    """The value as every database keeps it: no NUL, no half of a surrogate pair, texts cut to `longest`."""
    if isinstance(value, str):
        text = UNSTORABLE.sub("\ufffd", value)
        return text if len(text) <= longest else f"{text[: longest - 1]}…"
    if isinstance(value, dict):
        return {storable(str(name), longest): storable(one, longest) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [storable(one, longest) for one in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value


def _encoding(content: bytes) -> str:
    return json.detect_encoding(content)


def _not_json(word: str) -> None:
    raise ValueError(f"{word} is not a JSON value")


def _check_size(content: bytes, largest: int) -> None:
    if len(content) > largest:
        raise TooLarge(f"The document has more than {largest // 1024} KiB.")
    if not content.strip():
        raise _malformed("The document is empty.", "empty")


def _check_depth(value: Any, deepest: int) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > deepest:
            raise _malformed(f"It is nested more than {deepest} levels deep.", "too_deep")
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]


def _malformed(detail: str, code: str) -> Invalid:
    return Invalid([FieldError("", code, detail)])
