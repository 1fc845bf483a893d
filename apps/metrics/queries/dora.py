"""DORA's five, from the deployments that tools reported and the releases they belong to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import QuerySet

from apps.incidents.models import CausalLink
from apps.metrics.figures import Row
from apps.metrics.queries.ground import Question, Rows, dimensions, page, streams_of_items
from apps.releases.lifecycle.words import DeploymentStatus, Outcome, Status
from apps.releases.models import Deployment

LIVE_ONCE = (DeploymentStatus.SUCCESS, DeploymentStatus.INACTIVE)
FAILED = {Outcome.BACKED_OUT, Outcome.PARTIALLY_BACKED_OUT, Outcome.FAILED}
LOOKED_BACK = timedelta(days=400)
GRAVE = 2
COLUMNS = (
    "pk",
    "key",
    "ci_id",
    "ci__key",
    "ci__owner__slug",
    "environment_id",
    "environment__slug",
    "deployed_version",
    "digest",
    "at",
    "finished_at",
)


@dataclass
class Move:
    """One production deployment, and what became of it."""

    pk: int
    key: str
    ci: int
    product: str
    team: str | None
    environment: int
    place: str
    version: str
    digest: str
    began: datetime
    finished: datetime | None
    excluded: str = ""
    models: set[str] = field(default_factory=set)
    is_rework: bool | None = None
    has_failed: bool = False
    recovered: datetime | None = None

    @property
    def at(self) -> datetime:
        return self.finished or self.began

    @property
    def artifact(self) -> str:
        return self.digest or self.version or self.key


def rows_of_deployments(question: Question) -> dict[str, list[Row]]:
    """Every deployment of the period as a row of each of the five, by metric."""
    found = _asked(question)
    moves = _moves(found, question)
    _judge(moves, found, question)
    streams = streams_of_items({move.ci for move in moves})
    rows: Rows = defaultdict(list)
    for move in moves:
        _add(rows, move, streams)
    return dict(rows)


def _asked(question: Question) -> QuerySet[Deployment]:
    """Deployments that reached production, some time before the period too: what was live then tells a redeployment."""
    since = question.period.start - LOOKED_BACK
    return Deployment.objects.filter(
        environment__is_production=True, status__in=LIVE_ONCE, at__gte=since, at__lt=question.end
    )


def _moves(found: QuerySet[Deployment], question: Question) -> list[Move]:
    listed = [Move(*values) for values in found.order_by("at", "pk").values_list(*COLUMNS)]
    known = [move for move in listed if move.at <= question.as_of]
    _set_aside(known)
    return [move for move in known if question.period.holds(move.at)]


def _set_aside(moves: Iterable[Move]) -> None:
    """A digest that was live already is no deployment; of the regions of one wave the last to finish counts."""
    live: dict[tuple[int, int], str] = {}
    times: dict[tuple[int, int, str], int] = defaultdict(int)
    waves: dict[tuple[int, str, int], list[Move]] = defaultdict(list)
    for move in moves:
        place = (move.ci, move.environment)
        if live.get(place) == move.artifact:
            move.excluded = "same_digest"
            continue
        live[place] = move.artifact
        times[(*place, move.artifact)] += 1
        waves[(move.ci, move.artifact, times[(*place, move.artifact)])].append(move)
    for wave in waves.values():
        last = max(wave, key=lambda move: (move.at, move.pk))
        for move in wave:
            if move is not last:
                move.excluded = "same_wave"


def _judge(moves: list[Move], found: QuerySet[Deployment], question: Question) -> None:
    """What the releases of each deployment say about it: rework, failure, recovery."""
    by_pk = {move.pk: move for move in moves}
    through = Deployment.releases.through.objects.filter(deployment__in=found.order_by().values("pk"))
    columns = (
        "deployment_id",
        "release_id",
        "release__outcome",
        "release__status",
        "release__finished_at",
        "release__model_version__model__slug",
        "release__model_version__model__kind",
        "release__type",
    )
    linked = [row for row in through.values_list(*columns) if row[0] in by_pk]
    grave = _grave_incidents(question)
    for pk, release, outcome, status, finished, model, kind, of_type in linked:
        move = by_pk[pk]
        move.models.update({model} - {None})
        move.is_rework = bool(move.is_rework) or "emergency" in (kind, of_type)
        is_back = outcome in FAILED or status == Status.BACKING_OUT
        if is_back or grave.get(release):
            move.has_failed = True
            ends = [finished if outcome in FAILED else None] if is_back else []
            ends += grave.get(release, [])
            _recover(move, ends)


def _recover(move: Move, ends: list[datetime | None]) -> None:
    """Recovered when the last of what was wrong was over; not while anything still is."""
    if all(ends) and ends:
        move.recovered = max([*ends, move.recovered] if move.recovered else ends)


def _grave_incidents(question: Question) -> dict[int, list[datetime | None]]:
    """Confirmed incidents of severity 1 or 2 of each release: when each was resolved, None while it is not."""
    links = CausalLink.objects.filter(
        status="confirmed", incident__severity__lte=GRAVE, incident__opened_at__lte=question.as_of
    )
    found: dict[int, list[datetime | None]] = defaultdict(list)
    for release, resolved in links.values_list("release", "incident__resolved_at"):
        found[release].append(question.known(resolved))
    return found


def _add(rows: Rows, move: Move, streams: dict[int, tuple[str, ...]]) -> None:
    def row(at: datetime, excluded: str = "", **more) -> Row:
        return Row(
            key=move.key,
            label=f"{move.product} {move.version} → {move.place}",
            at=at,
            url=page("releases_deployment", move.pk),
            excluded=move.excluded or excluded,
            dimensions=dimensions(product=move.product, streams=streams.get(move.ci, ()), team=move.team)
            | {"model": tuple(sorted(move.models))},
            **more,
        )

    rows["deployment-frequency"].append(row(move.at, numerator=1))
    rows["change-lead-time"].append(row(move.at, "commit_time_unknown"))
    rows["change-fail-rate"].append(row(move.at, numerator=int(move.has_failed)))
    unknown = "no_release" if move.is_rework is None else ""
    rows["deployment-rework-rate"].append(row(move.at, unknown, numerator=int(bool(move.is_rework))))
    if move.has_failed:
        hours = max((move.recovered - move.at).total_seconds() / 3600, 0) if move.recovered else None
        at = move.recovered or move.at
        rows["failed-deployment-recovery-time"].append(row(at, "" if move.recovered else "not_recovered", value=hours))
