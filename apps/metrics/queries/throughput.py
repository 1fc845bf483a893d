"""M9: how fast does what is ready to be released reach its users?"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Q

from apps.metrics.figures import Row
from apps.metrics.queries.ground import Fact, Question, Releases, Rows, times_of
from apps.releases.lifecycle.words import Outcome, Status
from apps.releases.models import Component

BACKED_OUT = {Outcome.BACKED_OUT, Outcome.FAILED}
PARTS = (
    "items_per_week",
    "releases_per_week",
    "arrivals_per_week",
    "net_flow",
    "backlog",
    "age_median",
    "age_p85",
    "cycle_time",
    "descoped",
    "forecast",
)
SECONDS_A_DAY = 86400
RESOLUTION = timedelta(microseconds=1)  # the last moment that still belongs to a half-open period


@dataclass(frozen=True)
class Item:
    """One scope item on its way: when it came, when it left the backlog, and how."""

    fact: Fact
    ci: int
    name: str
    arrived: datetime
    released: datetime | None
    dropped: datetime | None
    is_back: bool

    @property
    def left(self) -> datetime | None:
        return self.released or self.dropped


def rows_of_throughput(question: Question) -> Rows:
    """Every part of M9."""
    releases = Releases(_in_question(question))
    items = _items(question, releases)
    rows: Rows = {part: [] for part in PARTS}
    for fact in releases:
        if question.known(fact.released_at):
            excluded = "backed_out" if _is_backed_out(fact) else ""
            rows["releases_per_week"].append(releases.row(fact, fact.released_at, numerator=1, excluded=excluded))
    for item in items:
        _add(rows, releases, item, question)
    return rows


def _in_question(question: Question) -> Q:
    """What was in the backlog at some time of the period, or reached its users in it."""
    start, end = question.period.start, question.end
    open_ones = ~Q(status__in=[Status.CLOSED, Status.CANCELLED])
    came_or_went = Q(released_at__gte=start) | Q(created_at__gte=start) | Q(updated_at__gte=start)
    returned = Q(outcome__in=list(BACKED_OUT))
    return Q(created_at__lt=end) & (open_ones | came_or_went | returned) | question.within("released_at")


def _items(question: Question, releases: Releases) -> list[Item]:
    cancelled = times_of("releases.release.cancel", releases)
    listed = Component.objects.filter(release__in=releases.pks).order_by("pk")
    found = []
    for pk, ci, key, created in listed.values_list("release_id", "ci_id", "ci__key", "created_at").iterator():
        fact = releases.facts[pk]
        is_back = _is_backed_out(fact)
        released = None if is_back else question.known(fact.released_at)
        dropped = question.known(cancelled.get(fact.key)) if fact.status == Status.CANCELLED else None
        found.append(Item(fact, ci, key, created, released, dropped, is_back))
    return _superseded(found)


def _superseded(items: list[Item]) -> list[Item]:
    """A backed-out item leaves the backlog when a later release brings the same component to its users."""
    later: dict[int, list[datetime]] = defaultdict(list)
    for item in items:
        if item.released:
            later[item.ci].append(item.released)
    shown = []
    for item in items:
        begun = item.fact.released_at or item.fact.started_at or item.arrived
        after = min((at for at in later[item.ci] if item.is_back and at > begun), default=None)
        shown.append(replace(item, dropped=after) if after else item)
    return shown


def _is_backed_out(fact: Fact) -> bool:
    return fact.status == Status.BACKING_OUT or fact.outcome in BACKED_OUT


def _add(rows: Rows, releases: Releases, item: Item, question: Question) -> None:
    def row(at: datetime | None, **more) -> Row:
        return replace(releases.row(item.fact, at, **more), key=f"{item.fact.key}/{item.name}")

    if not item.released or item.arrived <= item.released:
        rows["arrivals_per_week"].append(row(item.arrived, numerator=1))
        rows["net_flow"].append(row(item.arrived, numerator=1))
        rows["backlog"].append(row(item.arrived, numerator=1, until=item.left))
    if item.released:
        cycle = (item.released - item.arrived).total_seconds() / SECONDS_A_DAY
        rows["items_per_week"].append(row(item.released, numerator=1))
        rows["net_flow"].append(row(item.released, numerator=-1))
        rows["forecast"].append(row(item.released, numerator=0, denominator=1 / question.period.weeks))
        excluded = "" if cycle >= 0 else "arrival_unknown"
        rows["cycle_time"].append(row(item.released, value=cycle if cycle >= 0 else None, excluded=excluded))
    elif item.dropped and not item.is_back:
        rows["descoped"].append(row(item.dropped, numerator=1))
        rows["net_flow"].append(row(item.dropped, numerator=-1))
    elif item.is_back and item.fact.released_at:
        rows["items_per_week"].append(row(item.fact.released_at, numerator=1, excluded="backed_out"))
    _add_age(rows, row, item, question)


def _add_age(rows: Rows, row, item: Item, question: Question) -> None:
    """Items in the backlog at the end: their age, and their part in the forecast. They count at that very moment."""
    end = question.end
    if item.arrived >= end or (item.left is not None and item.left < end):
        return
    at_the_end = end - RESOLUTION
    age = (end - item.arrived).total_seconds() / SECONDS_A_DAY
    rows["age_median"].append(row(at_the_end, value=age))
    rows["age_p85"].append(row(at_the_end, value=age))
    rows["forecast"].append(row(at_the_end, numerator=1, denominator=0))
