"""Carrying an import out, once its file could be read: batch by batch, or as a rehearsal that is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from tempfile import TemporaryFile
from typing import Any

import orjson
from django.db import transaction

from apps.cmdb.actions.import_finish import Finisher
from apps.cmdb.actions.import_groups import GroupLoader
from apps.cmdb.actions.import_items import ItemLoader
from apps.cmdb.actions.import_links import LinkLoader
from apps.cmdb.actions.import_load import FIGURES, Load
from apps.cmdb.actions.import_pulse import CutOff, Pulse
from apps.cmdb.actions.spool import Spool, batches
from apps.cmdb.formats.records import Rejected
from apps.cmdb.models import ImportLine, ImportProgress, ImportRun, ImportSource
from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now

BATCH = 500
REPORTED = ("outcome", "record", "location", "ci_key", "changes", "reason")
SHARED = ("source", "format", "mapping", "file_name", "size", "sha256", "dry_run", "complete", "imported_by", "records")


def carry_out(*, run: ImportRun, spool: Spool, by: Actor, pulse: Pulse) -> ImportRun:
    """Take what was read. `run` is being written; afterwards it is finished. Raises CutOff when it was called off."""
    return (_rehearse if run.dry_run else _import)(run, spool, by, pulse)


def begin_writing(*, run: ImportRun, records: int, by: Actor) -> ImportRun:
    """From here on the map changes; `started_at` is the moment by which everything that is seen is marked."""
    return moves.move(run, "write", by=by, change={"records": records, "started_at": moment_after(source=run.source)})


def moment_after(*, source: str) -> datetime:
    """Now, or just after the latest import of this source."""
    at, latest = now(), ImportRun.objects.filter(source=source).order_by("-started_at").first()
    if latest is not None and latest.started_at >= at:
        return latest.started_at + timedelta(microseconds=1)
    return at


def end(
    *, run: ImportRun, step: str, by: Actor, note: str = "", attempt: int | None = None, **fields: Any
) -> ImportRun:
    """Bring the run to an end with the figures it had come to. Whoever still carries it out is cut off.

    With `attempt` only as long as that is the one at work; else CutOff is raised.
    """
    with transaction.atomic():
        progress = ImportProgress.objects.select_for_update().filter(run=run).first()
        if attempt is not None and progress.attempt != attempt:
            raise CutOff
        figures = {name: count for name, count in (progress.figures if progress else {}).items() if name in FIGURES}
        run = moves.move(run, step, by=by, note=note, change={**figures, **fields, "finished_at": now()})
        if progress is not None:
            progress.attempt += 1
            progress.save(update_fields=["attempt"])
        run.pieces.all().delete()
        return run


def _import(run: ImportRun, spool: Spool, by: Actor, pulse: Pulse) -> ImportRun:
    load = Load(run=run, source=_source(run, by), by=by, at=run.started_at)
    load.go_on()
    _take(load, spool, pulse)
    return _finish(run, load, by, pulse)


def _rehearse(run: ImportRun, spool: Spool, by: Actor, pulse: Pulse) -> ImportRun:
    """Do everything for a double of the run, take it back, and keep only the report, which waits on disk meanwhile."""
    with TemporaryFile() as report:
        with pulse.beside_a_transaction(), transaction.atomic():
            double = ImportRun(started_at=run.started_at, **{name: getattr(run, name) for name in SHARED})
            double = moves.create(double, by=by, verb="rehearse")
            load = Load(run=double, source=_source(run, by), by=by, at=run.started_at)
            _take(load, spool, pulse)
            load.write_lines()
            for line in double.lines.order_by("id").values(*REPORTED).iterator(chunk_size=BATCH):
                report.write(orjson.dumps(line) + b"\n")
            transaction.set_rollback(True)
        report.seek(0)
        return _finish(run, load, by, pulse, lines=map(orjson.loads, report))


def _source(run: ImportRun, by: Actor) -> ImportSource:
    source = ImportSource.objects.filter(slug=run.source).first()
    return source or moves.create(ImportSource(slug=run.source), by=by)


def _take(load: Load, spool: Spool, pulse: Pulse) -> None:
    total, done = spool.items + spool.links, 0
    groups = GroupLoader(load=load)
    with transaction.atomic():
        groups.take_teams(spool.teams)
        groups.take_value_streams(spool.value_streams)
        load.write_lines()
        pulse.wrote(done=0, total=total, figures=load.totals())
    items, links, finisher = ItemLoader(load=load), LinkLoader(load=load), Finisher(load=load)
    for take, some in ((items.take, spool.item_batches(BATCH)), (links.take, spool.link_batches(BATCH))):
        for batch in some:
            done += len(batch)
            with transaction.atomic():  # what is written, its report and how far that is stand together
                take(batch)
                load.write_lines()
                pulse.wrote(done=done, total=total, figures=load.totals())
    pulse.hold()
    links.resolve_earlier()
    finisher.resolve_owners()
    finisher.resolve_value_streams()
    _note_refusals(load, spool)
    if load.run.complete and load.outcome_of:
        finisher.mark_missing()


def _note_refusals(load: Load, spool: Spool) -> None:
    """What the reader would not take or left out; a rejected record is still reported, hence not missing."""
    for batch in spool.refusal_batches(BATCH):
        for one in batch:
            (load.reject if isinstance(one, Rejected) else load.skip)(one.record, one.location, one.reason)
        load.see_again(identities=[one.identity for one in batch if isinstance(one, Rejected) and one.identity])


@transaction.atomic
def _finish(
    run: ImportRun, load: Load, by: Actor, pulse: Pulse, lines: Iterator[dict[str, Any]] | None = None
) -> ImportRun:
    for some in batches(lines or iter(()), BATCH):
        ImportLine.objects.bulk_create([ImportLine(run=run, **line) for line in some])
    load.write_lines()
    ImportProgress.objects.filter(run=run).update(figures=load.totals())
    return end(run=run, step="finish", by=by, attempt=pulse.attempt)
