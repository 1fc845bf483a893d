"""What else is planned that gets in the way of a release: each with its severity and its reason in words.

Asked of the release as planned, or of another window for it. Whatever the calendar holds, it is a fixed number of queries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.cmdb.models import ConfigurationItem, Relationship, RelationshipType
from apps.core.blockers import Blocker
from apps.releases.lifecycle.places import page_of
from apps.releases.lifecycle.plan_guards import MANAGER, overlapping_statuses
from apps.releases.lifecycle.task import FINISHED
from apps.releases.lifecycle.words import ENDED, ConflictKind, NeededState, Risk, Severity, Status
from apps.releases.models import Component, Release, ReleaseDependency, Task

ORDER = {severity: place for place, severity in enumerate(Severity)}
OPEN = tuple(one for one in Status.values if one not in ENDED)
AHEAD = tuple(one for one in OPEN if one not in (Status.RELEASED, Status.IN_REVIEW))
NEIGHBOURS = 200  # releases at the same time in the same environment that are looked at
NAMED = 5
LONGEST_BAKE = timedelta(days=90)
Flow = RelationshipType.Flow
# No more of another release than a sentence needs: the width of a row is most of what it costs to fetch.
SEEN = ("key", "status", "environment", "planned_start", "planned_end", "release_manager", "train")
NAME = ("username", "first_name", "last_name")
MANAGER_NAMED = tuple(f"release_manager__{name}" for name in NAME)


def _of(prefix: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{prefix}__{name}" for name in names)


@dataclass(frozen=True)
class Conflict:
    """One reason why a plan may not work out, what it is about, and who could resolve it."""

    kind: ConflictKind
    severity: Severity
    message: str
    starts_at: datetime
    ends_at: datetime
    other: Release | None = None
    item: str = ""
    person: str = ""
    who_can_lift: str = ""

    @property
    def url(self) -> str:
        return page_of(self.other)

    def as_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "severity": self.severity.value,
            "message": self.message,
            "starts_at": self.starts_at,
            "ends_at": self.ends_at,
            "release": self.other.key if self.other else None,
            "item": self.item or None,
            "person": self.person or None,
            "who_can_lift": self.who_can_lift,
            "url": self.url,
        }

    def as_blocker(self) -> Blocker:
        return Blocker(f"conflict_{self.kind}", self.message, self.who_can_lift, self.ends_at, self.url)


@dataclass(frozen=True)
class Asked:
    """A release and the window it is asked about, which need not be the one that is planned."""

    release: Release
    start: datetime
    end: datetime

    @cached_property
    def beside(self) -> list[Release]:
        """Other releases ahead that overlap in the same environment, soonest first."""
        if self.release.environment_id is None:
            return []
        found = Release.objects.planned_within(self.start, self.end).filter(
            environment=self.release.environment_id, status__in=AHEAD
        )
        rows = found.exclude(pk=self.release.pk).select_related("release_manager").only(*SEEN, *MANAGER_NAMED)
        return list(rows.order_by("planned_start", "pk")[:NEIGHBOURS])

    @cached_property
    def moved(self) -> dict[int, set[int]]:
        """What this release and those beside it move: items by release, both by database id."""
        found: dict[int, set[int]] = defaultdict(set)
        rows = Component.objects.filter(release__in=[self.release.pk, *(one.pk for one in self.beside)])
        for release, item in rows.values_list("release", "ci"):
            found[release].add(item)
        return found

    @property
    def items(self) -> set[int]:
        """What the release moves, by database id."""
        return self.moved[self.release.pk]

    @property
    def where(self) -> str:
        return self.release.environment.name if self.release.environment_id else _("an environment not chosen yet")


def conflicts_of(release: Release, start: datetime | None = None, end: datetime | None = None) -> list[Conflict]:
    """Every conflict of the planned window, or of the one named; the gravest first. None without a window."""
    start, end = start or release.planned_start, end or release.planned_end
    if not (start and end):
        return []
    asked = Asked(release, start, end)
    found = [one for find in FINDERS for one in find(asked)]
    return sorted(_without_echoes(found), key=lambda one: (ORDER[one.severity], one.starts_at, one.message))


def _without_echoes(found: list[Conflict]) -> Iterator[Conflict]:
    """Who moves the same item is not told again as a neighbour, or as risky."""
    graver = {one.other.pk for one in found if one.other and one.kind in (ConflictKind.ITEM, ConflictKind.DEPENDED)}
    for one in found:
        if one.kind != ConflictKind.BAKE or one.other is None or one.other.pk not in graver:
            yield one


def _same_item(asked: Asked) -> Iterator[Conflict]:
    """Another release moves one of the same items at the same time: where an environment is open, it may be the same."""
    rows = Component.objects.busy(asked.start, asked.end).filter(ci__in=asked.items, release__status__in=AHEAD)
    if asked.release.environment_id:
        here = Q(release__environment=asked.release.environment_id) | Q(release__environment__isnull=True)
        rows = rows.filter(here)
    narrow = ("ci__key", "ci__name", *_of("release", *SEEN, *MANAGER_NAMED))
    for one in rows.exclude(release=asked.release.pk).select_related("ci", "release__release_manager").only(*narrow):
        other = one.release
        message = _("%(key)s moves %(item)s from %(start)s to %(end)s, too (%(where)s).") % {
            **_window_of(other),
            "item": one.ci.name,
            "where": asked.where if other.environment_id else _("its environment is not chosen yet"),
        }
        same_place = other.environment_id == asked.release.environment_id
        is_fixed = same_place and other.status in overlapping_statuses()
        severity = Severity.BLOCKING if is_fixed else Severity.WARNING
        yield _with(other, ConflictKind.ITEM, severity, message, item=one.ci.key)


def _depended_item(asked: Asked) -> Iterator[Conflict]:
    """Another release moves, at the same time and place, what ours depends on, or what depends on ours."""
    moved: dict[int, list[Release]] = defaultdict(list)
    for other in asked.beside:
        for item in asked.moved[other.pk] - asked.items:
            moved[item].append(other)
    told: set[tuple[int, int]] = set()
    for leaning, support in _pairs(asked.items, set(moved)):
        theirs, is_ours = (support.pk, True) if leaning.pk in asked.items else (leaning.pk, False)
        for other in moved[theirs]:
            if (other.pk, theirs) not in told:
                told.add((other.pk, theirs))
                yield _with(
                    other,
                    ConflictKind.DEPENDED,
                    Severity.WARNING,
                    _leaning(other, leaning, support, is_ours),
                    item=(support if is_ours else leaning).key,
                )


def _leaning(other: Release, leaning: ConfigurationItem, support: ConfigurationItem, is_ours: bool) -> str:
    words = {**_window_of(other), "leaning": leaning.name, "support": support.name}
    if is_ours:
        sentence = _("%(key)s moves %(support)s from %(start)s to %(end)s; %(leaning)s depends on it.")
    else:
        sentence = _("%(key)s moves %(leaning)s from %(start)s to %(end)s; it depends on %(support)s.")
    return sentence % words


def _pairs(ours: set[int], theirs: set[int]) -> Iterator[tuple[ConfigurationItem, ConfigurationItem]]:
    """Items of the one side that depend on items of the other, directly: what leans, and what it leans on."""
    if not (ours and theirs):
        return
    between = Q(source__in=ours, target__in=theirs) | Q(source__in=theirs, target__in=ours)
    rows = Relationship.objects.filter(between, missing_since__isnull=True).exclude(type__impact_flows=Flow.NONE)
    narrow = ("source__key", "source__name", "target__key", "target__name", "type__impact_flows")
    for one in rows.select_related("source", "target", "type").only(*narrow).order_by("pk"):
        flows_to_source = one.type.impact_flows == Flow.TO_SOURCE
        yield (one.source, one.target) if flows_to_source else (one.target, one.source)


def _needed_release(asked: Asked) -> Iterator[Conflict]:
    """A release that must come first is planned to end after ours begins; or ours ends after one that waits for it begins."""
    here = asked.release.pk
    narrow = (
        *_of("release", *SEEN, *MANAGER_NAMED),
        *_of("needs", *SEEN, *MANAGER_NAMED, "released_at", "availability"),
    )
    rows = ReleaseDependency.objects.filter(Q(release=here) | Q(needs=here)).exclude(state=NeededState.SCHEDULED)
    for one in rows.select_related("release__release_manager", "needs__release_manager").only("state", *narrow):
        comes_first = one.release_id == here
        other = one.needs if comes_first else one.release
        is_open = other.status not in ENDED if comes_first else other.status in AHEAD
        goes_along = other.train_id is not None and other.train_id == asked.release.train_id
        if is_open and not goes_along and not one.is_met:
            planned = other.planned_end if comes_first else other.planned_start
            yield from _in_order(other, planned, asked, comes_first=comes_first)


def _in_order(other: Release, planned: datetime | None, asked: Asked, *, comes_first: bool) -> Iterator[Conflict]:
    if planned is None:
        sentence = _("%(key)s must come first and has no window yet.")
        if comes_first:
            yield _with(other, ConflictKind.NEEDED, Severity.NOTICE, sentence % {"key": other.key}, asked=asked)
    elif comes_first and planned > asked.start:
        sentence = _("%(key)s must come first, and is planned from %(start)s to %(end)s.")
        yield _with(other, ConflictKind.NEEDED, Severity.WARNING, sentence % _window_of(other))
    elif not comes_first and planned < asked.end:
        sentence = _("%(key)s waits for this release, and is planned from %(start)s to %(end)s.")
        yield _with(other, ConflictKind.NEEDED, Severity.WARNING, sentence % _window_of(other))


def _bake(asked: Asked) -> Iterator[Conflict]:
    """Two risky releases reach one service so close together that it could not be told which of them did the harm."""
    release = asked.release
    if release.risk != Risk.HIGH:
        return
    ours = _early_life(release)
    found = Release.objects.filter(risk=Risk.HIGH, status__in=OPEN, environment=release.environment_id).exclude(
        pk=release.pk
    )
    first, last = asked.start - LONGEST_BAKE, asked.end + ours
    moved = Component.objects.busy(first, last).filter(ci__in=asked.items).values("release")
    near = found.planned_within(first, last).filter(Q(subject=release.subject_id) | Q(pk__in=moved))
    narrow = (*SEEN, *MANAGER_NAMED, "model_version__content")
    rows = near.select_related("model_version", "release_manager").only(*narrow)
    for other in rows.order_by("planned_start", "pk"):
        theirs = _early_life(other)
        if other.planned_start < asked.end + ours and asked.start < other.planned_end + theirs:
            sentence = _(
                "%(key)s is risky, too, and reaches the same service from %(start)s to %(end)s: whichever is the first, it is still in early life (%(hours)s h) when the other comes."
            )
            hours = int((theirs if other.planned_start <= asked.start else ours).total_seconds() // 3600)
            yield _with(other, ConflictKind.BAKE, Severity.WARNING, sentence % {**_window_of(other), "hours": hours})


def _early_life(release: Release) -> timedelta:
    return timedelta(hours=release.model_content.get("early_life_hours") or 0)


def _person(asked: Asked) -> Iterator[Conflict]:
    """Somebody has a task here at the same time as one in another release."""
    ours = _tasks_of(asked)
    if not ours:
        return
    people = {task.assignee_id for task, _start, _end in ours}
    first, last = min(start for _task, start, _end in ours), max(end for _task, _start, end in ours)
    rows = Task.objects.filter(
        assignee__in=people, planned_start__lt=last, planned_end__gt=first, release__status__in=AHEAD
    ).exclude(Q(release=asked.release.pk) | Q(status__in=FINISHED))
    narrow = (
        "title",
        "planned_start",
        "planned_end",
        *_of("assignee", *NAME),
        *_of("release", *SEEN, *MANAGER_NAMED),
    )
    rows = rows.select_related("assignee", "release__release_manager").only(*narrow)
    for theirs in rows.order_by("planned_start", "pk"):
        for task, start, end in ours:
            if task.assignee_id == theirs.assignee_id and start < theirs.planned_end and theirs.planned_start < end:
                yield _double_booked(task, theirs)


def _tasks_of(asked: Asked) -> list[tuple[Task, datetime, datetime]]:
    """Tasks still to do by somebody, when they would be done if the window were the one asked about."""
    planned = asked.release.planned_start
    moved = asked.start - planned if planned else timedelta()
    rows = asked.release.tasks.filter(assignee__isnull=False, planned_start__isnull=False, planned_end__isnull=False)
    narrow = ("release", "assignee", "title", "planned_start", "planned_end", "is_pinned")
    found = []
    for task in rows.exclude(status__in=FINISHED).only(*narrow):
        shift = timedelta() if task.is_pinned else moved
        found.append((task, task.planned_start + shift, task.planned_end + shift))
    return [one for one in found if one[1] < one[2]]


def _double_booked(task: Task, theirs: Task) -> Conflict:
    words = {
        "who": theirs.assignee,
        "ours": task.title,
        "theirs": theirs.title,
        "key": theirs.release.key,
        "start": _said(theirs.planned_start),
        "end": _until(theirs.planned_start, theirs.planned_end),
    }
    sentence = _("%(who)s is to do “%(ours)s” here and “%(theirs)s” of %(key)s from %(start)s to %(end)s.") % words
    return Conflict(
        ConflictKind.PERSON,
        Severity.WARNING,
        sentence,
        theirs.planned_start,
        theirs.planned_end,
        theirs.release,
        person=theirs.assignee.get_username(),
        who_can_lift=str(theirs.release.release_manager or MANAGER),
    )


def _environment(asked: Asked) -> Iterator[Conflict]:
    """What else is done in the same environment meanwhile, in one sentence."""
    others = [one for one in asked.beside if not asked.moved[one.pk] & asked.items]
    if not others:
        return
    named = ", ".join(one.key for one in others[:NAMED])
    more = len(others) - NAMED
    listed = _("%(named)s and %(more)s more") % {"named": named, "more": more} if more > 0 else named
    sentence = _("At that time %(where)s is also used by %(listed)s, for other items.")
    yield Conflict(
        ConflictKind.ENVIRONMENT,
        Severity.NOTICE,
        sentence % {"where": asked.where, "listed": listed},
        min(one.planned_start for one in others),
        max(one.planned_end for one in others),
        others[0] if len(others) == 1 else None,
    )


def _with(
    other: Release, kind: ConflictKind, severity: Severity, message: str, item: str = "", asked: Asked | None = None
) -> Conflict:
    start = other.planned_start or (asked.start if asked else None)
    end = other.planned_end or (asked.end if asked else None)
    lifter = str(other.release_manager or MANAGER)
    return Conflict(kind, severity, message, start, end, other, item=item, who_can_lift=lifter)


def _window_of(release: Release) -> dict[str, str]:
    start, end = release.planned_start, release.planned_end
    return {"key": release.key, "start": _said(start), "end": _until(start, end)}


def _said(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "–"


def _until(start: datetime | None, end: datetime | None) -> str:
    if start and end and start.date() == end.date():
        return f"{end:%H:%M} UTC"
    return f"{_said(end)} UTC"


FINDERS = (_same_item, _depended_item, _needed_release, _bake, _person, _environment)
