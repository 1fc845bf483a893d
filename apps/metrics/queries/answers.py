"""Ask for a metric: its rows once, then every figure, trend and breakdown from those rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from apps.approaches.queries import keys_in_scope, version_in_force
from apps.core.clock import now
from apps.core.errors import Invalid, NotFound
from apps.metrics.definitions import METRICS, Metric, Part
from apps.metrics.definitions.practice import DIMENSIONS
from apps.metrics.figures import Figure, Row
from apps.metrics.periods import Period
from apps.metrics.queries import adoption, compliance, dora, incidents, schedule, success, surveys, throughput
from apps.metrics.queries.ground import Question, Rows

Asked = Callable[[Question], Rows]


def _one_of_five(metric: str, part: str) -> Asked:
    return lambda question: {part: dora.rows_of_deployments(question).get(metric, [])}


ROWS: dict[str, Asked] = {
    "M1": surveys.rows_of_introductions,
    "M2": adoption.rows_of_adoption,
    "M3": adoption.rows_of_alignment,
    "M4": compliance.rows_of_compliance,
    "M5": surveys.rows_of_satisfaction,
    "M6": success.rows_of_success,
    "M7": incidents.rows_of_incidents,
    "M8": schedule.rows_of_adherence,
    "M9": throughput.rows_of_throughput,
    **{metric.id: _one_of_five(metric.id, metric.headline.slug) for metric in METRICS.values() if metric.is_dora},
}


@dataclass(frozen=True)
class Answer:
    """A metric for a period: the rows of each part, and what they give."""

    metric: Metric
    question: Question
    rows: Rows

    @property
    def period(self) -> Period:
        return self.question.period

    def figure(self, part: Part) -> Figure:
        return part.measure.of(self.rows[part.slug], self.period, self.question.as_of)

    @property
    def headline(self) -> Figure:
        return self.figure(self.metric.headline)

    def figures(self) -> list[tuple[Part, Figure]]:
        return [(part, self.figure(part)) for part in self.metric.parts]

    def trend(self, part: Part) -> list[tuple[Period, Figure]]:
        """Month by month; empty where a month's value would mean nothing."""
        return part.measure.trend(self.rows[part.slug], self.period, self.question.as_of) if part.has_trend else []

    def breakdown(self, part: Part, by: str) -> list[tuple[str, Figure]]:
        if by == "month":
            return [(month.first.strftime("%Y-%m"), figure) for month, figure in self.trend(part)]
        return part.measure.breakdown(self.rows[part.slug], self.period, self.question.as_of, by)

    def split(self, part: Part) -> list[tuple[str, Figure]]:
        """How the rows of a part divide: the five outcomes, the scores, the reasons."""
        return self.breakdown(part, part.split) if part.split else []

    def rows_inside(self, part: Part) -> list[Row]:
        """The rows that the figure of the part stands on, excluded ones included."""
        as_of = self.question.as_of
        return [row for row in self.rows[part.slug] if part.measure.belongs(row, self.period, as_of)]


def answer(
    metric_id: str, period: Period, *, as_of: datetime | None = None, only: Mapping[str, str] | None = None
) -> Answer:
    """The answer to one metric. `only` keeps the rows of one product, team, value stream, model or approach."""
    metric = metric_named(metric_id)
    question = Question(period, as_of or now())
    return Answer(metric, question, _kept(ROWS[metric.id](question), only or {}))


def answer_all(period: Period, *, as_of: datetime | None = None) -> list[Answer]:
    """Every metric for one period; the deployments behind DORA's five are read once."""
    question = Question(period, as_of or now())
    deployments = dora.rows_of_deployments(question)
    answers = []
    for metric in METRICS.values():
        if metric.is_dora:
            rows = {metric.headline.slug: deployments.get(metric.id, [])}
        else:
            rows = ROWS[metric.id](question)
        answers.append(Answer(metric, question, rows))
    return answers


def part_rows(found: Answer, slug: str = "") -> tuple[Part, list[Row]]:
    """The rows of one part of an answer, its headline's without a name."""
    part = found.metric.part(slug) if slug else found.metric.headline
    if part is None:
        words = ", ".join(one.slug for one in found.metric.parts)
        raise Invalid.field("part", "unknown", f"{found.metric.id} has no part “{slug}”; it has {words}.")
    return part, found.rows_inside(part)


def metric_named(metric_id: str) -> Metric:
    known = {name.lower(): metric for name, metric in METRICS.items()}
    metric = known.get(metric_id.lower())
    if metric is None:
        raise NotFound(f"There is no metric “{metric_id}”; there are {', '.join(METRICS)}.")
    return metric


def _kept(rows: Rows, only: Mapping[str, str]) -> Rows:
    wanted = {name: value for name, value in only.items() if value}
    covered = _covered_by(wanted.pop("approach", ""))
    unknown = sorted(set(wanted) - set(DIMENSIONS))
    if unknown:
        raise Invalid.field(unknown[0], "unknown", f"A metric cannot be narrowed by “{unknown[0]}”.")
    return {
        part: [
            row
            for row in listed
            if all(value in row.dimensions.get(name, ()) for name, value in wanted.items())
            and (covered is None or not covered.isdisjoint(row.dimensions.get("product", ())))
        ]
        for part, listed in rows.items()
    }


def _covered_by(approach: str) -> frozenset[str] | None:
    """The keys of what an approach covers; nothing when none is named."""
    if not approach:
        return None
    version = version_in_force(approach)
    if version is None:
        raise Invalid.field("approach", "unknown", f"There is no release approach “{approach}” in force.")
    return keys_in_scope(version)
