"""One import under way: what it has counted and noted so far, shared by its passes."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from apps.accounts.models import Team
from apps.cmdb.actions.history import Chronicle
from apps.cmdb.models import CIType, Identifier, ImportLine, ImportRun, ImportSource, RelationshipType, ValueStream
from apps.cmdb.naming import slug_from
from apps.core.actor import Actor

Outcome = ImportLine.Outcome
LINES_AT_ONCE = 500
ASKED_AT_ONCE = 800
UNCHANGED = "unchanged"
FIGURES = (
    "created", "updated", "unchanged", "rejected_count", "skipped_count", "missing_count", "relationships_created",
    "relationships_missing", "unresolved", "resolved",
)  # fmt: skip
OWNER, VALUE_STREAM = "owner", "value-stream"


class Load:
    """The run, its source, and the outcome of each record."""

    def __init__(self, *, run: ImportRun, source: ImportSource, by: Actor, at: datetime) -> None:
        self.run, self.source, self.by, self.at = run, source, by, at
        self.chronicle = Chronicle(by=by, run=run)
        self.ranks = {one.slug: one for one in ImportSource.objects.all()}
        self.ci_types = {one.slug: one for one in CIType.objects.all()}
        self.relationship_types = {one.slug: one for one in RelationshipType.objects.all()}
        self.outcome_of: dict[str, str] = {}
        self.outcomes: Counter[str] = Counter()
        self.earlier: dict[str, str] = {}  # what an attempt before this one has done
        self.counts: Counter[str] = Counter()  # everything that is not a record
        self.identity_of: dict[int, str] = {}  # item → the record that was taken for it
        self._lines: list[ImportLine] = []

    def note(
        self,
        outcome: str,
        record: str,
        location: str = "",
        *,
        ci_key: str = "",
        changes: dict[str, Any] | None = None,
        reason: str = "",
    ) -> None:
        """A line of the report."""
        line = ImportLine(
            run=self.run,
            outcome=outcome,
            record=record[:500],
            location=location[:200],
            ci_key=ci_key,
            changes=changes or {},
            reason=reason,
        )
        self._lines.append(line)
        if len(self._lines) >= LINES_AT_ONCE:
            self.write_lines()

    def write_lines(self) -> None:
        ImportLine.objects.bulk_create(self._lines, batch_size=LINES_AT_ONCE)
        self._lines.clear()

    def reject(self, record: str, location: str, reason: str) -> None:
        self.counts["rejected"] += 1
        self.note(Outcome.REJECTED, record, location, reason=reason)

    def skip(self, record: str, location: str, reason: str) -> None:
        self.counts["skipped"] += 1
        self.note(Outcome.SKIPPED, record, location, reason=reason)

    def see_again(self, *, identities: list[str]) -> None:
        """The source still names these, whether or not the records could be taken."""
        if identities:
            rows = Identifier.objects.filter(source=self.source.slug, external_id__in=identities)
            rows.update(last_seen_at=self.at)

    def settle(self, identity: str, outcome: str) -> None:
        """What became of an item. Created stays created, changed stays changed."""
        before = self.outcome_of.get(identity)
        if before not in (None, UNCHANGED):
            return
        if before is not None:
            self.outcomes[before] -= 1
        self.outcome_of[identity] = self._with_earlier(identity, outcome)
        self.outcomes[self.outcome_of[identity]] += 1

    def settle_group(self, identity: str, outcome: str) -> None:
        """What became of a team or a value stream."""
        self.outcomes[self._with_earlier(identity, outcome)] += 1

    def _with_earlier(self, identity: str, outcome: str) -> str:
        return self.earlier.get(identity, outcome) if outcome == UNCHANGED else outcome

    def go_on(self) -> None:
        """Where an attempt before this one ended: what it wrote it has done, the rest is judged again."""
        kept = (Outcome.CREATED, Outcome.UPDATED, Outcome.MISSING)
        self.run.lines.exclude(outcome__in=kept).delete()
        self.earlier = dict(self.run.lines.filter(outcome__in=kept[:2]).values_list("record", "outcome"))
        self.counts["missing"] = self.run.lines.filter(outcome=Outcome.MISSING).count()
        before = self.run.how_far.figures if self.run.how_far else {}
        for name in ("relationships_created", "relationships_missing", "resolved"):
            self.counts[name] = before.get(name, 0)

    def totals(self) -> dict[str, int]:
        """The run's figures."""
        return {
            "created": self.outcomes[Outcome.CREATED],
            "updated": self.outcomes[Outcome.UPDATED],
            "unchanged": self.outcomes[UNCHANGED],
            "rejected_count": self.counts["rejected"],
            "skipped_count": self.counts["skipped"],
            "missing_count": self.counts["missing"],
            "relationships_created": self.counts["relationships_created"],
            "relationships_missing": self.counts["relationships_missing"],
            "unresolved": self.counts["unresolved"],
            "resolved": self.counts["resolved"],
        }


def team_slug(*, reference: str) -> str:
    """The slug of the team that a reference names; empty when it names something else, such as a person."""
    return _slug(reference, "group")


def stream_slug(*, reference: str) -> str:
    """The slug of the value stream that a reference names."""
    return _slug(reference, "domain")


def _slug(reference: str, kind: str) -> str:
    """`group:default/team-a` is `team-a`, `group:ops/team-a` is `ops-team-a`, and a plain name is itself."""
    named, _colon, rest = reference.rpartition(":")
    if named and named != kind:
        return ""
    namespace, _slash, name = rest.rpartition("/")
    return slug_from(name if namespace in ("", "default") else f"{namespace}-{name}")


def teams_named(*, references: set[str]) -> dict[str, Team]:
    """reference → team, for those that exist."""
    slugs = {one: slug for one in references if (slug := team_slug(reference=one))}
    found = {one.slug: one for one in Team.objects.filter(slug__in=set(slugs.values()))}
    return {one: found[slug] for one, slug in slugs.items() if slug in found}


def streams_named(*, references: set[str]) -> dict[str, ValueStream]:
    """reference → value stream, for those that exist."""
    slugs = {one: slug for one in references if (slug := stream_slug(reference=one))}
    found = {one.slug: one for one in ValueStream.objects.filter(slug__in=set(slugs.values()))}
    return {one: found[slug] for one, slug in slugs.items() if slug in found}
