"""Questions about release trains: who goes in which order and what keeps each, who waits for whom, what moving costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from apps.core.blockers import Blocker
from apps.releases.lifecycle.fellows import kept_back
from apps.releases.lifecycle.words import BEFORE_RELEASING, Availability, NeededState, Status, TrainStatus
from apps.releases.models import Release, ReleaseDependency, Train
from apps.releases.planning.graph import circle_in, in_order

BEGUN_AND_BACK = (Availability.NOT_AVAILABLE, Availability.WITHDRAWN)


@dataclass
class Member:
    """A release aboard: which fellows it needs, what keeps it, and who needs it."""

    release: Release
    needs: list[ReleaseDependency] = field(default_factory=list)
    blockers: list[Blocker] = field(default_factory=list)
    needed_by: list[Release] = field(default_factory=list)

    @property
    def has_gone(self) -> bool:
        return self.release.status not in BEFORE_RELEASING

    @property
    def follows(self) -> list[ReleaseDependency]:
        """The fellows that must be released before it can start."""
        return [need for need in self.needs if need.state == NeededState.RELEASED and not need.is_met]

    @property
    def is_backed_out(self) -> bool:
        """It was taken back, or is being taken back."""
        release = self.release
        ended = release.status in (Status.IN_REVIEW, Status.CLOSED) and release.availability in BEGUN_AND_BACK
        return release.status == Status.BACKING_OUT or ended

    @property
    def loses_approval(self) -> bool:
        """Whether moving the train sends it back to planning."""
        return self.release.status in (Status.AWAITING_APPROVAL, Status.SCHEDULED)


def departure_of(train: Train) -> list[Member]:
    """Everybody aboard in the order of departure, each after the fellows that it needs; in a fixed number of queries."""
    rows = list(train.releases.aboard().as_fellows().prefetch_related("needed_by__release"))
    aboard = {row.pk for row in rows}
    members = {row.key: _member(row, aboard) for row in rows}
    for row, blocker in kept_back(rows):
        members[row.key].blockers.append(blocker)
    graph = {key: [need.needs.key for need in member.needs] for key, member in members.items()}
    order = sorted(members) if circle_in(graph) else in_order(graph)
    return [members[key] for key in order]


def _member(release: Release, aboard: set[int]) -> Member:
    return Member(
        release,
        needs=[need for need in release.dependencies.all() if need.needs_id in aboard],
        needed_by=[need.release for need in release.needed_by.all()],
    )


def train_named(key: str) -> Train | None:
    """The train with this key, or the one that the release with this key is aboard."""
    return Train.objects.filter(Q(key=key) | Q(releases__key=key)).first()


def boardable(train: Train) -> QuerySet[Release]:
    """The releases that have not started and are in no train."""
    return Release.objects.filter(status__in=BEFORE_RELEASING, train__isnull=True).as_rows().order_by("-id")


def cannot_share(release: Release) -> list[ReleaseDependency]:
    """Needs between the release and its fellows that no one train can hold: one must be closed before the other."""
    between = Q(release=release, needs__train=release.train_id) | Q(needs=release, release__train=release.train_id)
    found = ReleaseDependency.objects.filter(between, state=NeededState.CLOSED)
    return list(found.select_related("release", "needs"))


def standstill(release: Release) -> list[str]:
    """Who would wait for each other for ever because fellows go together: a circle of keys of trains and releases.

    A train is one knot: it goes when everything that its members need from outside is out. Empty when all can go.
    """
    return circle_in(_waits_from(_knot(release.key, release.train)))


def _waits_from(start: str) -> dict[str, list[str]]:
    """Whom each train or single release waits for, directly or not; a query for each level."""
    graph: dict[str, list[str]] = {}
    level = [start]
    while level:
        graph.update((one, []) for one in level)
        for knot, other in _open_between(level):
            graph[knot].append(other)
        level = sorted({other for others in graph.values() for other in others} - graph.keys())
    return graph


def _open_between(knots: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(who waits, for whom) among different knots. What is out already keeps nobody."""
    waiting = Q(release__key__in=knots) | Q(release__train__key__in=knots, release__train__status=TrainStatus.PLANNED)
    rows = ReleaseDependency.objects.filter(
        waiting, needs__released_at__isnull=True, release__status__in=BEFORE_RELEASING
    ).exclude(state=NeededState.SCHEDULED)
    for row in rows.select_related("release__train", "needs__train"):
        knot, other = _knot(row.release.key, row.release.train), _knot(row.needs.key, row.needs.train)
        if knot in knots and knot != other:
            yield knot, other


def _knot(key: str, train: Any) -> str:
    return train.key if train is not None and train.status == TrainStatus.PLANNED else key
