"""How well a release model does its work: each version against the one before it, and gates that may not earn their keep."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from django.db.models import Q

from apps.cmdb.models import ConfigurationItem
from apps.core.statistics import SMALL, wilson
from apps.incidents.lifecycle import LinkStatus
from apps.incidents.models import CausalLink
from apps.release_models.models import ModelVersion, ReleaseModel
from apps.release_models.queries import activities_of
from apps.releases.lifecycle.words import Outcome, RunStatus
from apps.releases.models import Check, CheckRun, Release
from apps.releases.planning import is_early, is_late
from apps.reviews.models import SurveyResponse

SEEN_OFTEN = 10  # a gate that never stopped anything in so many releases may be dropped
CONTENT = 4  # scores from here on are content
FAILED = (RunStatus.FAILED, RunStatus.ERROR, RunStatus.INCONCLUSIVE)
OPEN_ENDED = ("draft", "in_review", "withdrawn")


@dataclass(frozen=True)
class Share:
    """So many of so many, with a 95 % interval (Wilson). None of none is no data."""

    hits: int
    total: int

    @property
    def value(self) -> float | None:
        return self.hits / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.hits, self.total)

    @property
    def is_small(self) -> bool:
        return 0 < self.total < SMALL

    def against(self, before: Share) -> str:
        """better, worse, alike or unknown: only intervals that do not overlap say that something changed."""
        mine, theirs = self.interval, before.interval
        if mine is None or theirs is None or min(self.total, before.total) < SMALL:
            return "unknown"
        if mine[0] > theirs[1]:
            return "better"
        return "worse" if mine[1] < theirs[0] else "alike"


@dataclass(kw_only=True)
class Figures:
    """What some closed releases of a model say of it. Times in hours."""

    releases: int = 0
    successful: Share = Share(0, 0)
    without_incident: Share = Share(0, 0)
    on_schedule: Share = Share(0, 0)
    without_waiver: Share = Share(0, 0)
    by_the_rules: Share = Share(0, 0)  # the model applied; nobody chose it against its own rules
    content: Share = Share(0, 0)
    lead_time: float | None = None

    SHARES = ("successful", "without_incident", "on_schedule", "without_waiver", "by_the_rules", "content")


@dataclass(kw_only=True)
class ProductFigures(Figures):
    """What the closed releases of one service or product say, under whichever version."""

    product: ConfigurationItem

    def as_dict(self) -> dict[str, Any]:
        """As the API tells it."""
        return {
            "product": self.product.key,
            "name": self.product.name,
            "releases": self.releases,
            "lead_time_hours": self.lead_time,
            **{name: _plain(getattr(self, name)) for name in self.SHARES},
        }


@dataclass(kw_only=True)
class VersionFigures(Figures):
    """What the closed releases under one version say of it."""

    version: ModelVersion
    before: VersionFigures | None = field(default=None, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """As it is kept with a review of the model, and as the API tells it."""
        shares = {name: getattr(self, name) for name in self.SHARES}
        return {
            "version": self.version.number,
            "releases": self.releases,
            "lead_time_hours": self.lead_time,
            **{name: _told(share, getattr(self.before, name, None)) for name, share in shares.items()},
        }


@dataclass(frozen=True)
class Gate:
    """What one check of the model has stopped so far, over all its versions."""

    slug: str
    title: str
    required: bool
    releases: int
    failed: int
    waived: int
    failed_before_trouble: int

    @property
    def may_go(self) -> bool:
        """It has never stopped anything, in enough releases to say so."""
        return self.required and self.releases >= SEEN_OFTEN and not self.failed and not self.waived


@dataclass(frozen=True)
class Effectiveness:
    model: ReleaseModel
    versions: list[VersionFigures]
    products: list[ProductFigures]
    gates: list[Gate]
    tasks: int
    checks: int
    approvals: int
    asks: int = 0  # mandatory tasks before the release is out, required checks, groups of approvers
    asked_before: int | None = None  # … of the version before

    @property
    def candidates(self) -> list[Gate]:
        return [gate for gate in self.gates if gate.may_go]


def effectiveness_of(model: ReleaseModel) -> Effectiveness:
    """The figures of every version that served, the newest first, and what the serving version asks for."""
    served = list(model.versions.exclude(status__in=OPEN_ENDED).select_related("model").order_by("-number"))
    closed = _closed(model)
    by_version: dict[int, list[Release]] = defaultdict(list)
    for release in closed:
        by_version[release.model_version_id].append(release)
    facts = _Facts(closed, served)
    figures = [VersionFigures(version=one, **facts.of(by_version[one.pk])) for one in served]
    for newer, older in zip(figures, figures[1:], strict=False):
        newer.before = older
    content = served[0].content if served else {}
    return Effectiveness(
        model=model,
        versions=figures,
        products=_by_product(facts, closed),
        gates=_gates(content, closed),
        tasks=sum(one.get("mandatory", True) for one in content.get("tasks", ())),
        checks=sum(one.get("required", True) for one in content.get("checks", ())),
        approvals=len((content.get("approvals") or {}).get("groups", ())),
        asks=activities_of(content),
        asked_before=activities_of(served[1].content) if len(served) > 1 else None,
    )


def _by_product(facts: _Facts, closed: Iterable[Release]) -> list[ProductFigures]:
    """Those with most releases first."""
    by_product: dict[int, list[Release]] = defaultdict(list)
    for release in closed:
        by_product[release.subject_id].append(release)
    found = [ProductFigures(product=rows[0].subject, **facts.of(rows)) for rows in by_product.values()]
    return sorted(found, key=lambda one: (-one.releases, one.product.key))


def _closed(model: ReleaseModel) -> list[Release]:
    wanted = ("pk", "model_version_id", "outcome", "created_at", "released_at", "started_at")
    rows = Release.objects.filter(model_version__model=model, closed_at__isnull=False).exclude(outcome="")
    more = ("baseline_start", "baseline_end", "misfit_reason", "subject__key", "subject__name")
    return list(rows.select_related("subject").only(*wanted, *more).order_by("pk"))


class _Facts:
    """What is known of these releases beyond their own rows, asked for together."""

    def __init__(self, releases: Iterable[Release], versions: Iterable[ModelVersion]) -> None:
        self.tolerance = {
            one.pk: int((one.content.get("window") or {}).get("tolerance_minutes") or 0) for one in versions
        }
        keys = [one.pk for one in releases]
        links = CausalLink.objects.filter(release__in=keys, status=LinkStatus.CONFIRMED)
        waived = Check.objects.filter(release__in=keys).exclude(waiver_reason="")
        self.troubled = set(links.values_list("release_id", flat=True))
        self.waived = set(waived.values_list("release_id", flat=True))
        self.scores: dict[int, list[int]] = defaultdict(list)
        scores = SurveyResponse.objects.filter(invitation__survey__release__in=keys)
        for release, score in scores.values_list("invitation__survey__release_id", "score"):
            self.scores[release].append(score)

    def of(self, releases: Sequence[Release]) -> dict[str, Any]:
        """The figures of these releases, each judged by the tolerance of its own version."""
        count = len(releases)
        planned = [one for one in releases if one.baseline_end and one.started_at]
        hours = [(one.released_at - one.created_at).total_seconds() / 3600 for one in releases if one.released_at]
        scores = [score for one in releases for score in self.scores[one.pk]]
        kept = sum(_is_on_schedule(one, self.tolerance.get(one.model_version_id, 0)) for one in planned)
        return {
            "releases": count,
            "successful": Share(sum(one.outcome == Outcome.SUCCESSFUL for one in releases), count),
            "without_incident": Share(sum(one.pk not in self.troubled for one in releases), count),
            "on_schedule": Share(kept, len(planned)),
            "without_waiver": Share(sum(one.pk not in self.waived for one in releases), count),
            "by_the_rules": Share(sum(not one.misfit_reason for one in releases), count),
            "content": Share(sum(score >= CONTENT for score in scores), len(scores)),
            "lead_time": round(median(hours), 1) if hours else None,
        }


def _is_on_schedule(release: Release, tolerance: int) -> bool:
    """By the first approved plan, as M8 judges it."""
    if is_late(release.released_at, release.baseline_end, tolerance):
        return False
    return not is_early(release.started_at, release.baseline_start)


def _gates(content: dict[str, Any], releases: Sequence[Release]) -> list[Gate]:
    definitions = {one["slug"]: one for one in content.get("checks", ())}
    troubled = {one.pk for one in releases if one.outcome != Outcome.SUCCESSFUL}
    seen: dict[str, dict[str, set[int]]] = {slug: defaultdict(set) for slug in definitions}
    checks = Check.objects.filter(release__in=[one.pk for one in releases])
    for slug, release, waiver in checks.values_list("slug", "release_id", "waiver_reason"):
        if (gate := definition_of(slug, definitions)) is not None:
            seen[gate]["releases"].add(release)
            if waiver:
                seen[gate]["waived"].add(release)
    runs = CheckRun.objects.filter(Q(check_of__in=checks), status__in=FAILED)
    for slug, release in runs.values_list("check_of__slug", "check_of__release_id"):
        if (gate := definition_of(slug, definitions)) is not None:
            seen[gate]["failed"].add(release)
    return [_gate(one, seen[slug], troubled) for slug, one in definitions.items()]


def definition_of(slug: str, definitions: dict[str, Any]) -> str | None:
    """A check of each component is called after its definition and the component."""
    if slug in definitions:
        return slug
    return max((one for one in definitions if slug.startswith(f"{one}-")), key=len, default=None)


def _gate(definition: dict[str, Any], seen: dict[str, set[int]], troubled: set[int]) -> Gate:
    return Gate(
        slug=definition["slug"],
        title=definition.get("title") or definition["slug"],
        required=definition.get("required", True),
        releases=len(seen["releases"]),
        failed=len(seen["failed"]),
        waived=len(seen["waived"]),
        failed_before_trouble=len(seen["failed"] & troubled),
    )


def _plain(share: Share) -> dict[str, Any]:
    return {
        "value": share.value,
        "hits": share.hits,
        "total": share.total,
        "interval": list(share.interval) if share.interval else None,
        "is_small": share.is_small,
    }


def _told(share: Share, before: Share | None) -> dict[str, Any]:
    return _plain(share) | {
        "against_version_before": share.against(before) if before is not None else "unknown",
    }
