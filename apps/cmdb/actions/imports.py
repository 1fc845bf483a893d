"""Loading a file from a source: read whole before anything is written, then batch by batch, each record all or nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from tempfile import TemporaryFile
from typing import Any

import orjson
from django.db import IntegrityError, transaction

from apps.cmdb.actions.import_finish import Finisher
from apps.cmdb.actions.import_groups import GroupLoader
from apps.cmdb.actions.import_items import ItemLoader
from apps.cmdb.actions.import_links import LinkLoader
from apps.cmdb.actions.import_load import Load
from apps.cmdb.actions.spool import Spool, batches
from apps.cmdb.formats import TABLES, reader_of
from apps.cmdb.formats.records import Rejected
from apps.cmdb.models import ImportLine, ImportRun, ImportSource
from apps.cmdb.permissions import may_import
from apps.cmdb.queries.mappings import layout_named
from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Conflict, FieldError, Invalid

SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:@+-]{0,59}")
SHARED_NAMES = {"purl"}  # identifiers that several sources use for the same thing
BATCH = 500
REPORTED = ("outcome", "record", "location", "ci_key", "changes", "reason")
Progress = Callable[[int, int], None]


def import_catalog(
    *,
    source: str,
    format: str,
    content: bytes,
    by: Actor,
    dry_run: bool = False,
    complete: bool = False,
    file_name: str = "",
    mapping: str = "",
    progress: Progress | None = None,
    note: str = "",
) -> ImportRun:
    """Take the records of a file into the CMDB, and report what became of each.

    The same file twice changes nothing. With `dry_run` nothing is changed but the report is the same. With `complete`
    the file is everything the source has: what it no longer names is marked missing. Tables (csv, xlsx) are read by the
    column mapping of that name. A file that cannot be read is
    refused (Invalid, with the place), and then nothing is written.
    """
    moves.require(may_import, None, by)
    if not SOURCE.fullmatch(source) or source in SHARED_NAMES:
        detail = "A source is named by 1 to 60 letters, digits, spaces and . _ : @ + -, and not “purl”."
        raise Invalid([FieldError("?source", "source", detail)])
    reader = reader_of(format, lambda: layout_named(mapping))
    with Spool() as spool:
        spool.fill(reader(content))
        run = ImportRun(
            source=source,
            format=format,
            mapping=mapping if format in TABLES else "",
            file_name=file_name[:255],
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            dry_run=dry_run,
            complete=complete,
            imported_by=by.user,
            records=spool.records,
        )
        try:
            return (_rehearse if dry_run else _carry_out)(run, spool, by, progress, note)
        except IntegrityError as error:
            detail = "Another import changed the same items at the same time. Nothing is lost: import the file again."
            raise Conflict(detail) from error


def _carry_out(run: ImportRun, spool: Spool, by: Actor, progress: Progress | None, note: str) -> ImportRun:
    load = _begin(run, by, note)
    _take(load, spool, progress)
    return _finish(load, by)


def _rehearse(run: ImportRun, spool: Spool, by: Actor, progress: Progress | None, note: str) -> ImportRun:
    """Do everything, take it back, and keep only the report, which waits on disk meanwhile."""
    with TemporaryFile() as report:
        with transaction.atomic():
            load = _begin(run, by, note)
            _take(load, spool, progress)
            load.write_lines()
            for line in load.run.lines.order_by("id").values(*REPORTED).iterator(chunk_size=BATCH):
                report.write(orjson.dumps(line) + b"\n")
            transaction.set_rollback(True)
        report.seek(0)
        return _keep_report(load, run, map(orjson.loads, report), by, note)


def _keep_report(load: Load, run: ImportRun, lines: Iterator[dict[str, Any]], by: Actor, note: str) -> ImportRun:
    again = ImportRun(
        **{one.name: getattr(load.run, one.name) for one in run._meta.concrete_fields if one.name != "id"}
    )
    with transaction.atomic():
        again.version = 1
        load.run = moves.create(again, by=by, verb="rehearse", note=note)
        for some in batches(lines, BATCH):
            ImportLine.objects.bulk_create([ImportLine(run=load.run, **line) for line in some])
        return _finish(load, by)


@transaction.atomic
def _begin(run: ImportRun, by: Actor, note: str) -> Load:
    """The run and its source, and the moment by which everything it sees is marked."""
    source = ImportSource.objects.filter(slug=run.source).first()
    if source is None:
        source = moves.create(ImportSource(slug=run.source), by=by, note=note)
    latest = ImportRun.objects.filter(source=run.source).order_by("-id").first()
    run.started_at = now()
    if latest is not None and latest.started_at >= run.started_at:
        run.started_at = latest.started_at + timedelta(microseconds=1)
    run = moves.create(run, by=by, verb="start", note=note)
    return Load(run=run, source=source, by=by, at=run.started_at)


def _take(load: Load, spool: Spool, progress: Progress | None) -> None:
    total, done = spool.items + spool.links, 0
    groups = GroupLoader(load=load)
    with transaction.atomic():
        groups.take_teams(spool.teams)
        groups.take_value_streams(spool.value_streams)
    items, links, finisher = ItemLoader(load=load), LinkLoader(load=load), Finisher(load=load)
    for take, some in ((items.take, spool.item_batches(BATCH)), (links.take, spool.link_batches(BATCH))):
        for batch in some:
            take(batch)
            done += len(batch)
            if progress is not None:
                progress(done, total)
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
def _finish(load: Load, by: Actor) -> ImportRun:
    load.write_lines()
    figures: dict[str, Any] = {**load.totals(), "finished_at": now()}
    return moves.change(load.run, figures, by=by, verb="finish")
