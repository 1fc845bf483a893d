"""A version of a model against releases that are over: which would it have stopped, and where.

A pure question: nothing is written, nothing is run again. What was done then is read as it stands; what the version would
have asked for and nobody did then counts as missing, although it might well have been done had it been asked for. What was
asked for then already, and got past all the same (backed out, accepted early, glass broken), would be got past again.
What the past cannot tell is said beside the answer (`unknown`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import Membership
from apps.accounts.permissions import Role
from apps.approvals.models import Answer
from apps.approvals.people import people_named
from apps.approvals.rules import Group, Voice, evaluate, parse
from apps.release_models.content import complete, judge
from apps.release_models.content.asking import Asked, judge_group
from apps.release_models.models import ModelKind, ModelVersion
from apps.releases.lifecycle.words import CheckStatus, Phase, TaskStatus
from apps.releases.models import Check, Release
from apps.releases.queries import scope_of
from apps.reviews.queries.effectiveness import definition_of
from apps.schedule.models import Window

LAST = 50
LOOKED_AT = 500  # of so many finished releases at most, those to which the version applies
PLACES = {
    "applies": gettext_lazy("Applicability"),
    "checks": gettext_lazy("Checks and evidence"),
    "approvals": gettext_lazy("Approvals"),
    "window": gettext_lazy("Window"),
    "tasks": gettext_lazy("Tasks"),
}
MODEL, MATCHING = "model", "matching"
AMONG = (MODEL, MATCHING)
PROVEN = (CheckStatus.PASSED, CheckStatus.WAIVED)
NOT_BARRED_FROM_THE_PAST = ("author", "builder")
NOT_ON_RECORD = {"ci_types", "consumers"}  # conditions of a group that the past does not answer


@dataclass(frozen=True)
class Stop:
    """One thing that would have stood in the way, and in which part of the model it stands."""

    place: str
    words: str

    @property
    def place_in_words(self) -> str:
        return str(PLACES[self.place])


@dataclass(frozen=True)
class Tried:
    """One release that is over, with all that the version would have found missing."""

    release: Release
    stops: tuple[Stop, ...]


@dataclass(frozen=True)
class DryRun:
    version: ModelVersion
    among: str
    tried: list[Tried]
    unknown: list[str] = field(default_factory=list)

    @property
    def blocked(self) -> list[Tried]:
        return [one for one in self.tried if one.stops]

    def as_dict(self) -> dict[str, Any]:
        """As the API tells it."""
        return {
            "version": self.version.key,
            "among": self.among,
            "tried": len(self.tried),
            "blocked": len(self.blocked),
            "places": [{"place": place, "blocked": count} for place, _name, count in self.places],
            "releases": [
                {
                    "release": one.release.key,
                    "title": one.release.title,
                    "closed_at": one.release.closed_at,
                    "outcome": one.release.outcome,
                    "stops": [{"place": stop.place, "words": stop.words} for stop in one.stops],
                }
                for one in self.blocked
            ],
            "unknown": self.unknown,
        }

    @property
    def places(self) -> list[tuple[str, str, int]]:
        """(place, its name, how many releases would have been stopped there), in the order of a release."""
        counts = Counter(place for one in self.tried for place in {stop.place for stop in one.stops})
        return [(place, str(name), counts[place]) for place, name in PLACES.items()]


def dry_run_of(version: ModelVersion, *, last: int = LAST, among: str = MODEL) -> DryRun:
    """The version against the last finished releases of its model, or against those to which it would apply."""
    content = complete(version.content)
    releases = _finished(version, content, last, among)
    judges = _Judges(version, content, releases)
    tried = [Tried(one, tuple(judges.stops(one))) for one in releases]
    return DryRun(version, among, tried, list(_unknown(content, releases)))


def _finished(version: ModelVersion, content: dict[str, Any], last: int, among: str) -> list[Release]:
    over = Release.objects.filter(closed_at__isnull=False).exclude(outcome="").order_by("-closed_at", "-pk")
    if among == MODEL:
        return list(_with_facts(over.filter(model_version__model=version.model_id))[:last])
    looked_at = _with_scope(over)[:LOOKED_AT]
    fitting = [one.pk for one in looked_at if judge(content["applies"], scope_of(one)).applies]
    return list(_with_facts(over.filter(pk__in=fitting[:last])))


def _with_scope(rows: Any) -> Any:
    related = rows.select_related("subject__ci_type", "environment").defer("approved_scope")
    return related.prefetch_related("subject__value_streams", "components__ci")


def _with_facts(rows: Any) -> Any:
    answers = Prefetch("round__answers", Answer.objects.order_by("at", "pk"))
    checks = Prefetch("checks", Check.objects.select_related("component__ci"))
    found = _with_scope(rows).select_related("model_version__model", "round").defer("round__content", "approved_scope")
    return found.prefetch_related("tasks", checks, answers)


class _Judges:
    """What the version asks for, looked up once for all releases."""

    def __init__(self, version: ModelVersion, content: dict[str, Any], releases: Iterable[Release]) -> None:
        self.kind = version.model.kind
        self.content = content
        told = [one for one in content["approvals"]["groups"] if not _beyond_the_past(one)]
        self.groups = parse({"groups": told})
        self.when = {one["name"]: one.get("when") for one in told}
        self.windows = list(Window.objects.filter(key__in=content["window"]["keys"]))
        named = [group for group in self.groups if "service_owner" not in group.who]
        self.named = {one.name: frozenset(people_named(one.who, ()).values_list("pk", flat=True)) for one in named}
        self.owners = self._owners(releases) if len(named) < len(self.groups) else {}

    @staticmethod
    def _owners(releases: Iterable[Release]) -> dict[int, set[int]]:
        """team → the service owners in it."""
        teams = {one.subject.owner_id for one in releases} - {None}
        members = Membership.objects.filter(team__in=teams, user__role_grants__role=Role.SERVICE_OWNER)
        found: dict[int, set[int]] = defaultdict(set)
        for team, person in members.filter(user__is_active=True).values_list("team_id", "user_id"):
            found[team].add(person)
        return found

    def stops(self, release: Release) -> Iterator[Stop]:
        yield from self._applies(release)
        yield from self._checks(release)
        yield from self._approvals(release)
        yield from self._window(release)
        yield from self._tasks(release)

    def _applies(self, release: Release) -> Iterator[Stop]:
        """A release whose manager gave a reason for a model that did not apply would have given it again."""
        if not release.misfit_reason:
            for miss in judge(self.content["applies"], scope_of(release)).misses:
                yield Stop("applies", miss)

    def _checks(self, release: Release) -> Iterator[Stop]:
        definitions = {one["slug"]: one for one in self.content["checks"]}
        done: dict[str, list[Check]] = defaultdict(list)
        for check in release.checks.all():
            slug = definition_of(check.slug, definitions)
            if slug is not None:
                done[slug].append(check)
        for slug, definition in definitions.items():
            if not definition["required"]:
                continue
            if not done[slug]:
                yield Stop("checks", _("Check “%s” was not part of it.") % definition["title"])
            for check in done[slug]:
                yield from _check_stops(check, definition, release)

    def _approvals(self, release: Release) -> Iterator[Stop]:
        if self.content["pre_authorised"] and self.kind == ModelKind.STANDARD:
            return
        asked = _asked(release)
        groups = [group for group in self.groups if judge_group(self.when[group.name], asked).is_asked]
        if not groups:
            return
        pools = {group.name: self._pool(group, release) for group in groups}
        standing = evaluate(
            groups,
            self._voices(release, pools),
            pools,
            distinct_people=self.content["approvals"]["distinct_people"],
        )
        for one in standing.groups:
            if one.objections > one.group.max_objections:
                yield Stop("approvals", _("%s: somebody objected.") % one.group.name)
            elif one.approvals < one.needed:
                facts = {"group": one.group.name, "given": one.approvals, "needed": one.needed}
                yield Stop("approvals", _("%(group)s: %(given)s of %(needed)s approvals were given.") % facts)

    def _pool(self, group: Group, release: Release) -> frozenset[int]:
        if "service_owner" not in group.who:
            asked = self.named[group.name]
        else:
            asked = frozenset(self.owners.get(release.subject.owner_id, ()))
        return asked - self._barred(release)

    def _barred(self, release: Release) -> set[int | None]:
        bar, asked = self.content["approvals"]["bar"], release.round
        barred: set[int | None] = set()
        if "requester" in bar and asked:
            barred.add(asked.requester_id)
        if "release_manager" in bar:
            barred.add(release.release_manager_id)
        if "implementer" in bar:
            barred.update(task.assignee_id for task in release.tasks.all() if task.phase == Phase.EXECUTE)
        return barred

    def _voices(self, release: Release, pools: dict[str, frozenset[int]]) -> list[Voice]:
        """The last word of everybody who answered, for each group of the version that would have asked them."""
        last = {answer.member_id: answer for answer in release.round.answers.all()} if release.round else {}
        voices = []
        for member, answer in last.items():
            groups = frozenset(name for name, pool in pools.items() if member in pool)
            voices.append(Voice(member, answer.person_id, answer.decision, groups))
        return voices

    def _window(self, release: Release) -> Iterator[Stop]:
        if not self.content["window"]["required"]:
            return
        start, end = release.planned_start, release.planned_end
        if start is None or end is None:
            yield Stop("window", _("It had no planned window."))
            return
        if release.started_at and not start <= release.started_at < end:
            yield Stop("window", _("It was started outside its planned window."))
        spans = (one for row in self.windows for one in row.recurrence.between(start, end))
        if self.content["window"]["keys"] and not any(one.starts_at <= start and end <= one.ends_at for one in spans):
            keys = ", ".join(self.content["window"]["keys"])
            yield Stop("window", _("It was planned outside the windows %s.") % keys)

    def _tasks(self, release: Release) -> Iterator[Stop]:
        done = {task.slug: task for task in release.tasks.all()}
        for task in self.content["tasks"]:
            if not task["mandatory"] or task["phase"] == Phase.BACK_OUT:
                continue
            was = done.get(task["slug"])
            if was is None:
                yield Stop("tasks", _("Task “%s” was not part of it.") % task["title"])
            elif not was.mandatory and was.status != TaskStatus.DONE:
                yield Stop("tasks", _("Task “%s” was not done.") % task["title"])


def _check_stops(check: Check, definition: dict[str, Any], release: Release) -> Iterator[Stop]:
    of = {"check": check.title}
    if check.status not in PROVEN:
        if not check.required:
            yield Stop("checks", _("Check “%(check)s” was not passed or waived.") % of)
    elif check.status == CheckStatus.WAIVED and not definition["waivable_by"]:
        yield Stop("checks", _("Check “%(check)s” was waived; here nobody may waive it.") % of)
    elif check.status == CheckStatus.PASSED and check.proven_at and release.started_at:
        hours, limit = (release.started_at - check.proven_at).total_seconds() / 3600, definition["stale_after_hours"]
        if limit and hours > limit and definition["group"] != "release":
            facts = {**of, "hours": round(hours), "limit": limit}
            yield Stop(
                "checks",
                _("The proof of “%(check)s” was %(hours)s h old at the start; it may be %(limit)s h.") % facts,
            )


def _unknown(content: dict[str, Any], releases: list[Release]) -> Iterator[str]:
    """What the past does not tell, in words; only what matters to this version and these releases."""
    if not releases:
        return
    yield _("A task or check that was not part of a release then may well have been done had it been asked for.")
    if any(one["required"] for one in content["checks"]):
        yield _("A check counts by its short name; with other parameters it might have ended otherwise.")
    if content["approvals"]["groups"]:
        yield _("Roles, teams and owners are taken as they are today; people may have changed since.")
        aside = ", ".join(one["name"] for one in content["approvals"]["groups"] if _beyond_the_past(one))
        if aside:
            yield _("Whether these would have been asked is not on record, and they are left aside: %s.") % aside
        unknown_bar = [one for one in content["approvals"]["bar"] if one in NOT_BARRED_FROM_THE_PAST]
        if unknown_bar:
            yield _("Whether an approver wrote the changes or built the artifacts is not looked into.")
    unstated = sum(one.change_kind == "not_stated" for one in releases)
    if content["applies"]["change_kinds"] and unstated:
        yield _("%s of them do not state their kind of change; that counts as not matching.") % unstated
    unassessed = sum(one.risk == "not_assessed" for one in releases)
    if content["applies"]["risks"] and unassessed:
        yield _("The risk of %s of them was not assessed; that counts as not matching.") % unassessed
    if content["window"]["keys"]:
        yield _("Release windows are taken as they stand in the calendar today.")
    if content["rollout"]["stages"]:
        yield _("Whether a rollout in these stages would have gone on is not known: nothing of the kind was recorded.")
    yield _("Freezes, holds and other releases stood in the way of any model alike and are not looked at.")


def _beyond_the_past(group: dict[str, Any]) -> bool:
    """Whether the group would have been asked depends on what is not on record: what was reached, whom it touched, what moved."""
    return bool(group["who"].get("impacted_service_owners") or NOT_ON_RECORD & set(group.get("when") or ()))


def _asked(release: Release) -> Asked:
    """What of a past release the conditions of a group look at."""
    scope = scope_of(release)
    environment = scope.environments[0] if scope.environments else ""
    return Asked(scope.risk, environment, scope.release_type, scope.change_kind, scope.criticality or 4)
