"""Drift: where what is live and what was released do not agree. Three lists to work through, each row in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, TextChoices, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.cmdb.models import ConfigurationItem, Environment, InstalledVersion
from apps.cmdb.queries.drift import beside_production, differing, in_managed_production, said_of_difference
from apps.releases.lifecycle.words import Availability, Status
from apps.releases.models import Component, Release

SHOWN_WITH = ("ci__owner", "release__environment", "release__subject")
AVAILABLE = (Availability.GENERALLY_AVAILABLE, Availability.END_OF_SUPPORT)


class DriftKind(TextChoices):
    UNRELEASED = "unreleased", gettext_lazy("Live but not released")
    NOT_LIVE = "not-live", gettext_lazy("Released but not live")
    DIFFERS = "differs", gettext_lazy("Differs between environments")


@dataclass(frozen=True)
class Narrowed:
    """Which rows are asked for: of one service with its parts, of one environment, of what one team owns."""

    service: str = ""
    environment: str = ""
    team: str = ""

    def of_item(self) -> Q:
        asked = Q()
        if self.service:
            parts = Component.objects.filter(release__subject__key=self.service).values("ci")
            asked &= Q(ci__key=self.service) | Q(ci__in=parts)
        return asked & Q(ci__owner__slug=self.team) if self.team else asked


@dataclass(frozen=True)
class DriftRow:
    """One disagreement: what is where, what should be, since when, in words, and what to do about it."""

    kind: str
    ci: ConfigurationItem
    environment: Environment
    live_version: str
    expected_version: str
    release: Release | None
    since: datetime
    detail: str
    advice: str


def drift_rows(kind: str, only: Narrowed) -> QuerySet:
    """The rows of one list, in the order to work through; `explained` puts a page of them into words."""
    if kind == DriftKind.NOT_LIVE:
        return _not_live(only).order_by("release__released_at", "pk")
    rows = InstalledVersion.objects.select_related("ci__owner", "environment").exclude(ci__lifecycle="retired")
    rows = rows.filter(only.of_item())
    if only.environment:
        rows = rows.filter(environment__slug=only.environment)
    found = _unreleased(rows) if kind == DriftKind.UNRELEASED else differing(rows)
    return found.order_by("since", "pk")


def explained(kind: str, rows: QuerySet | Iterable[Any]) -> list[DriftRow]:
    """A page of one list, in words."""
    if kind == DriftKind.NOT_LIVE:
        return _explained_not_live(list(rows))
    if kind == DriftKind.UNRELEASED:
        return _explained_unreleased(list(rows))
    return [_difference(one, live) for one, live in beside_production(rows)]


@dataclass(frozen=True)
class DriftList:
    """One list: how long it is, and any stretch of it in words.

    What is released but not live is asked of every component once, however often the list is looked at; the other two
    are found by index.
    """

    kind: str
    only: Narrowed

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, part: slice) -> list[DriftRow]:
        if self.kind != DriftKind.NOT_LIVE:
            return explained(self.kind, drift_rows(self.kind, self.only)[part])
        numbers = self._numbers[part]
        rows = Component.objects.select_related(*SHOWN_WITH).in_bulk(numbers)
        return explained(self.kind, [rows[number] for number in numbers if number in rows])

    @cached_property
    def _length(self) -> int:
        if self.kind == DriftKind.NOT_LIVE:
            return len(self._numbers)
        return drift_rows(self.kind, self.only).count()

    @cached_property
    def _numbers(self) -> list[int]:
        return list(drift_rows(self.kind, self.only).values_list("pk", flat=True))


def drift_lists(only: Narrowed) -> dict[str, DriftList]:
    """All three, as narrowed."""
    return {str(kind): DriftList(kind, only) for kind in DriftKind}


# Live but not released


def _unreleased(rows: QuerySet[InstalledVersion]) -> QuerySet[InstalledVersion]:
    """No release brought it, or the one that did was taken back."""
    taken_back = Release.objects.filter(_taken_back(), key=OuterRef("release_key"))
    return rows.filter(in_managed_production()).filter(Q(release_key="") | Exists(taken_back))


def _taken_back() -> Q:
    ended_unavailable = Q(status__in=(Status.IN_REVIEW, Status.CLOSED), availability=Availability.NOT_AVAILABLE)
    return Q(status=Status.CANCELLED) | Q(availability=Availability.WITHDRAWN) | ended_unavailable


def _explained_unreleased(rows: list[InstalledVersion]) -> list[DriftRow]:
    keys = {one.release_key for one in rows if one.release_key}
    releases = {one.key: one for one in Release.objects.as_rows().filter(key__in=keys)}
    return [_unreleased_row(one, releases.get(one.release_key)) for one in rows]


def _unreleased_row(one: InstalledVersion, release: Release | None) -> DriftRow:
    words = {"version": one.version_name, "place": one.environment, "release": release and release.key}
    if release is None:
        detail = _("%(version)s is live in %(place)s and no release brought it.") % words
        advice = _("Link the deployment to its release, or draft the release that should have been.")
    elif release.status == Status.CANCELLED:
        detail = _("%(version)s is live in %(place)s although %(release)s, which brought it, was cancelled.") % words
        advice = _("Deploy the version before, or bring it by another release.")
    elif release.availability == Availability.WITHDRAWN:
        detail = _("%(version)s is live in %(place)s although %(release)s, which brought it, was withdrawn.") % words
        advice = _("Deploy another version: this one is not to be used any more.")
    else:
        detail = _("%(version)s is live in %(place)s although %(release)s, which brought it, was backed out.") % words
        advice = _("Deploy the version before and report it, or bring it by another release.")
    return DriftRow(
        DriftKind.UNRELEASED, one.ci, one.environment, one.version_name, "", release, one.since, detail, advice
    )


# Released but not live


def _not_live(only: Narrowed) -> QuerySet[Component]:
    """The last release of an item into an environment says a version, and another or none is live there."""
    said = Component.objects.filter(
        only.of_item(), release__availability__in=AVAILABLE, release__released_at__isnull=False
    )
    said = said.exclude(to_version="").exclude(ci__lifecycle="retired").filter(release__environment__isnull=False)
    if only.environment:
        said = said.filter(release__environment__slug=only.environment)
    place = Window(
        RowNumber(),
        partition_by=[F("ci"), F("release__environment")],
        order_by=[F("release__released_at").desc(), F("pk").desc()],
    )
    last = said.annotate(place=place).filter(place=1)
    rows = Component.objects.filter(pk__in=last.values("pk")).filter(~Exists(_as_released()), ~Exists(_moved_on()))
    return rows.select_related(*SHOWN_WITH)


def _installed() -> QuerySet[InstalledVersion]:
    return InstalledVersion.objects.filter(ci=OuterRef("ci"), environment=OuterRef("release__environment"))


def _as_released() -> QuerySet[InstalledVersion]:
    """Live is what the release said: the same artifact, or the same version where one of the two names no artifact."""
    rows = _installed().alias(said_digest=ExpressionWrapper(OuterRef("digest"), CharField()))
    same_artifact = Q(digest=F("said_digest")) & ~Q(digest="")
    same_version = Q(version_name=OuterRef("to_version")) & (Q(digest="") | Q(said_digest=""))
    return rows.filter(same_artifact | same_version)


def _moved_on() -> QuerySet[InstalledVersion]:
    """Something newer has been put there since. Where no release brought that, it stands in the list of its own."""
    older = Release.objects.filter(
        key=OuterRef("release_key"), released_at__lt=OuterRef(OuterRef("release__released_at"))
    )
    newer = _installed().filter(~Q(version_name=OuterRef("to_version")), since__gt=OuterRef("release__released_at"))
    return newer.filter(~Exists(older))


def _explained_not_live(rows: list[Component]) -> list[DriftRow]:
    installed = InstalledVersion.objects.filter(
        ci__in={one.ci_id for one in rows}, environment__in={one.release.environment_id for one in rows}
    )
    live = {(one.ci_id, one.environment_id): one for one in installed}
    return [_not_live_row(one, live.get((one.ci_id, one.release.environment_id))) for one in rows]


def _not_live_row(one: Component, live: InstalledVersion | None) -> DriftRow:
    release = one.release
    words = {
        "version": one.to_version,
        "place": release.environment,
        "release": release.key,
        "live": live and live.version_name,
    }
    advice = _("Deploy it, or report the deployment if it was done; otherwise back the release out.")
    if live is None:
        detail = _("%(release)s released %(version)s into %(place)s; no deployment of it has been reported.") % words
    elif live.version_name == one.to_version:
        detail = _("%(place)s has %(version)s, but not the artifact that %(release)s released.") % words
        advice = _("Deploy the artifact that was approved, and find out where the other one came from.")
    elif live.since > release.released_at:
        detail = _("%(release)s released %(version)s into %(place)s; since then %(live)s was put back.") % words
        advice = _("Deploy it again, or back the release out so that the record says what is live.")
    else:
        detail = _("%(release)s released %(version)s into %(place)s; %(live)s is still live there.") % words
    shown = live.version_name if live else ""
    return DriftRow(
        DriftKind.NOT_LIVE,
        one.ci,
        release.environment,
        shown,
        one.to_version,
        release,
        release.released_at,
        detail,
        advice,
    )


# Differs between environments


def _difference(one: InstalledVersion, live: InstalledVersion) -> DriftRow:
    words = {"version": live.version_name, "place": one.environment, "production": live.environment}
    if one.since > live.since:
        advice = _("Release it, or put %(place)s back to what is live.") % words
    else:
        advice = _("Deploy %(version)s to %(place)s: the next release is to be tried on what is live.") % words
    return DriftRow(
        DriftKind.DIFFERS,
        one.ci,
        one.environment,
        one.version_name,
        live.version_name,
        None,
        max(one.since, live.since),
        said_of_difference(one, live),
        advice,
    )
