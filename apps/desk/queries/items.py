"""What the home page lists: one line, where it leads, and how urgent it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

SHOWN = 8  # a home page answers in five seconds; the rest is one click away


@dataclass(frozen=True)
class Item:
    """One line of a block: what it is, what it is about, where to act, and by when."""

    kind: Any
    title: str
    url: str
    about: Any = ""
    at: datetime | date | None = None
    at_label: Any = ""
    tone: str = "idle"
    badge: Any = ""
    badge_tone: str = ""  # the tone of the status, where it is not the tone of the line
    facts: tuple[tuple[str, Any], ...] = ()  # (tone, words): holds, waits


@dataclass(frozen=True)
class Block:
    """One of the four blocks; `total` counts what `items` had no room for."""

    items: list[Item] = field(default_factory=list)
    total: int = 0

    @classmethod
    def of(cls, items: Iterable[Item]) -> Block:
        everything = list(items)
        return cls(everything[:SHOWN], len(everything))

    @property
    def more(self) -> int:
        return self.total - len(self.items)


def most_urgent_first(items: list[Item], at: datetime) -> list[Item]:
    """What is bad, then what has the nearest date; what has none comes last."""
    order = {"bad": 0, "warn": 1}
    return sorted(items, key=lambda item: (order.get(item.tone, 2), item.at is None, _day(item.at)))


def _day(at: datetime | date | None) -> str:
    return at.isoformat() if at else ""
