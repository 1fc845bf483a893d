"""The facts an adapter draws from a tool's event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Reader = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Adapter:
    """How one kind of tool signs, names and numbers its events, and which of them mean something here.

    `readers` maps the event's name to a function from the payload to its facts: a small dict of plain values, with
    `kind` naming what they are about. An empty dict means that the event says nothing that is used.
    """

    source: str
    signature_header: str
    event_header: str
    delivery_header: str
    is_signed: Callable[[bytes, str, list[str]], bool]
    readers: Mapping[str, Reader]
