"""What the metrics have in common: the question, the releases in question, and the dimensions of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q
from django.urls import NoReverseMatch, reverse

from apps.cmdb.models import ConfigurationItem
from apps.core.clock import now
from apps.core.models import AuditEntry
from apps.metrics.figures import Row
from apps.metrics.periods import Period
from apps.release_models.models import ModelVersion
from apps.releases.models import Release

Rows = dict[str, list[Row]]
LONGEST_LIST = 10_000


@dataclass(frozen=True)
class Question:
    """For which period, and as of when: facts recorded later are not known to the answer."""

    period: Period
    as_of: datetime

    @classmethod
    def now(cls, period: Period) -> Question:
        return cls(period, now())

    @property
    def end(self) -> datetime:
        """Where knowledge ends: the end of the period, or the as-of time when that comes first."""
        return min(self.period.end, self.as_of)

    def within(self, field: str) -> Q:
        """Records whose time lies in the period and is known."""
        return Q(**{f"{field}__gte": self.period.start, f"{field}__lt": self.period.end, f"{field}__lte": self.as_of})

    def known(self, at: datetime | None) -> datetime | None:
        """The moment, if it had come by the as-of time."""
        return at if at is not None and at <= self.as_of else None


class Fact(NamedTuple):
    """What the metrics need to know of a release."""

    pk: int
    key: str
    title: str
    release_version: str
    type: str
    status: str
    outcome: str
    cancel_reason: str
    availability: str
    approval_basis: str
    subject_id: int
    subject: str
    team: str | None
    model: str | None
    model_kind: str | None
    model_version: int | None
    is_production: bool | None
    created_at: datetime
    approved_at: datetime | None
    planned_start: datetime | None
    planned_end: datetime | None
    baseline_start: datetime | None
    baseline_end: datetime | None
    started_at: datetime | None
    released_at: datetime | None
    finished_at: datetime | None
    closed_at: datetime | None
    early_life_ends_at: datetime | None

    @property
    def label(self) -> str:
        return f"{self.title} {self.release_version}".strip()


COLUMNS = {
    "subject": "subject__key",
    "team": "subject__owner__slug",
    "model": "model_version__model__slug",
    "model_kind": "model_version__model__kind",
    "model_version": "model_version_id",
    "is_production": "environment__is_production",
}
SOURCES = tuple(COLUMNS.get(name, name) for name in Fact._fields)


class Releases:
    """The releases in question with their dimensions: two queries, however many there are."""

    def __init__(self, where: Q) -> None:
        asked = Release.objects.filter(where).order_by()
        self.pks, self.keys = (
            asked.values("pk"),
            asked.values("key"),
        )  # for further queries: no list outgrows the database
        found = asked.order_by("pk").values_list(*SOURCES)
        self.facts = {row[0]: Fact(*row) for row in found.iterator(chunk_size=5000)}
        self._streams = streams_of(Q(releases__in=Release.objects.filter(where))) if self.facts else {}

    def __iter__(self):
        return iter(self.facts.values())

    def row(self, fact: Fact, at: datetime | None, **more: Any) -> Row:
        """A row about a release."""
        return Row(
            key=fact.key,
            label=fact.label,
            at=at,
            url=release_page(fact.pk),
            dimensions=self.dimensions(fact) | more.pop("dimensions", {}),
            **more,
        )

    def dimensions(self, fact: Fact) -> dict[str, tuple[str, ...]]:
        return dimensions(
            product=fact.subject, streams=self._streams.get(fact.subject_id, ()), model=fact.model, team=fact.team
        )


def dimensions(
    *, product: str | None = None, streams: Iterable[str] = (), model: str | None = None, team: str | None = None
) -> dict[str, tuple[str, ...]]:
    return {
        "value_stream": tuple(streams),
        "product": (product,) if product else (),
        "model": (model,) if model else (),
        "team": (team,) if team else (),
    }


def streams_of(where: Q) -> dict[int, tuple[str, ...]]:
    """The value streams of configuration items, in one query."""
    pairs = ConfigurationItem.objects.filter(where, value_streams__isnull=False)
    found: dict[int, set[str]] = defaultdict(set)
    for pk, slug in pairs.values_list("pk", "value_streams__slug"):
        found[pk].add(slug)
    return {pk: tuple(sorted(slugs)) for pk, slugs in found.items()}


def streams_of_items(items: set[int | None]) -> dict[int, tuple[str, ...]]:
    """The value streams of these items; a long list is sifted here rather than sent to the database."""
    known = items - {None}
    if len(known) <= LONGEST_LIST:
        return streams_of(Q(pk__in=known)) if known else {}
    return {pk: slugs for pk, slugs in streams_of(Q()).items() if pk in known}


def tolerances() -> dict[int, int]:
    """How many minutes after its planned end each model version still calls a release on time."""
    return {
        pk: int((window or {}).get("tolerance_minutes") or 0)
        for pk, window in ModelVersion.objects.values_list("pk", "content__window")
    }


def times_of(event: str, releases: Releases) -> Mapping[str, datetime]:
    """When each release first went through an event, from the audit trail, by release key."""
    entries = AuditEntry.objects.filter(event=event, root_type="releases.release", root_key__in=releases.keys)
    return dict(entries.order_by("-id").values_list("root_key", "at"))


_PAGES: dict[str, str] = {}


def page(model: str, pk: int) -> str:
    """The admin's page of a record; the pattern is asked for once."""
    if model not in _PAGES:
        try:
            _PAGES[model] = reverse(f"admin:{model}_change", args=[0])
        except NoReverseMatch:
            return ""
    return _PAGES[model].replace("/0/", f"/{pk}/")


def release_page(pk: int) -> str:
    return page("releases_release", pk)
