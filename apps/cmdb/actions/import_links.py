"""How the items of a file hang together, a batch at a time; and what earlier imports could not resolve."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from apps.cmdb.actions.import_load import ASKED_AT_ONCE, OWNER, VALUE_STREAM, Load, Outcome
from apps.cmdb.formats.records import Link, Links
from apps.cmdb.models import ConfigurationItem, Identifier, Relationship, UnresolvedReference
from apps.core import moves

Triple = tuple[int, int, int]  # source, type, target


@dataclass
class Wanted:
    """What a batch of records says: relationships with who said so, and references that lead nowhere yet."""

    edges: dict[Triple, int] = field(default_factory=dict)
    nowhere: set[tuple[int, str, bool, str]] = field(default_factory=set)


class LinkLoader:
    """Writes the relationships that records name."""

    def __init__(self, *, load: Load) -> None:
        self.load = load
        self.slug_of = {one.pk: slug for slug, one in load.relationship_types.items()}

    @transaction.atomic
    def take(self, batch: list[Links]) -> None:
        """One batch. A relationship that a record named before and names no more is marked missing."""
        known = self._items({one.identity for one in batch} | {link.target for one in batch for link in one.links})
        spoken = {known[one.identity]: one for one in batch if one.identity in known and self._was_taken(one)}
        wanted = self._wanted(spoken, known)
        changes: dict[int, dict[str, list[str]]] = defaultdict(lambda: {"added": [], "gone": []})
        self._confirm(wanted, changes)
        self._mark_missing(spoken, wanted, changes)
        self._keep_unresolved(spoken, wanted)
        self._report(spoken, changes)

    def _was_taken(self, one: Links) -> bool:
        return one.identity in self.load.outcome_of

    def _items(self, identities: set[str]) -> dict[str, int]:
        """identity → item, for those that this source has brought, now or earlier."""
        rows = Identifier.objects.filter(source=self.load.source.slug)
        found: dict[str, int] = {}
        for some in _chunks(identities):
            found.update(rows.filter(external_id__in=some).values_list("external_id", "ci"))
        return found

    def _wanted(self, spoken: dict[int, Links], known: dict[str, int]) -> Wanted:
        wanted = Wanted()
        for ci, one in spoken.items():
            for link in one.links:
                self._want(wanted, ci, one.identity, link, known)
        return wanted

    def _want(self, wanted: Wanted, ci: int, identity: str, link: Link, known: dict[str, int]) -> None:
        kind = self.load.relationship_types.get(link.meaning)
        if kind is None:
            self.load.skip(identity, "", f"There is no relationship type “{link.meaning}”; add it to take these in.")
            return
        other = known.get(link.target)
        if other is None:
            wanted.nowhere.add((ci, link.meaning, link.reverse, link.target[:500]))
        elif other == ci:
            self.load.skip(
                identity, "", f"It names itself under “{link.meaning}”; an item cannot be related to itself."
            )
        else:
            ends = (other, kind.pk, ci) if link.reverse else (ci, kind.pk, other)
            wanted.edges.setdefault(ends, ci)

    def _confirm(self, wanted: Wanted, changes: dict) -> None:
        """Write what is new, and note of the rest that it was seen again."""
        there = self._there(wanted.edges)
        fresh = [(ends, ci) for ends, ci in wanted.edges.items() if ends not in there]
        back = [(ends, ci) for ends, ci in wanted.edges.items() if ends in there and there[ends][1] is not None]
        written = self._write_fresh(fresh)
        for some in _chunks(pk for pk, _missing_since in there.values()):
            Relationship.objects.filter(pk__in=some).update(last_confirmed_at=self.load.at)
        found_again = [
            Relationship(pk=there[ends][0], origin=self.load.source.slug, declared_by_id=ci, missing_since=None)
            for ends, ci in back
        ]
        Relationship.objects.bulk_update(found_again, ["origin", "declared_by", "missing_since"], batch_size=200)
        self.load.chronicle.keep(relationships=[one.pk for one in (*written, *found_again)])
        for ends, ci in [*fresh, *back]:
            changes[ci]["added"].append(ends)
        self.load.counts["relationships_created"] += len(fresh) + len(back)

    def _write_fresh(self, fresh: list[tuple[Triple, int]]) -> list[Relationship]:
        rows = [
            Relationship(
                source_id=source,
                type_id=kind,
                target_id=target,
                origin=self.load.source.slug,
                declared_by_id=ci,
                last_confirmed_at=self.load.at,
            )
            for (source, kind, target), ci in fresh
        ]
        return Relationship.objects.bulk_create(rows, batch_size=500)

    def _there(self, edges: Iterable[Triple]) -> dict[Triple, tuple[int, Any]]:
        """Those of the relationships that exist: (id, since when it is missing)."""
        targets_of: dict[int, set[int]] = defaultdict(set)
        for source, _kind, target in edges:
            targets_of[source].add(target)
        found: dict[Triple, tuple[int, Any]] = {}
        for some in _chunks(targets_of, ASKED_AT_ONCE // 2):
            targets = set().union(*(targets_of[one] for one in some))
            for few in _chunks(targets, ASKED_AT_ONCE // 2):
                rows = Relationship.objects.filter(source__in=some, target__in=few)
                columns = ("pk", "source", "type", "target", "missing_since")
                for pk, source, kind, target, missing_since in rows.values_list(*columns):
                    if (source, kind, target) in edges:
                        found[source, kind, target] = (pk, missing_since)
        return found

    def _mark_missing(self, spoken: dict[int, Links], wanted: Wanted, changes: dict) -> None:
        """What these records named at an earlier import of this source, and nobody in this file names now."""
        rows = Relationship.objects.filter(origin=self.load.source.slug, missing_since__isnull=True)
        gone = [
            one
            for some in _chunks(spoken)
            for one in rows.filter(declared_by__in=some).exclude(last_confirmed_at=self.load.at)
            if _ends(one) not in wanted.edges
        ]
        for some in _chunks(one.pk for one in gone):
            Relationship.objects.filter(pk__in=some).update(missing_since=self.load.at)
            self.load.chronicle.keep(relationships=some)
        for one in gone:
            changes[one.declared_by_id]["gone"].append(_ends(one))
        self.load.counts["relationships_missing"] += len(gone)

    def _keep_unresolved(self, spoken: dict[int, Links], wanted: Wanted) -> None:
        rows = UnresolvedReference.objects.filter(source=self.load.source.slug)
        rows = rows.exclude(meaning__in=(OWNER, VALUE_STREAM))
        there = {
            (one.ci_id, one.meaning, one.reverse, one.external_id): one.pk
            for some in _chunks(spoken)
            for one in rows.filter(ci__in=some)
        }
        self.load.counts["unresolved"] += len(wanted.nowhere)
        UnresolvedReference.objects.bulk_create(
            (
                UnresolvedReference(
                    ci_id=ci, source=self.load.source.slug, meaning=meaning, reverse=reverse, external_id=external_id
                )
                for ci, meaning, reverse, external_id in wanted.nowhere
                if (ci, meaning, reverse, external_id) not in there
            ),
            batch_size=500,
        )
        for some in _chunks(pk for name, pk in there.items() if name not in wanted.nowhere):
            UnresolvedReference.objects.filter(pk__in=some).delete()

    def _report(self, spoken: dict[int, Links], changes: dict[int, dict[str, list[Any]]]) -> None:
        """Items whose relationships changed count as updated, unless they are new."""
        if not changes:
            return
        ids = {end for one in changes.values() for ends in (*one["added"], *one["gone"]) for end in (ends[0], ends[2])}
        keys = self._keys(ids | changes.keys())
        said: dict[str, dict[str, list[str]]] = {}
        for ci, one in changes.items():
            words = {name: sorted(self._words(ends, keys) for ends in listed) for name, listed in one.items()}
            said[keys[ci]] = words
            identity = spoken[ci].identity
            if self.load.outcome_of[identity] != Outcome.CREATED:
                self.load.settle(identity, Outcome.UPDATED)
                report = {"relationships": [words["gone"], words["added"]]}
                self.load.note(Outcome.UPDATED, identity, ci_key=keys[ci], changes=report)
        moves.record(self.load.run, "change_relationships", by=self.load.by, data={"changes": said})

    def _keys(self, ids: set[int]) -> dict[int, str]:
        found: dict[int, str] = {}
        for some in _chunks(ids):
            found.update(ConfigurationItem.objects.filter(pk__in=some).values_list("pk", "key"))
        return found

    def _words(self, ends: Triple, keys: dict[int, str]) -> str:
        return f"{keys[ends[0]]} {self.slug_of[ends[1]]} {keys[ends[2]]}"

    # What earlier imports could not resolve

    @transaction.atomic
    def resolve_earlier(self) -> None:
        """References of this source whose target has come since."""
        arrived = Identifier.objects.filter(source=OuterRef("source"), external_id=OuterRef("external_id"))
        rows = UnresolvedReference.objects.filter(Exists(arrived), source=self.load.source.slug)
        rows = rows.exclude(meaning__in=(OWNER, VALUE_STREAM))
        while batch := list(rows[:ASKED_AT_ONCE]):
            known = self._items({one.external_id for one in batch})
            wanted = Wanted()
            for one in batch:
                link = Link(one.meaning, one.external_id, one.reverse)
                self._want(wanted, one.ci_id, one.external_id, link, known)
            self._confirm(wanted, defaultdict(lambda: {"added": [], "gone": []}))
            UnresolvedReference.objects.filter(pk__in=[one.pk for one in batch]).delete()
            self.load.counts["resolved"] += len(batch)


def _ends(edge: Relationship) -> Triple:
    return (edge.source_id, edge.type_id, edge.target_id)


def _chunks(values: Iterable[Any], size: int = ASKED_AT_ONCE) -> Iterator[list[Any]]:
    """No more values at once than every database takes as parameters."""
    values = list(values)
    for start in range(0, len(values), size):
        yield values[start : start + size]
