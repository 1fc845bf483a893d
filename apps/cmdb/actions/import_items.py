"""The items of a file, a batch at a time: found again by identifier, merged, judged, written with few queries."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from hashlib import blake2s
from typing import Any

from django.db import transaction
from django.db.models import Q

from apps.accounts.models import Team
from apps.cmdb.actions.import_claims import claims_of, columns_from, news_of
from apps.cmdb.actions.import_load import OWNER, UNCHANGED, VALUE_STREAM, Load, Outcome, streams_named, teams_named
from apps.cmdb.formats.records import LONGEST_IDENTITY, LONGEST_NAME, Faulty, Record
from apps.cmdb.models import ConfigurationItem, Identifier, UnresolvedReference, ValueStream
from apps.cmdb.models.attributes import faults_of
from apps.cmdb.models.items import KEY
from apps.cmdb.naming import key_from
from apps.core import moves

WRITTEN = [
    "name", "ci_type", "description", "lifecycle", "criticality", "owner", "release_managed", "redundancy", "attributes", "version",
    "updated_at",
]  # fmt: skip
MOST_ATTRIBUTES = 200
MOST_REDUNDANT = 32_767
LONGEST_KEY = 200


@dataclass(eq=False)
class Draft:
    """One record on its way: the item it is about, if there is one, and what is to change."""

    record: Record
    claims: dict[str, Any]
    ci: ConfigurationItem | None = None
    identifier: Identifier | None = None
    before: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, list[Any]] = field(default_factory=dict)
    is_new: bool = False
    refused: bool = False


class ItemLoader:
    """Writes batches of items."""

    def __init__(self, *, load: Load) -> None:
        self.load = load

    @transaction.atomic
    def take(self, records: list[Record]) -> None:
        """One batch: all of it or, when the database fails, none of it."""
        drafts = [Draft(record, claims_of(record=record)) for record in records]
        self._find(drafts)
        others = self._other_identifiers(drafts)
        self.teams = teams_named(references={one.record.owner for one in drafts if one.record.owner})
        named = {stream for one in drafts for stream in one.record.value_streams or ()}
        self.streams = streams_named(references=named)
        taken = [one for one in drafts if self._prepare(one, others)]
        self.load.see_again(identities=[one.record.identity for one in drafts if one.refused])
        self._give_keys([one for one in taken if one.is_new])
        self._write_items(taken)
        self._write_identifiers(taken)
        self._write_value_streams(taken)
        self._write_unresolved(taken)
        self.load.chronicle.keep(items=[one.ci.pk for one in taken if one.is_new or one.changes])
        for one in taken:
            self._settle(one)

    # Finding again

    def _find(self, drafts: list[Draft]) -> None:
        """By the source's own name first, then by names that many sources share, then by the key it asks for."""
        source = self.load.source.slug
        by_name = {(source, one.record.identity): one for one in drafts}
        for identifier in self._identifiers(by_name):
            draft = by_name[identifier.source, identifier.external_id]
            draft.identifier, draft.ci, draft.before = identifier, identifier.ci, identifier.claims
        shared = {name: one for one in drafts if one.ci is None for name in one.record.also_known_as}
        for identifier in self._identifiers(shared):
            shared[identifier.source, identifier.external_id].ci = identifier.ci
        by_key = {one.record.key: one for one in drafts if one.ci is None and one.record.key}
        for ci in ConfigurationItem.objects.filter(key__in=by_key).select_for_update():
            by_key[ci.key].ci = ci

    def _identifiers(self, names: Any) -> list[Identifier]:
        by_source: dict[str, list[str]] = defaultdict(list)
        for source, external_id in names:
            by_source[source].append(external_id)
        if not by_source:
            return []
        wanted = Q()
        for source, external_ids in by_source.items():
            wanted |= Q(source=source, external_id__in=external_ids)
        rows = Identifier.objects.filter(wanted).select_related("ci__ci_type", "ci__owner")
        return list(rows.select_for_update(of=("self", "ci")))

    def _other_identifiers(self, drafts: list[Draft]) -> dict[int, list[Identifier]]:
        """What other sources say of the same items; asked only when there are other sources."""
        found: dict[int, list[Identifier]] = defaultdict(list)
        ids = [one.ci.pk for one in drafts if one.ci is not None]
        if ids and len(self.load.ranks) > 1:
            for one in Identifier.objects.filter(ci__in=ids).exclude(source=self.load.source.slug):
                found[one.ci_id].append(one)
        return found

    # Merging and judging

    def _prepare(self, draft: Draft, others: dict[int, list[Identifier]]) -> bool:
        """Lay the news over the item. False, with a line in the report, when the record cannot be taken."""
        record, ci = draft.record, draft.ci
        try:
            self._check(record)
            if ci is not None:
                self._check_first_come(record, ci)
            news = news_of(
                claims=draft.claims,
                before=draft.before,
                source=self.load.source,
                others=others.get(ci.pk, ()) if ci else (),
                ranks=self.load.ranks,
            )
            columns, attributes = columns_from(news=news, before=draft.before, ci=ci)
            if ci is None:
                draft.is_new, draft.ci = True, ConfigurationItem(key="")
            self._lay(draft, columns, attributes)
        except Faulty as error:
            self.load.reject(record.identity, record.location, str(error))
            draft.refused = True
            return False
        return True

    def _check(self, record: Record) -> None:
        if not record.name.strip():
            raise Faulty("It has no name.")
        if len(record.name) > LONGEST_NAME:
            raise Faulty(f"Its name is longer than {LONGEST_NAME} characters.")
        if len(record.identity) > LONGEST_IDENTITY:
            raise Faulty(f"Its identifier is longer than {LONGEST_IDENTITY} characters.")
        if record.ci_type not in self.load.ci_types:
            raise Faulty(f"There is no CI type “{record.ci_type}”. Add it to take such records in.")
        if record.lifecycle is not None and record.lifecycle not in ConfigurationItem.Lifecycle.values:
            known = ", ".join(ConfigurationItem.Lifecycle.values)
            raise Faulty(f"The lifecycle “{record.lifecycle[:40]}” is not one of: {known}.")
        if record.criticality is not None and record.criticality not in ConfigurationItem.Criticality.values:
            raise Faulty(f"The criticality {record.criticality} is not between 1 and 4.")
        if record.redundancy is not None and not 1 <= record.redundancy <= MOST_REDUNDANT:
            raise Faulty(f"It says that it needs at least {record.redundancy} items; that is no number of items.")
        if len(record.attributes) > MOST_ATTRIBUTES:
            raise Faulty(f"It has more than {MOST_ATTRIBUTES} attributes.")

    def _check_first_come(self, record: Record, ci: ConfigurationItem) -> None:
        first = self.load.identity_of.setdefault(ci.pk, record.identity)
        if first != record.identity:
            raise Faulty(f"It is the same item as “{first}” ({ci.key}), which this file names as well.")

    def _lay(self, draft: Draft, columns: dict[str, Any], attributes: dict[str, Any]) -> None:
        ci = draft.ci
        if "ci_type" in columns:
            columns["ci_type"] = self.load.ci_types[columns["ci_type"]]
        if columns.get("owner"):
            columns["owner"] = self.teams.get(columns["owner"])
            if columns["owner"] is None:
                columns.pop("owner")
        for name, value in {**columns, "attributes": attributes}.items():
            old = None if draft.is_new and name == "ci_type" else getattr(ci, name)
            if old != value:
                draft.changes[name] = [_plain(old), _plain(value)]
                setattr(ci, name, value)
        if draft.changes.keys() & {"attributes", "ci_type"}:
            faults = faults_of(ci.attributes, ci.ci_type.attribute_schema)
            if faults:
                raise Faulty(f"Its attributes do not fit the CI type “{ci.ci_type.slug}”: {'; '.join(faults)}")

    # Writing

    def _give_keys(self, drafts: list[Draft]) -> None:
        """Keys from names; where another item has it, with the kind, and at last with a digest of the identifier."""
        wanted = {one.record.identity: self._possible_keys(one.record) for one in drafts}
        candidates = {key for keys in wanted.values() for key in keys}
        used = set(ConfigurationItem.objects.filter(key__in=candidates).values_list("key", flat=True))
        for draft in drafts:
            draft.ci.key = next(key for key in wanted[draft.record.identity] if key not in used)
            used.add(draft.ci.key)

    def _possible_keys(self, record: Record) -> list[str]:
        if KEY.regex.match(record.key) and len(record.key) <= LONGEST_KEY:
            return [record.key]  # no item has it, or this record would have been found
        name = key_from(record.key or record.name) or record.ci_type
        digest = blake2s(f"{self.load.source.slug}\0{record.identity}".encode(), digest_size=5).hexdigest()
        return [name, f"{name}-{record.ci_type}", f"{name}-{digest}"]

    def _write_items(self, drafts: list[Draft]) -> None:
        new = [one.ci for one in drafts if one.is_new]
        changed = [one for one in drafts if one.changes and not one.is_new]
        if new:
            keys = {"keys": [ci.key for ci in new]}
            moves.create_many(new, by=self.load.by, about=self.load.run, verb="create_items", data=keys)
        for one in changed:
            one.ci.version += 1
            one.ci.updated_at = self.load.at
        if changed:
            ConfigurationItem.objects.bulk_update([one.ci for one in changed], WRITTEN, batch_size=200)
            what = {one.ci.key: one.changes for one in changed}
            moves.record(self.load.run, "change_items", by=self.load.by, data={"changes": what})

    def _write_identifiers(self, drafts: list[Draft]) -> None:
        source, at = self.load.source.slug, self.load.at
        known = [one for one in drafts if one.identifier is not None]
        fresh = [
            Identifier(ci=one.ci, source=source, external_id=one.record.identity, claims=one.claims, last_seen_at=at)
            for one in drafts
            if one.identifier is None
        ]
        shared = {
            name: one.ci for one in drafts if one.is_new or one.identifier is None for name in one.record.also_known_as
        }
        there = {(one.source, one.external_id) for one in self._identifiers(shared)}
        fresh += [
            Identifier(ci=ci, source=name[0], external_id=name[1]) for name, ci in shared.items() if name not in there
        ]
        Identifier.objects.bulk_create(fresh, batch_size=500)
        for one in known:
            if one.identifier.missing_since is not None:
                one.changes["missing_since"] = [_plain(one.identifier.missing_since), None]
        renewed = [one.identifier for one in known if one.identifier.claims != one.claims]
        for one in known:
            one.identifier.claims = one.claims
        Identifier.objects.bulk_update(renewed, ["claims"], batch_size=200)
        seen = Identifier.objects.filter(pk__in=[one.identifier.pk for one in known])
        seen.update(last_seen_at=at, missing_since=None)

    def _write_value_streams(self, drafts: list[Draft]) -> None:
        """Add what the source names now, take away what it named before; what people added stays."""
        through = ConfigurationItem.value_streams.through
        speaking = [one for one in drafts if one.record.value_streams is not None or one.before.get("value_streams")]
        if not speaking:
            return
        before = streams_named(references={ref for one in speaking for ref in one.before.get("value_streams", ())})
        rows = through.objects.filter(configurationitem__in=[one.ci.pk for one in speaking])
        there = set(rows.values_list("configurationitem_id", "valuestream_id"))
        wanted: set[tuple[int, int]] = set()
        unwanted: set[tuple[int, int]] = set()
        for one in speaking:
            now = self._ids(self.streams, one.record.value_streams or ())
            then = self._ids(before, one.before.get("value_streams", ()))
            added = {(one.ci.pk, stream) for stream in now - then} - there
            gone = {(one.ci.pk, stream) for stream in then - now} & there
            if added or gone:
                one.changes["value_streams"] = [
                    sorted(one.before.get("value_streams", ())),
                    sorted(one.record.value_streams or ()),
                ]
            wanted |= added
            unwanted |= gone
        through.objects.bulk_create([through(configurationitem_id=ci, valuestream_id=stream) for ci, stream in wanted])
        for ci, stream in unwanted:
            rows.filter(configurationitem=ci, valuestream=stream).delete()

    def _ids(self, known: dict[str, ValueStream], references: Any) -> set[int]:
        return {known[one].pk for one in references if one in known}

    def _write_unresolved(self, drafts: list[Draft]) -> None:
        """Owners and value streams that no source has brought yet. Those that have come since are settled at the end."""
        named = {
            (one.ci.pk, meaning, reference)
            for one in drafts
            for meaning, references in ((OWNER, [one.record.owner]), (VALUE_STREAM, one.record.value_streams or ()))
            for reference in references
            if reference
        }
        there_now = {OWNER: self.teams, VALUE_STREAM: self.streams}
        wanted = {one for one in named if one[2] not in there_now[one[1]]}
        rows = UnresolvedReference.objects.filter(
            ci__in=[one.ci.pk for one in drafts], source=self.load.source.slug, meaning__in=(OWNER, VALUE_STREAM)
        )
        known = {(ci, kind, ref): pk for pk, ci, kind, ref in rows.values_list("pk", "ci", "meaning", "external_id")}
        self.load.counts["unresolved"] += len(wanted)
        UnresolvedReference.objects.bulk_create(
            UnresolvedReference(ci_id=ci, source=self.load.source.slug, meaning=meaning, external_id=reference)
            for ci, meaning, reference in wanted - known.keys()
        )
        dropped = [pk for name, pk in known.items() if name not in named]
        if dropped:
            UnresolvedReference.objects.filter(pk__in=dropped).delete()

    def _settle(self, draft: Draft) -> None:
        record, load = draft.record, self.load
        load.identity_of[draft.ci.pk] = record.identity
        if draft.is_new:
            load.settle(record.identity, Outcome.CREATED)
            load.note(Outcome.CREATED, record.identity, record.location, ci_key=draft.ci.key)
        elif draft.changes:
            load.settle(record.identity, Outcome.UPDATED)
            load.note(Outcome.UPDATED, record.identity, record.location, ci_key=draft.ci.key, changes=draft.changes)
        else:
            load.settle(record.identity, UNCHANGED)


def _plain(value: Any) -> Any:
    """A value as the report shows it."""
    if isinstance(value, Team):
        return value.slug
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return getattr(value, "slug", value)
