"""Version ranges as people write them: `>=2.1, <3`, `==1.8.0`, `!=1.4.2`, or just `1.8.0`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from itertools import zip_longest

from apps.verification.evidence.names import plain_version

CLAUSE = re.compile(r"^(==|!=|>=|<=|>|<)?\s*([^\s<>=!]+)$")
PIECE = re.compile(r"\d+|[A-Za-z]+")
Compare = Callable[[int, int], bool]
COMPARISONS: dict[str, Compare] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


def is_range(text: str) -> bool:
    return bool(text.strip()) and all(CLAUSE.match(clause.strip()) for clause in text.split(","))


def is_within(version: str, wanted: str) -> bool:
    """Whether a version keeps to every clause of a range."""
    for clause in wanted.split(","):
        match = CLAUSE.match(clause.strip())
        if match is None or not COMPARISONS[match[1] or "=="](compare(version, match[2]), 0):
            return False
    return True


def compare(one: str, other: str) -> int:
    """-1, 0 or 1: by numbers where both have numbers; 1.8 is 1.8.0; a pre-release (-rc.1) comes before its release."""
    (left, left_pre), (right, right_pre) = _parts(one), _parts(other)
    for a, b in zip_longest(left, right, fillvalue=0):
        if a != b:
            return -1 if a < b else 1
    if left_pre == right_pre:
        return 0
    if not left_pre or not right_pre:
        return 1 if not left_pre else -1
    return -1 if left_pre < right_pre else 1


def _parts(version: str) -> tuple[list[int], list[tuple[bool, int, str]]]:
    """The numbers of the release, and the pieces of what is written after the first hyphen or letter."""
    bare = plain_version(version).partition("+")[0]
    head = re.match(r"\d+(?:\.\d+)*", bare)
    numbers = [int(piece) for piece in head[0].split(".")] if head else []
    rest = bare[head.end() :] if head else bare
    pieces = PIECE.findall(rest)
    return numbers, [(not piece.isdigit(), int(piece) if piece.isdigit() else 0, piece) for piece in pieces]
