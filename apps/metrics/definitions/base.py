"""The shape of a definition."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.metrics.figures import Kind, Measure

Text = Any


@dataclass(frozen=True)
class Part:
    """One line of a metric: what is divided by what, over which records, by which time.

    `split` names the dimension that shows how the rows divide (the five outcomes, the scores 1 to 5).
    `has_trend` is false where a month's value would mean nothing, or is not on record.
    """

    slug: str
    title: Text
    measure: Measure
    numerator: Text
    denominator: Text
    defining_time: Text
    excluded: dict[str, Text] = field(default_factory=dict)
    split: str = ""
    has_trend: bool = True


@dataclass(frozen=True)
class Metric:
    """One metric: a question, and the parts that answer it. The first part is the headline."""

    id: str
    title: Text
    question: Text
    parts: tuple[Part, ...]
    notes: tuple[Text, ...] = ()
    is_dora: bool = False

    @property
    def headline(self) -> Part:
        return self.parts[0]

    def part(self, slug: str) -> Part | None:
        return next((part for part in self.parts if part.slug == slug), None)


SHARE = Measure(Kind.SHARE, "share")
NONE = _("none")
CANCELLED = _("cancelled: the release was called off, so it has no outcome")
