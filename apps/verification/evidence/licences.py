"""SPDX licence expressions: `MIT OR (Apache-2.0 AND BSD-3-Clause)`, `GPL-2.0-only WITH Classpath-exception-2.0`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

TOKEN = re.compile(r"\s*(\(|\)|[^\s()]+)")
LONGEST = 2000
DEEPEST = 50


class NotAnExpression(ValueError):
    """The text is a name for a licence, not an expression."""


@dataclass
class _Reader:
    """Reads an expression from left to right; OR binds weakest, WITH strongest."""

    tokens: list[str]
    judge: Callable[[str], bool]
    at: int = 0
    depth: int = field(default=0)

    def next_is(self, word: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at].upper() == word

    def either(self) -> bool:
        verdict = self.both()
        while self.next_is("OR"):
            self.at += 1
            other = self.both()
            verdict = verdict or other
        return verdict

    def both(self) -> bool:
        verdict = self.one()
        while self.next_is("AND"):
            self.at += 1
            other = self.one()
            verdict = verdict and other
        return verdict

    def one(self) -> bool:
        if self.at >= len(self.tokens):
            raise NotAnExpression
        word = self.tokens[self.at]
        self.at += 1
        if word == "(":
            return self.group()
        if word.upper() in (")", "AND", "OR", "WITH"):
            raise NotAnExpression
        if self.next_is("WITH"):
            if self.at + 1 >= len(self.tokens):
                raise NotAnExpression
            word = f"{word} WITH {self.tokens[self.at + 1]}"
            self.at += 2
        return self.judge(word)

    def group(self) -> bool:
        self.depth += 1
        if self.depth > DEEPEST:
            raise NotAnExpression
        verdict = self.either()
        if not self.next_is(")"):
            raise NotAnExpression
        self.at += 1
        self.depth -= 1
        return verdict


def satisfies(expression: str, judge: Callable[[str], bool]) -> bool:
    """Whether the expression holds when `judge` answers for each licence in it. A plain name is judged as it is."""
    text = expression.strip()
    if len(text) > LONGEST:
        return judge(text)
    reader = _Reader(TOKEN.findall(text), judge)
    try:
        verdict = reader.either()
    except NotAnExpression:
        return judge(text)
    return verdict if reader.at == len(reader.tokens) else judge(text)


def is_among(licence: str, listed: frozenset[str]) -> bool:
    """Whether a licence (in lower case, with or without its exception) is in a list; `+` means: or later."""
    name = licence.strip().lower()
    plain = name.partition(" with ")[0]
    names = {name, plain, plain.removesuffix("+"), plain.removesuffix("-or-later"), plain.removesuffix("-only")}
    return not names.isdisjoint(listed)
