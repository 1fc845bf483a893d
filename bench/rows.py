"""What is measured: ours, the floor it is held against, and the goal (docs/reference/performance.md)."""

from __future__ import annotations

from dataclasses import dataclass

from bench.load import Call


@dataclass(frozen=True)
class Row:
    name: str
    ours: Call
    floor: Call
    most: float  # times the floor's median, one client
    least: float  # share of the floor's rate, eight clients


HOLD = '{"reason": "bench {n}"}'
RELEASE = (
    '{"title": "Bench {n}", "version": "9.{n}", "subject": "ci-1", "type": "minor", '
    '"planned_start": "2031-01-01T10:00:00Z", "planned_end": "2031-01-01T11:00:00Z"}'
)
ROWS = [
    Row("token check", Call("/api/v1/teams/?page_size=1"), Call("/floor/ok"), 4, 0.25),
    Row(
        "item list 50",
        Call("/api/v1/configuration-items/?page_size=50&ordering=name"),
        Call("/floor/items/50"),
        3,
        0.33,
    ),
    Row(
        "item list 500",
        Call("/api/v1/configuration-items/?page_size=500&ordering=name"),
        Call("/floor/items/500"),
        1.5,
        0.7,
    ),
    Row(
        "item search",
        Call("/api/v1/configuration-items/?search=0009&page_size=50"),
        Call("/floor/found/0009"),
        1.5,
        0.5,
    ),
    Row("item detail", Call("/api/v1/configuration-items/ci-77/"), Call("/floor/item/ci-77"), 4, 0.25),
    Row(
        "release list 50",
        Call("/api/v1/releases/?page_size=50&ordering=planned_start"),
        Call("/floor/releases/50"),
        3,
        0.33,
    ),
    Row("release detail", Call("/api/v1/releases/REL-2020-0000077/"), Call("/floor/release/REL-2020-0000077"), 4, 0.25),
    Row("release create", Call("/api/v1/releases/", "POST", RELEASE), Call("/floor/deed/REL-2020-0000042"), 4, 0.17),
    Row("gate", Call("/api/v1/releases/REL-2020-0000077/gate/"), Call("/floor/release/REL-2020-0000077"), 3, 0.3),
]
