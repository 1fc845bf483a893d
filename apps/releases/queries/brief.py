"""The brief: everything an approver must know to decide, for one page on a phone and for the admin alike."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from apps.approvals.models import Answer, Round
from apps.approvals.queries import who_is_needed
from apps.approvals.rules import SATISFYING
from apps.core.clock import now
from apps.releases.lifecycle.scope import NAMES, PARTS, WINDOW, differences, scope_content
from apps.releases.lifecycle.words import CheckStatus
from apps.releases.models import Release
from apps.releases.queries.plan import plan_of
from apps.releases.queries.reach import ReachedNow, reached_by, since_approval
from apps.releases.queries.risk import risk_of
from apps.releases.queries.story import verification_standing

NEAREST = 8  # items of the blast radius that are named


@dataclass(frozen=True)
class Reach:
    """What a change may touch, and how far the map can be believed."""

    total: int
    nearest: list[Any]
    services: int
    stale: int
    edges: int
    unresolved: int
    truncated: bool

    @property
    def confidence(self) -> str:
        """`good`, `fair` or `poor`: how much of the map was confirmed lately, and whether it has holes."""
        if self.truncated or self.unresolved or (self.edges and self.stale * 2 > self.edges):
            return "poor"
        return "fair" if self.stale or not self.edges else "good"

    def in_words(self) -> str:
        if not self.edges:
            return _("The map knows of nothing that depends on it; perhaps it is not complete.")
        said = _("%(stale)s of %(edges)s relationships were not confirmed for 90 days.") % {
            "stale": self.stale,
            "edges": self.edges,
        }
        holes = _(" %d references lead nowhere.") % self.unresolved if self.unresolved else ""
        return f"{said}{holes}"


@dataclass(frozen=True)
class WordChange:
    """One value that changed: what it is, and its words, kept (`same`), gone (`del`) or new (`ins`)."""

    label: str
    words: list[tuple[str, str]]


def brief_of(release: Release, asked: Round, *, reader: Any, member: Any) -> dict[str, Any]:
    """What, why, when, whom it reaches, what is proven, the way back, what changed for this member, who decided."""
    zone = zone_of(reader)
    content = scope_content(release)
    approved = approved_before(release, asked, member)
    checks = list(release.checks.select_related("component__ci", "waived_by"))
    plan = plan_of(release)
    reached = reached_by(release)
    return {
        "release": release,
        "zone": str(zone),
        "starts": on_both_clocks(zone, release.planned_start),
        "ends": on_both_clocks(zone, release.planned_end),
        "work_minutes": plan.rehearsed.work if plan.rehearsed else 0,
        "back_minutes": plan.rehearsed.back_out if plan.rehearsed else 0,
        "is_measured": plan.is_measured,
        "no_return": on_both_clocks(zone, plan.fit.point_of_no_return if plan.fit and plan.has_way_back else None),
        "no_return_early": bool(plan.fit and plan.has_way_back and plan.fit.missing),
        "likely_end": on_both_clocks(zone, plan.finish(85)),
        "chance": plan.forecast.chance if plan.forecast else None,
        "audiences": [stage.get("audience") or stage.get("name") for stage in _stages(release)],
        "assessment": risk_of(release, reached),
        "reach": reach_of(reached),
        "reach_since": since_approval(release, reached),
        "components": release.components.select_related("ci", "owner"),
        "checks": checks,
        "counts": _counts(checks),
        "verification": verification_standing(release),
        "answers": asked.answers.select_related("person", "on_behalf_of").order_by("pk"),
        "remarks": asked.remarks.select_related("person").order_by("pk"),
        "needs": who_is_needed(asked) if not asked.closed_at else [],
        "changed": differences(asked.content, content),
        "approved_before": approved,
        "since": word_changes(approved.round.content, content) if approved else [],
    }


def reach_of(reached: ReachedNow) -> Reach:
    """Who depends on what the release changes, nearest first."""
    found = reached.impact
    return Reach(
        total=len(found.nodes),
        nearest=found.nodes[:NEAREST],
        services=sum(node.ci_type == "service" for node in found.nodes),
        stale=len(found.stale_edges()),
        edges=len(found.edges),
        unresolved=found.unresolved,
        truncated=found.truncated,
    )


def approved_before(release: Release, asked: Round, member: Any) -> Answer | None:
    """The last yes of this member in an earlier round of the release."""
    earlier = Answer.objects.filter(round__key__startswith=f"{release.key}-A", round__pk__lt=asked.pk)
    given = earlier.filter(decision__in=SATISFYING).select_related("round").order_by("-pk")
    return next((one for one in given if one.member_id == member.pk), None)


def word_changes(old: dict[str, Any], new: dict[str, Any]) -> list[WordChange]:
    """Only what differs between two scopes, word by word."""
    before, after = dict(_flat(old)), dict(_flat(new))
    labels = [*before, *(label for label in after if label not in before)]
    return [
        WordChange(label, words_of(before.get(label, ""), after.get(label, "")))
        for label in labels
        if before.get(label, "") != after.get(label, "")
    ]


def words_of(old: str, new: str) -> list[tuple[str, str]]:
    """Two texts as runs of words that stayed, went or came."""
    was, now_is = old.split(), new.split()
    runs: list[tuple[str, str]] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, was, now_is, autojunk=False).get_opcodes():
        if tag == "equal":
            runs.append(("same", " ".join(was[a:b])))
            continue
        if b > a:
            runs.append(("del", " ".join(was[a:b])))
        if d > c:
            runs.append(("ins", " ".join(now_is[c:d])))
    return runs


def _flat(scope: dict[str, Any]) -> Any:
    """(label, text) of every value an approver said yes to."""
    for name, words in NAMES.items():
        yield words.removeprefix("the ").capitalize(), _text(scope.get(name))
    for end in ("start", "end"):
        yield f"Window {end}", _text((scope.get(WINDOW) or {}).get(end))
    for part, word in PARTS.items():
        for key, fields in sorted((scope.get(part) or {}).items()):
            for field, value in sorted(fields.items()):
                yield f"{word.capitalize()} {key}: {field.replace('_', ' ')}", _text(value)


def _text(value: Any) -> str:
    if value in (None, "", [], {}):
        return ""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)


def _stages(release: Release) -> list[dict[str, Any]]:
    return (release.model_content.get("rollout") or {}).get("stages") or []


def _counts(checks: list[Any]) -> list[tuple[str, str, int]]:
    """(status, its word, how many) of the checks, none that is empty."""
    moment = now()
    seen = [CheckStatus.EXPIRED if check.has_run_out(moment) else CheckStatus(check.status) for check in checks]
    return [(status.value, str(status.label).lower(), seen.count(status)) for status in CheckStatus if status in seen]


def zone_of(person: Any) -> ZoneInfo:
    try:
        return ZoneInfo(person.time_zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def on_both_clocks(zone: ZoneInfo, moment: datetime | None) -> dict[str, datetime] | None:
    """A moment on the reader's clock and on UTC's. Without a zone, so that templates show them as they are."""
    if moment is None:
        return None
    return {"local": moment.astimezone(zone).replace(tzinfo=None), "utc": moment.astimezone(UTC).replace(tzinfo=None)}
