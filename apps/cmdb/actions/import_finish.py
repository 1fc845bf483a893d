"""What is done when all records of a file are in: owners that have come since, and what the source names no more."""

from __future__ import annotations

from collections import defaultdict

from django.db import transaction
from django.db.models import F

from apps.cmdb.actions.import_load import (
    ASKED_AT_ONCE,
    OWNER,
    VALUE_STREAM,
    Load,
    Outcome,
    streams_named,
    teams_named,
)
from apps.cmdb.models import ConfigurationItem, Identifier, UnresolvedReference
from apps.core import moves


class Finisher:
    """The last pass of an import."""

    def __init__(self, *, load: Load) -> None:
        self.load = load

    @transaction.atomic
    def resolve_owners(self) -> None:
        """Teams that earlier records named and that exist now own what nobody else owns."""
        waiting = self._waiting(OWNER)
        for reference, team in teams_named(references=set(waiting)).items():
            for some in _chunks(waiting[reference]):
                ownerless = ConfigurationItem.objects.filter(pk__in=some, owner__isnull=True)
                ownerless.update(owner=team, version=F("version") + 1, updated_at=self.load.at)
                self.load.chronicle.keep(items=some)
            self._done(OWNER, reference, len(waiting[reference]))

    @transaction.atomic
    def resolve_value_streams(self) -> None:
        """Value streams that earlier records named and that exist now."""
        waiting = self._waiting(VALUE_STREAM)
        through = ConfigurationItem.value_streams.through
        for reference, stream in streams_named(references=set(waiting)).items():
            for some in _chunks(waiting[reference]):
                self._lock(some)
                rows = [through(configurationitem_id=ci, valuestream_id=stream.pk) for ci in some]
                through.objects.bulk_create(rows, ignore_conflicts=True)
                self.load.chronicle.keep(items=some)
            self._done(VALUE_STREAM, reference, len(waiting[reference]))

    def _waiting(self, meaning: str) -> dict[str, list[int]]:
        rows = UnresolvedReference.objects.filter(source=self.load.source.slug, meaning=meaning)
        waiting: dict[str, list[int]] = defaultdict(list)
        for reference, ci in rows.values_list("external_id", "ci"):
            waiting[reference].append(ci)
        return waiting

    def _lock(self, items: list[int]) -> None:
        """What is written about an item without touching its own row waits its turn like everything else."""
        list(ConfigurationItem.objects.filter(pk__in=items).select_for_update().order_by("pk").values_list("pk"))

    def _done(self, meaning: str, reference: str, count: int) -> None:
        self.load.counts["resolved"] += count
        rows = UnresolvedReference.objects.filter(source=self.load.source.slug, meaning=meaning, external_id=reference)
        rows.delete()

    @transaction.atomic
    def mark_missing(self) -> None:
        """What the source named before and does not name now. Nothing is deleted: people decide."""
        rows = Identifier.objects.filter(
            source=self.load.source.slug, missing_since__isnull=True, last_seen_at__lt=self.load.at
        )
        keys: list[str] = []
        items: list[int] = []
        columns = ("external_id", "ci", "ci__key")
        for external_id, ci, key in rows.values_list(*columns).order_by("pk").iterator(chunk_size=2000):
            self.load.note(Outcome.MISSING, external_id, ci_key=key)
            keys.append(key)
            items.append(ci)
        self.load.write_lines()
        for some in _chunks(items):
            self._lock(some)
        rows.update(missing_since=self.load.at, version=F("version") + 1)
        for some in _chunks(items):
            self.load.chronicle.keep(items=some)
        self.load.counts["missing"] += len(keys)
        if keys:
            moves.record(self.load.run, "mark_missing", by=self.load.by, data={"keys": keys[:1000], "count": len(keys)})


def _chunks(values: list[int]) -> list[list[int]]:
    return [values[start : start + ASKED_AT_ONCE] for start in range(0, len(values), ASKED_AT_ONCE)]
