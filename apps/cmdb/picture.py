"""Where each item of an impact stands in the picture: a column for each step from the roots, wrapped when it is long. Pure.

Within a column the items stand in the order of those they are reached over, so that lines cross as little as a cheap
rule can manage; the most critical come first.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from apps.cmdb.queries import Impact, ImpactEdge, ImpactNode
from apps.cmdb.queries.impact import USUAL_DAYS

WIDTH, HEIGHT = 190, 38
BETWEEN, LEVELS_APART, ROWS_APART = 18, 90, 10
MARGIN = 16
FEWEST_ROWS = 8
MOST_BOXES, MOST_LINES = 500, 2000
MANY_BOXES = 120  # from here on only the leading lines are drawn until somebody points at an item
NAME_LETTERS = 25
CRITICALITY_WORDS = {1: _("vital"), 2: _("high"), 3: _("medium"), 4: _("low")}


@dataclass(frozen=True)
class Box:
    """An item in the picture; `x` and `y` are its upper left corner, in pixels."""

    node: ImpactNode
    x: int
    y: int
    why: str
    is_root: bool = False
    stands: bool = False

    @property
    def middle(self) -> int:
        return self.y + HEIGHT // 2

    @property
    def text_x(self) -> int:
        return self.x + 10

    @property
    def name_y(self) -> int:
        return self.y + 16

    @property
    def type_y(self) -> int:
        return self.y + 30

    @property
    def name(self) -> str:
        """As much of the name as the box holds."""
        name = self.node.name
        return name if len(name) <= NAME_LETTERS else f"{name[: NAME_LETTERS - 1]}…"


@dataclass(frozen=True)
class Line:
    """A relationship in the picture. `leads` says that the shortest way to its end goes along it."""

    start: str
    end: str
    type: str
    path: str
    leads: bool


@dataclass(frozen=True)
class Picture:
    """The whole: its size in pixels, its boxes nearest first, its lines, and how many lines are left out."""

    width: int
    height: int
    boxes: list[Box]
    lines: list[Line]
    left_out: int
    box_width: int = WIDTH
    box_height: int = HEIGHT

    @property
    def is_dense(self) -> bool:
        return len(self.boxes) > MANY_BOXES


def picture_of(impact: Impact) -> Picture:
    """Lay out the answer. The same answer always gives the same picture."""
    standing = {one.key for one in impact.withstood}
    columns = _columns(impact)
    rows = _rows(columns)
    boxes: dict[str, Box] = {}
    x = MARGIN
    for distance, column in enumerate(columns):
        wrapped = [column[start : start + rows] for start in range(0, len(column), rows)]
        for part in wrapped:
            top = MARGIN + (rows - len(part)) * (HEIGHT + ROWS_APART) // 2
            for row, node in enumerate(part):
                y = top + row * (HEIGHT + ROWS_APART)
                why = impact.explain(node.key)
                boxes[node.key] = Box(node, x, y, why, distance == 0, node.key in standing)
            x += WIDTH + BETWEEN
        x += LEVELS_APART - BETWEEN
    lines = [line for edge in impact.edges if (line := _line(edge, boxes, impact)) is not None]
    lines.sort(key=lambda line: (not line.leads, line.start, line.end))
    return Picture(
        width=x - LEVELS_APART + MARGIN,
        height=2 * MARGIN + rows * (HEIGHT + ROWS_APART) - ROWS_APART,
        boxes=list(boxes.values()),
        lines=lines[:MOST_LINES],
        left_out=max(0, len(lines) - MOST_LINES),
    )


def shown(impact: Impact, picture_url: str) -> dict[str, Any]:
    """What a page shows of an impact: the picture and where to download it, the table behind it, how far to trust it."""
    stale = len(impact.stale_edges())
    return {
        "impact": impact,
        "picture": picture_of(impact),
        "picture_url": picture_url,
        "rows": [{"node": node, "why": impact.explain(node.key)} for node in impact.nodes],
        "criticalities": [(CRITICALITY_WORDS[level], count) for level, count in impact.by_criticality.items() if count],
        "stale": stale,
        "stale_percent": round(100 * stale / len(impact.edges)) if impact.edges else None,
        "stale_days": USUAL_DAYS,
    }


def drawing_of(impact: Impact) -> str:
    """The picture as a file of its own (SVG 1.1), with its style and absolute links."""
    facts = {
        "picture": picture_of(impact),
        "impact": impact,
        "standalone": True,
        "base": settings.TIDEGATE_BASE_URL,
    }
    return render_to_string("cmdb/picture.svg", facts)


def _columns(impact: Impact) -> list[list[ImpactNode]]:
    """The items by distance; a column follows the order of the one before it."""
    levels: dict[int, list[ImpactNode]] = defaultdict(list)
    for node in (*impact.nodes, *impact.withstood):
        levels[node.distance].append(node)
    columns = [sorted(impact.roots, key=lambda one: (one.criticality, one.name, one.key))]
    place = {node.key: number for number, node in enumerate(columns[0])}
    for distance in sorted(levels):
        column = sorted(levels[distance], key=lambda one: (place.get(one.via, 0), one.criticality, one.name, one.key))
        place |= {node.key: number for number, node in enumerate(column)}
        columns.append(column)
    return columns


def _rows(columns: list[list[ImpactNode]]) -> int:
    """How many rows make the picture about as wide as a screen is for its height."""
    longest = max(map(len, columns))
    fair = math.ceil(math.sqrt(sum(map(len, columns)) * WIDTH / HEIGHT / 3))
    return max(1, min(longest, max(FEWEST_ROWS, fair)))


def _line(edge: ImpactEdge, boxes: dict[str, Box], impact: Impact) -> Line | None:
    start, end = boxes.get(edge.source), boxes.get(edge.target)
    if start is None or end is None:
        return None
    if start.x > end.x or (start.x == end.x and start.y > end.y):
        start, end = end, start
    leads = end.node.via == start.node.key and end.node.via_type == edge.type
    return Line(start.node.key, end.node.key, impact.words.get(edge.type, edge.type), _curve(start, end), leads)


def _curve(start: Box, end: Box) -> str:
    """From the right side of the one to the left side of the other; beside the column where both stand in the same."""
    if start.x == end.x:
        right = start.x + WIDTH
        bend = right + BETWEEN
        return f"M{right} {start.middle}C{bend} {start.middle} {bend} {end.middle} {right} {end.middle}"
    left, right = start.x + WIDTH, end.x
    half = (left + right) // 2
    return f"M{left} {start.middle}C{half} {start.middle} {half} {end.middle} {right} {end.middle}"
